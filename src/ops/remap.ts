import { elementCount, type TensorData } from '../graph/types.ts';
import { type ConstantArray, type KernelCall, OperatorError, present, sameAxis } from './define.ts';
import { stridesOf } from './transpose.ts';

/** A copy in which output index i of an axis takes input index indices[axis][i]; -1 takes a value that fills. */
export interface Remapping {
  readonly indices: readonly (readonly number[])[];
  /** The input's strides, in elements. */
  readonly strides: readonly number[];
}

/** Copies into `output`, row-major; an element with an index of -1 on any axis becomes `fill`. */
export function remapElements<T extends TensorData>(
  input: T,
  output: T,
  { indices, strides }: Remapping,
  fill: number,
): T {
  output.fill(fill as number & bigint);
  const outputStrides = stridesOf(indices.map((list) => list.length));
  const walk = (axis: number, to: number, from: number): void => {
    const list = indices[axis];
    if (list === undefined) {
      output[to] = input[from] as number & bigint;
      return;
    }
    list.forEach((index, i) => {
      if (index >= 0) walk(axis + 1, to + i * present(outputStrides[axis]), from + index * present(strides[axis]));
    });
  };
  walk(0, 0, 0);
  return output;
}

/** Most axes that the kernel walks. */
const remapAxes = 6;

/** What stands for -1 in the kernel's lists. */
const fillIndex = 65535;

const isIdentity = (list: readonly number[]): boolean => list.every((index, i) => index === i);

/** Joins neighbouring axes that stay as they are, as long as an index fits the kernel's lists. */
function joinAxes({ indices, strides }: Remapping, shape: readonly number[]): Remapping {
  const joined: { list: readonly number[]; stride: number; whole: boolean }[] = [];
  indices.forEach((list, axis) => {
    const stride = present(strides[axis]);
    const whole = isIdentity(list) && list.length === shape[axis];
    const last = joined.at(-1);
    if (whole && last?.whole === true && last.list.length * list.length < fillIndex) {
      const count = last.list.length * list.length;
      joined[joined.length - 1] = { list: Array.from({ length: count }, (_, i) => i), stride, whole };
    } else {
      joined.push({ list, stride, whole });
    }
  });
  return { indices: joined.map(({ list }) => list), strides: joined.map(({ stride }) => stride) };
}

/** The call that copies a node's whole first input of that shape; `fill` is an output step. */
export function remapCall(
  remapping: Remapping,
  shape: readonly number[],
  table: ConstantArray | null,
  fill: number,
): KernelCall {
  // The innermost axes that stay as they are make blocks of bytes.
  let outer = shape.length;
  while (outer > 0) {
    const list = present(remapping.indices[outer - 1]);
    if (!isIdentity(list) || list.length !== shape[outer - 1]) break;
    outer -= 1;
  }
  const { indices, strides } = joinAxes(
    { indices: remapping.indices.slice(0, outer), strides: remapping.strides.slice(0, outer) },
    shape,
  );
  if (indices.length > remapAxes) {
    throw new OperatorError('unsupported', `a copy over ${indices.length} axes; at most ${remapAxes} are supported`);
  }
  for (const list of indices) {
    if (list.some((index) => index >= fillIndex)) {
      throw new OperatorError('unsupported', `an axis of more than ${fillIndex} elements`);
    }
  }
  const missing = remapAxes - indices.length;
  const whole = [...new Array<readonly number[]>(missing).fill([0]), ...indices];
  return {
    symbol: 'tsr_remap_s8__portable',
    folder: 'remap',
    struct: 'tsr_remap',
    fields: {
      table,
      indices: {
        type: 'uint16',
        values: whole.flatMap((list) => list.map((index) => (index < 0 ? fillIndex : index))),
      },
      shape: { type: 'int32', values: whole.map((list) => list.length) },
      strides: { type: 'int32', values: [...new Array<number>(missing).fill(0), ...strides] },
      block: elementCount(shape.slice(outer)),
      fill,
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
