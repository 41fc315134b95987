import { elementCount, type Tensor, type TensorType } from '../graph/types.ts';
import { defineOperator, OperatorError, present, type ReadContext } from './define.ts';
import { type StridedCopy, type StridedParameters, sameKind, stridedOperator, stridesOf } from './transpose.ts';

/** Slices of the input along `axis`; the axes of the indices take its place. */
export interface GatherAttributes {
  readonly axis: number;
  /** Positions, none of them negative. */
  readonly indices: readonly number[];
  readonly indicesShape: readonly number[];
}

function read(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  const rank = x.shape.length;
  const stated = c.integer('axis', 0);
  const axis = stated < 0 ? stated + rank : stated;
  if (axis < 0 || axis >= rank) c.invalid(`axis ${stated} is out of range for ${rank} axes`);
  const size = present(x.shape[axis]);
  const { data, dtype, shape } = c.constant(1, 'the indices');
  if (dtype !== 'int32' && dtype !== 'int64') c.invalid(`indices of type ${dtype}`);
  const indices = Array.from<number | bigint, number>(data, (index) => {
    const position = Number(index) < 0 ? Number(index) + size : Number(index);
    if (position < 0 || position >= size) c.invalid(`index ${index} is out of range for ${size} positions`);
    return position;
  });
  return [c.emit('Gather', [x], { axis, indices, indicesShape: shape })];
}

function copyOf(input: TensorType, { axis, indices }: GatherAttributes): StridedCopy {
  const first = indices[0] ?? 0;
  const step = (indices[1] ?? first) - first;
  if (indices.some((position, i) => position !== first + i * step)) {
    throw new OperatorError('unsupported', `indices that are not evenly spaced: ${indices.slice(0, 8).join(', ')}`);
  }
  const strides = stridesOf(input.shape);
  const stride = present(strides[axis]);
  return {
    shape: [...input.shape.slice(0, axis), indices.length, ...input.shape.slice(axis + 1)],
    strides: strides.map((own, i) => (i === axis ? step * stride : own)),
    offset: first * stride,
  };
}

export const gather = defineOperator<GatherAttributes, StridedParameters>({
  name: 'Gather',
  onnx: { Gather: read },

  shape([x], { axis, indicesShape }) {
    const { shape, dtype } = present(x);
    return { shape: [...shape.slice(0, axis), ...indicesShape, ...shape.slice(axis + 1)], dtype };
  },

  evaluate([x], { axis, indices }, output) {
    const { shape, data } = present(x);
    const size = present(shape[axis]);
    const inner = elementCount(shape.slice(axis + 1));
    const outer = elementCount(shape.slice(0, axis));
    const result = sameKind(data, elementCount(output.shape));
    for (let o = 0; o < outer; o += 1) {
      indices.forEach((position, i) => {
        const from = (o * size + position) * inner;
        result.set(data.subarray(from, from + inner) as never, (o * indices.length + i) * inner);
      });
    }
    return { ...output, data: result };
  },

  constantQuantization: (quant) => (quant?.axis === undefined ? quant : undefined),
  macs: () => 0,

  quantized: stridedOperator(copyOf),
});
