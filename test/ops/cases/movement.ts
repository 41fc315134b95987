import type { Tensor } from '../../../src/graph/types.ts';
import type { GraphBuilder } from '../../../src/ops/build.ts';
import type { PadAttributes } from '../../../src/ops/pad-read.ts';
import type { SliceAttributes } from '../../../src/ops/slice-read.ts';
import type { OperatorCase } from './types.ts';

type Shape = readonly number[];

function input(b: GraphBuilder, shape: Shape, index = 0): Tensor {
  return b.input(`x${index}`, { shape, dtype: 'float32' });
}

/** One node on inputs of these shapes. */
function single(name: string, op: string, shapes: readonly Shape[], attributes: object): OperatorCase {
  return {
    name,
    build: (b) => [
      b.add(
        op,
        shapes.map((shape, i) => input(b, shape, i)),
        attributes,
      ),
    ],
  };
}

/** A concatenation of inputs that are `sizes` long on the axis. */
function concat(shape: Shape, axis: number, sizes: readonly number[]): OperatorCase {
  const shapes = sizes.map((size) => shape.map((n, i) => (i === axis ? size : n)));
  return single(`concat of ${shapes.length} along axis ${axis} of [${shape}]`, 'Concat', shapes, { axis });
}

/** A slice; `ranges` are [start, end, step] by axis, null for a whole one. */
function slice(shape: Shape, ranges: readonly (readonly [number, number, number] | null)[]): OperatorCase {
  const attributes: SliceAttributes = {
    starts: ranges.map((range) => range?.[0] ?? 0),
    ends: ranges.map((range, axis) => range?.[1] ?? shape[axis] ?? 0),
    steps: ranges.map((range) => range?.[2] ?? 1),
  };
  return single(
    `slice [${ranges.map((range) => range?.join(':') ?? ':')}] of [${shape}]`,
    'Slice',
    [shape],
    attributes,
  );
}

function pad(mode: PadAttributes['mode'], shape: Shape, before: Shape, after: Shape, value = 0): OperatorCase {
  const attributes: PadAttributes = { mode, before, after, value };
  return single(`pad ${mode} ${value} of [${shape}] by [${before}] and [${after}]`, 'Pad', [shape], attributes);
}

function transpose(shape: Shape, permutation: Shape): OperatorCase {
  return single(`transpose [${shape}] by [${permutation}]`, 'Transpose', [shape], { permutation });
}

function reshape(shape: Shape, to: Shape): OperatorCase {
  return single(`reshape [${shape}] to [${to}]`, 'Reshape', [shape], { shape: to });
}

export const cases: readonly OperatorCase[] = [
  concat([1, 4, 5, 0], 3, [3, 1, 6]),
  concat([2, 4, 0, 3], 2, [2, 5, 1]),
  concat([2, 0, 3, 4], 1, [1, 3, 2]),
  concat([1, 0, 4, 3], 1, [3, 3]),
  concat([0, 3, 2, 4], 0, [1, 2]),
  concat([1, 7, 0], 2, [4, 9]),
  concat([1, 0, 5], 1, [3, 4]),
  concat([0, 4, 5], 0, [2, 1]),
  concat([3, 0], 1, [5, 2]),
  concat([0, 6], 0, [1, 2]),
  concat([0], 0, [4, 3, 1]),
  concat([2, 2, 3, 0, 4], 3, [1, 2]),
  concat([2, 0, 3, 2, 4], 1, [2, 3]),
  {
    name: 'concat of an activation with itself and a constant',
    build(b, random) {
      const x = input(b, [1, 3, 4, 2]);
      const data = Float32Array.from({ length: 36 }, () => 4 * random() - 2);
      const constant = b.constant('constant', { shape: [1, 3, 4, 3], dtype: 'float32', data });
      return [b.add('Concat', [x, constant, x], { axis: 3 })];
    },
  },
  slice([1, 6, 7, 5], [null, [1, 6, 2], [2, 7, 1], [1, 4, 1]]),
  slice([2, 5, 9, 4], [null, [4, 5, 1], [0, 9, 4], [0, 4, 3]]),
  slice([3, 4, 3, 2], [[1, 3, 1], null, null, null]),
  slice([1, 5, 4, 3], [null, [4, -1, -2], [3, 0, -1], null]),
  slice([1, 4, 3, 6], [null, null, null, [5, -1, -1]]),
  slice([3, 4, 1, 3], [null, null, [0, 1, 3], null]),
  slice([2, 9, 4], [null, [2, 9, 3], [1, 3, 1]]),
  slice(
    [6, 5],
    [
      [1, 6, 2],
      [0, 5, 2],
    ],
  ),
  slice([11], [[3, 11, 4]]),
  slice([2, 3, 4, 5, 3], [[1, 2, 1], [0, 3, 2], null, null, [1, 3, 1]]),
  pad('constant', [1, 4, 5, 3], [0, 1, 2, 0], [0, 2, 1, 0]),
  pad('constant', [1, 4, 3, 2], [0, 0, 0, 0], [0, 2, 1, 0]),
  pad('constant', [2, 3, 4, 2], [0, 1, 0, 1], [0, 0, 3, 2], 0.5),
  pad('constant', [1, 5, 6, 4], [0, -1, 2, -1], [0, 3, -2, 2], -0.25),
  pad('constant', [2, 3, 2, 2], [1, 0, 1, 0], [0, 1, 0, 0]),
  pad('constant', [1, 6, 3], [0, 2, 0], [0, 1, 1], 40),
  pad('constant', [3, 4], [1, 0], [1, 2]),
  pad('constant', [5], [2], [3], 1),
  pad('edge', [1, 4, 3, 2], [0, 2, 1, 0], [0, 1, 3, 0]),
  pad('edge', [2, 3, 2], [1, 0, 1], [0, 2, 1]),
  pad('reflect', [1, 4, 5, 3], [0, 1, 3, 0], [0, 3, 2, 0]),
  pad('reflect', [1, 3, 2], [0, 5, 0], [0, 4, 0]),
  pad('reflect', [1, 1, 4, 2], [0, 2, -1, 0], [0, 1, 2, 0]),
  pad('wrap', [1, 3, 4, 2], [0, 4, 1, 0], [0, 2, 5, 1]),
  pad('constant', [2, 1, 2, 3, 2, 2], [1, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 1]),
  transpose([1, 4, 5, 3], [0, 3, 1, 2]),
  transpose([2, 3, 4, 5], [3, 1, 0, 2]),
  transpose([2, 3, 2, 3, 2, 2], [5, 3, 1, 4, 2, 0]),
  transpose([1, 6, 1, 5], [0, 2, 1, 3]),
  transpose([7, 3], [1, 0]),
  reshape([1, 4, 6, 5], [1, 120]),
  reshape([2, 12], [2, 3, 2, 2]),
  {
    name: 'depth to space: reshape, transpose, reshape',
    build(b) {
      const parts = b.add('Reshape', [input(b, [1, 3, 4, 8])], { shape: [1, 3, 4, 2, 2, 2] });
      const moved = b.add('Transpose', [parts], { permutation: [0, 1, 3, 2, 4, 5] });
      return [b.add('Reshape', [moved], { shape: [1, 6, 8, 2] })];
    },
  },
  {
    name: 'slices of one tensor, concatenated in another order',
    build(b) {
      const x = input(b, [1, 4, 4, 6]);
      const part = (from: number, to: number): Tensor =>
        b.add('Slice', [x], { starts: [0, 0, 0, from], ends: [1, 4, 4, to], steps: [1, 1, 1, 1] });
      return [b.add('Concat', [part(3, 6), part(0, 3)], { axis: 3 })];
    },
  },
];
