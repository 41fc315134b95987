import { elementCount, type TensorData, type TensorType } from '../graph/types.ts';
import { blockCopyCall } from './copy.ts';
import {
  type ConstantArray,
  defineOperator,
  type KernelCall,
  OperatorError,
  present,
  type QuantizedOperator,
  type ReadContext,
  sameAxis,
} from './define.ts';
import { readDepthToSpace, readSpaceToDepth } from './depth-to-space.ts';
import { applyTable, requantizeTable } from './requantize-table.ts';

/** Axis i of the output is axis permutation[i] of the input. */
export interface TransposeAttributes {
  readonly permutation: readonly number[];
}

/** What stands at axis i of the transposed tensor, at the axis that it came from: permutation[i]. */
export function permuteBack<T>(values: readonly T[], permutation: readonly number[]): T[] {
  const result = [...values];
  permutation.forEach((axis, i) => {
    result[axis] = values[i] as T;
  });
  return result;
}

/** The strides of a row-major tensor, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis -= 1) {
    strides[axis] = present(strides[axis + 1]) * present(shape[axis + 1]);
  }
  return strides;
}

/**
 * Copies elements into `output`, row-major over `shape`; element (i0, i1, ...) comes from offset + sum of i * stride.
 */
export function gatherStrided<T extends TensorData>(
  input: T,
  output: T,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): T {
  const count = elementCount(shape);
  const index = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let to = 0; to < count; to += 1) {
    output[to] = input[from] as number & bigint;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis] = present(index[axis]) + 1;
      from += present(strides[axis]);
      if (present(index[axis]) < present(shape[axis])) break;
      from -= present(strides[axis]) * present(shape[axis]);
      index[axis] = 0;
    }
  }
  return output;
}

/** A new array of the same element type. */
export function sameKind<T extends TensorData>(data: T, length: number): T {
  return new (data.constructor as new (length: number) => T)(length);
}

/** Most axes that the strided copy kernel walks. */
export const stridedAxes = 6;

/** The parameters of the strided copy kernel: an output shape, and the input's stride along each of its axes. */
export interface StridedCopy {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Joins axes that lie behind one another in input and output alike, and drops axes of one. */
export function simplifyStrided(copy: StridedCopy): StridedCopy {
  const shape: number[] = [];
  const strides: number[] = [];
  copy.shape.forEach((size, axis) => {
    const stride = present(copy.strides[axis]);
    if (size === 1) return;
    const last = shape.length - 1;
    if (last >= 0 && present(strides[last]) === stride * size) {
      shape[last] = present(shape[last]) * size;
      strides[last] = stride;
    } else {
      shape.push(size);
      strides.push(stride);
    }
  });
  return { shape, strides, offset: copy.offset };
}

/** Whether the copy changes nothing but the shape. */
export function isPlainCopy(copy: StridedCopy): boolean {
  const simple = simplifyStrided(copy);
  return copy.offset === 0 && (simple.shape.length === 0 || (simple.shape.length === 1 && simple.strides[0] === 1));
}

/** A call of the strided copy kernel over whole tensors; the table, if any, requantises. */
export function stridedCall(copy: StridedCopy, table: ConstantArray | null = null): KernelCall {
  const { shape, strides, offset } = simplifyStrided(copy);
  if (shape.length > stridedAxes) {
    throw new OperatorError('unsupported', `a copy over ${shape.length} axes; at most ${stridedAxes} are supported`);
  }
  const missing = stridedAxes - shape.length;
  return {
    symbol: 'tsr_strided_s8__portable',
    folder: 'strided',
    struct: 'tsr_strided',
    fields: {
      table,
      shape: { type: 'int32', values: [...new Array<number>(missing).fill(1), ...shape] },
      strides: { type: 'int32', values: [...new Array<number>(missing).fill(0), ...strides] },
      input_offset: offset,
    },
    inputs: [{ input: 0, rows: 'whole', columns: sameAxis }],
    steps: 'once',
    count: 1,
    firstRow: 0,
    outputOffset: 0,
    pointwise: false,
    scratchBytes: 0,
  };
}

function stridesFor(input: TensorType, { permutation }: TransposeAttributes): StridedCopy {
  const strides = stridesOf(input.shape);
  return {
    shape: permutation.map((axis) => present(input.shape[axis])),
    strides: permutation.map((axis) => present(strides[axis])),
    offset: 0,
  };
}

/** Which elements, and the table that requantises them. */
export interface StridedParameters {
  readonly copy: StridedCopy;
  readonly table: ConstantArray | null;
}

/** The integer form of an operator whose output is a strided copy of its first input, and no more. */
export function stridedOperator<A>(
  copyOf: (input: TensorType, attributes: A) => StridedCopy,
): QuantizedOperator<A, StridedParameters> {
  return {
    outputRule: () => 'as-input',
    parameters: ({ inputs: [x], output, attributes }) => ({
      copy: copyOf(present(x), attributes),
      table: requantizeTable(present(x), output),
    }),
    evaluate({ copy, table }, [x]) {
      const result = new Int8Array(elementCount(copy.shape));
      return applyTable(table, gatherStrided(x as Int8Array, result, copy.shape, copy.strides, copy.offset));
    },
    lower({ copy, table }, { inputs: [x] }) {
      const bytes = elementCount(copy.shape);
      const isWhole = bytes === elementCount(present(x).shape);
      if (!isWhole || !isPlainCopy(copy)) return { kind: 'calls', calls: [stridedCall(copy, table)] };
      if (table === null) return { kind: 'alias' };
      return {
        kind: 'calls',
        calls: [blockCopyCall(0, { table, blocks: 1, bytes, outputStride: bytes, outputOffset: 0 })],
      };
    },
  };
}

export const transpose = defineOperator<TransposeAttributes, StridedParameters>({
  name: 'Transpose',
  onnx: {
    Transpose(c: ReadContext) {
      const x = c.input(0);
      const rank = x.shape.length;
      const permutation = c.integers(
        'perm',
        Array.from({ length: rank }, (_, i) => rank - 1 - i),
      );
      const sorted = [...permutation].sort((a, b) => a - b);
      if (sorted.length !== rank || sorted.some((axis, i) => axis !== i)) {
        c.invalid(`perm [${permutation}] is not a permutation of ${rank} axes`);
      }
      return [c.emit('Transpose', [x], { permutation })];
    },
    DepthToSpace: readDepthToSpace,
    SpaceToDepth: readSpaceToDepth,
  },

  shape: ([x], { permutation }) => ({
    shape: permutation.map((axis) => present(present(x).shape[axis])),
    dtype: present(x).dtype,
  }),

  evaluate([x], attributes, output) {
    const { shape, strides, offset } = stridesFor(present(x), attributes);
    const data = present(x).data;
    return { ...output, data: gatherStrided(data, sameKind(data, data.length), shape, strides, offset) };
  },

  constantQuantization: (quant, { permutation }) =>
    quant?.axis === undefined ? quant : { ...quant, axis: permutation.indexOf(quant.axis) },

  macs: () => 0,

  quantized: stridedOperator(stridesFor),
});
