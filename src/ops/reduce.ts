import { elementCount, rowShape, type TensorData, type TensorType } from '../graph/types.ts';
import { rowAxes } from './copy.ts';
import { type AxisMap, type KernelCall, OperatorError, present, type ReadContext, sameAxis } from './define.ts';
import { simplifyStrided, stridesOf } from './transpose.ts';

/** A reduction over any axes, in rising order, each of which stays as an axis of one. */
export interface ReduceAttributes {
  readonly axes: readonly number[];
}

/**
 * The axes that a Reduce node names, in rising order; null where it leaves its input as it is.
 * @param inputSince the opset that made the axes an input instead of an attribute
 */
export function readAxes(c: ReadContext, inputSince: number): readonly number[] | null {
  const rank = c.input(0).shape.length;
  const listed =
    c.opset < inputSince
      ? c.optionalIntegers('axes')
      : Array.from(c.optionalConstant(1, 'the axes')?.data ?? [], Number);
  if (listed === null || listed.length === 0) {
    return c.integer('noop_with_empty_axes', 0) === 0 ? Array.from({ length: rank }, (_, axis) => axis) : null;
  }
  const axes = [...new Set(listed.map((axis) => (axis < 0 ? axis + rank : axis)))].sort((a, b) => a - b);
  if (axes.some((axis) => axis < 0 || axis >= rank)) c.invalid(`axes [${listed}] are out of range for ${rank} axes`);
  return axes;
}

/** The reader of a Reduce operator that becomes `op`. */
export function reduceReader(op: string, inputSince: number) {
  return (c: ReadContext) => {
    const x = c.input(0);
    if (x.dtype !== 'float32') c.unsupported(`type ${x.dtype}; float32 is supported`);
    const axes = readAxes(c, inputSince);
    if (axes === null) return [x];
    const reduced = c.emit(op, [x], { axes });
    if (c.integer('keepdims', 1) !== 0) return [reduced];
    return [c.emit('Reshape', [reduced], { shape: x.shape.filter((_, axis) => !axes.includes(axis)) })];
  };
}

/** The reader of a Global operator that becomes `op`: a reduction over all spatial axes. */
export function globalReader(op: string) {
  return (c: ReadContext) => {
    const x = c.input(0);
    if (x.dtype !== 'float32') c.unsupported(`type ${x.dtype}; float32 is supported`);
    if (x.shape.length < 2) c.invalid(`the input [${x.shape}] has no batch and channels`);
    const axes = x.shape.map((_, axis) => axis).slice(2);
    return [axes.length === 0 ? x : c.emit(op, [x], { axes })];
  };
}

/** The shape that is left: reduced axes are of one. */
export function reducedShape(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
}

/** How many elements go into each one of the output. */
export function reducedCount(shape: readonly number[], axes: readonly number[]): number {
  return elementCount(axes.map((axis) => present(shape[axis])));
}

/** Calls `visit` with every element of a tensor of that shape and the index of the output element that it goes into. */
export function forEachReduced(
  data: TensorData,
  shape: readonly number[],
  axes: readonly number[],
  visit: (value: number, to: number) => void,
): void {
  const strides = stridesOf(reducedShape(shape, axes)).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const index = new Array<number>(shape.length).fill(0);
  const count = elementCount(shape);
  let to = 0;
  for (let from = 0; from < count; from += 1) {
    visit(data[from] as number, to);
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis] = present(index[axis]) + 1;
      to += present(strides[axis]);
      if (present(index[axis]) < present(shape[axis])) break;
      to -= present(strides[axis]) * present(shape[axis]);
      index[axis] = 0;
    }
  }
}

/** The axes by which a permuted tensor is reduced, named as those of the tensor before the permutation. */
export function permuteAxes<A extends ReduceAttributes>(attributes: A, permutation: readonly number[]): A {
  const axes = attributes.axes.map((axis) => present(permutation[axis])).sort((a, b) => a - b);
  return { ...attributes, axes };
}

type CallGeometry = Pick<
  KernelCall,
  'fields' | 'inputs' | 'steps' | 'count' | 'firstRow' | 'outputOffset' | 'pointwise'
>;

/** How a reduction runs: row by row, or (`once`) over the whole tensor. `elements`: accumulators of one output row. */
export interface ReduceGeometry {
  readonly form: 'rows' | 'once';
  readonly call: CallGeometry;
  readonly elements: number;
}

/** Most axes, after joining neighbours, that the kernel over whole tensors keeps, and that it reduces. */
export const reduceAxes = 3;

/**
 * The kernel call of a reduction, but for its symbol and arithmetic. Any axes but the batch stream along the rows:
 * whether rows, columns or channels (or several of them) go, every output pixel takes in a run of neighbouring bytes.
 * @throws OperatorError where the axes alternate too often.
 */
export function reduceGeometry(input: TensorType, output: TensorType, axes: readonly number[]): ReduceGeometry {
  const rank = input.shape.length;
  const { row, column, channel } = rowAxes(rank);
  const long = axes.filter((axis) => present(input.shape[axis]) > 1);
  if (long.every((axis) => axis === row || axis === column || axis === channel)) {
    const { rows, width, channels } = rowShape(input.shape);
    const overRows = long.includes(row);
    const overColumns = long.includes(column);
    const overChannels = long.includes(channel);
    const kept = overChannels ? 1 : channels;
    const columns: AxisMap = overColumns ? { multiply: 0, add: 0, divide: 1, count: width, dilation: 1 } : sameAxis;
    return {
      form: 'rows',
      elements: rowShape(output.shape).width * kept,
      call: {
        fields: {
          rows: overRows ? rows : 1,
          columns: overColumns ? width : 1,
          pixels: overChannels ? channels : 1,
          channels: kept,
          in_pixel: kept,
          out_pixel: kept,
        },
        inputs: [{ input: 0, rows: sameAxis, columns }],
        steps: overRows ? 'accumulate' : 'rows',
        count: rows,
        firstRow: 0,
        outputOffset: 0,
        pointwise: false,
      },
    };
  }
  const strides = stridesOf(input.shape);
  const walk = (
    chosen: readonly number[],
  ): { readonly sizes: readonly number[]; readonly strides: readonly number[] } => {
    const simple = simplifyStrided({
      shape: chosen.map((axis) => present(input.shape[axis])),
      strides: chosen.map((axis) => present(strides[axis])),
      offset: 0,
    });
    const missing = reduceAxes - simple.shape.length;
    if (missing < 0) throw new OperatorError('unsupported', `a reduction over axes [${axes}] of [${input.shape}]`);
    return {
      sizes: [...new Array<number>(missing).fill(1), ...simple.shape],
      strides: [...new Array<number>(missing).fill(0), ...simple.strides],
    };
  };
  const kept = walk(input.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)));
  const reduced = walk(axes);
  return {
    form: 'once',
    elements: 0,
    call: {
      fields: {
        kept_sizes: { type: 'int32', values: kept.sizes },
        kept_strides: { type: 'int32', values: kept.strides },
        reduced_sizes: { type: 'int32', values: reduced.sizes },
        reduced_strides: { type: 'int32', values: reduced.strides },
      },
      inputs: [{ input: 0, rows: 'whole', columns: sameAxis }],
      steps: 'once',
      count: 1,
      firstRow: 0,
      outputOffset: 0,
      pointwise: false,
    },
  };
}
