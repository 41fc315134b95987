import type { Tensor } from '../graph/types.ts';
import { broadcastShape, broadcastStrides, expandTo, padRank } from './broadcast.ts';
import { defineOperator, OperatorError, present, type ReadContext } from './define.ts';
import { integerInput } from './integer-input.ts';
import { permuteBack, type StridedParameters, stridedOperator } from './transpose.ts';

/** Axes of one stretch to the sizes of `shape`, which has the input's rank. */
export interface ExpandAttributes {
  readonly shape: readonly number[];
}

function readExpand(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  const stated = integerInput(c, 1, 'the shape') ?? [];
  if (stated.some((size) => size < 0)) c.invalid(`the shape [${stated}] has a negative size`);
  // Broadcasting is in both directions: an axis of the input may be longer than the stated one.
  const shape = broadcastShape([x.shape, stated]);
  return [c.emit('Expand', [padRank(c, x, shape.length)], { shape })];
}

/** Tile: every repeated axis becomes two, [repeats, size]; the first is stretched and both are joined again. */
function readTile(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  const repeats = integerInput(c, 1, 'the repeats') ?? [];
  if (repeats.length !== x.shape.length) c.invalid(`${repeats.length} repeats for ${x.shape.length} axes`);
  if (repeats.some((count) => count < 0)) c.invalid(`the repeats [${repeats}] have a negative one`);
  const repeat = (axis: number): number => present(repeats[axis]);
  const split = x.shape.flatMap((size, axis) => (repeat(axis) === 1 ? [size] : [1, size]));
  const stretched = x.shape.flatMap((size, axis) => (repeat(axis) === 1 ? [size] : [repeat(axis), size]));
  const joined = x.shape.map((size, axis) => size * repeat(axis));
  const expanded = c.emit('Expand', [c.emit('Reshape', [x], { shape: split })], { shape: stretched });
  return [c.emit('Reshape', [expanded], { shape: joined })];
}

export const expand = defineOperator<ExpandAttributes, StridedParameters>({
  name: 'Expand',
  onnx: { Expand: readExpand, Tile: readTile },

  shape([x], { shape }) {
    const own = present(x).shape;
    if (own.length !== shape.length || own.some((size, axis) => size !== 1 && size !== shape[axis])) {
      throw new OperatorError('invalid', `[${own}] does not stretch to [${shape}]`);
    }
    return { shape: shape, dtype: present(x).dtype };
  },

  evaluate: ([x], { shape }, output) => ({
    ...output,
    data: expandTo(present(x).data, present(x).shape, shape).slice(),
  }),

  permute: ({ shape }, permutation) => ({ shape: permuteBack(shape, permutation) }),
  constantQuantization: (quant) => (quant?.axis === undefined ? quant : undefined),

  macs: () => 0,

  quantized: stridedOperator((input, { shape }) => ({
    shape,
    strides: broadcastStrides(input.shape, shape),
    offset: 0,
  })),
});
