import { elementCount, rowShape, type Tensor, type TensorData, type TensorType, type Value } from '../graph/types.ts';
import {
  type AxisMap,
  broadcastAxis,
  type FieldValue,
  type KernelCall,
  type KernelInput,
  OperatorError,
  present,
  type ReadContext,
  sameAxis,
} from './define.ts';
import { gatherStrided, sameKind, stridesOf } from './transpose.ts';

/**
 * The shape that ONNX's multidirectional broadcasting gives: shapes are aligned at their last axes, and an axis of one
 * stretches to the other's size.
 * @throws OperatorError where sizes differ and neither is one.
 */
export function broadcastShape(shapes: readonly (readonly number[])[]): readonly number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((size, i) => {
      const axis = i + rank - shape.length;
      if (size === 1) return;
      if (result[axis] !== 1 && result[axis] !== size) {
        throw new OperatorError('invalid', `shapes ${shapes.map((s) => `[${s}]`).join(' and ')} do not broadcast`);
      }
      result[axis] = size;
    });
  }
  return result;
}

/** The type that elementwise operators of several inputs give; IR operands have equal ranks (readers see to it). */
export function broadcastType(inputs: readonly (TensorType | null)[]): TensorType {
  const types = inputs.map((input) => present(input));
  const { shape, dtype } = present(types[0]);
  for (const type of types) {
    if (type.dtype !== dtype) throw new OperatorError('invalid', `operand types differ (${dtype}, ${type.dtype})`);
    if (type.shape.length !== shape.length) {
      throw new OperatorError('invalid', `operands [${shape}] and [${type.shape}] have different numbers of axes`);
    }
  }
  return { shape: broadcastShape(types.map((type) => type.shape)), dtype };
}

/** The strides that walk a tensor of `shape` as if it had the broadcast shape, of the same rank. */
export function broadcastStrides(shape: readonly number[], broadcast: readonly number[]): readonly number[] {
  return stridesOf(shape).map((stride, axis) => (shape[axis] === broadcast[axis] ? stride : 0));
}

/** The elements of a tensor repeated to the broadcast shape, of the same rank. */
export function expandTo<T extends TensorData>(data: T, shape: readonly number[], broadcast: readonly number[]): T {
  if (elementCount(shape) === elementCount(broadcast)) return data;
  return gatherStrided(data, sameKind(data, elementCount(broadcast)), broadcast, broadcastStrides(shape, broadcast), 0);
}

/** One function of two values for each kind of element; results wrap to the element's width on storing. */
export interface BinaryFunction {
  readonly real: (a: number, b: number) => number;
  readonly integer: (a: number, b: number) => number;
  readonly wide: (a: bigint, b: bigint) => bigint;
}

/** Applies the function to broadcast operands of one element type. */
export function evaluateBinary(f: BinaryFunction, inputs: readonly (Value | null)[], output: TensorType): Value {
  const [a, b] = inputs.map((input) => expandTo(present(input).data, present(input).shape, output.shape)) as [
    TensorData,
    TensorData,
  ];
  const result = sameKind(a, elementCount(output.shape));
  if (a instanceof BigInt64Array) {
    for (let i = 0; i < result.length; i += 1) result[i] = f.wide(a[i] as bigint, b[i] as bigint);
  } else {
    const g = a instanceof Float32Array ? f.real : f.integer;
    for (let i = 0; i < result.length; i += 1) result[i] = g(a[i] as number, b[i] as number);
  }
  return { ...output, data: result };
}

/** Applies an integer function to broadcast int8 operands: what a specification of a binary kernel does. */
export function evaluateBinaryInteger(
  f: (a: number, b: number) => number,
  data: readonly (TensorData | null)[],
  tensors: readonly (Tensor | null)[],
  output: TensorType,
): Int8Array {
  const [a, b] = tensors.map((t, i) => expandTo(data[i] as Int8Array, present(t).shape, output.shape)) as [
    Int8Array,
    Int8Array,
  ];
  return Int8Array.from(a, (q, i) => f(q, b[i] as number));
}

/** The number of leading axes that rowShape folds into the batch. */
function batchAxes(rank: number): number {
  return rank < 3 ? 0 : rank === 3 ? 1 : rank - 3;
}

/** The tensor with leading axes of one up to `rank`. */
export function padRank(c: ReadContext, tensor: Tensor, rank: number): Tensor {
  const missing = rank - tensor.shape.length;
  if (missing <= 0) return tensor;
  return c.emit('Reshape', [tensor], { shape: [...new Array<number>(missing).fill(1), ...tensor.shape] });
}

/**
 * The tensor with its first `axes` axes, which count as the batch, stretched to those of `shape`, of the same rank;
 * as it is where the batch is one, which every image uses.
 */
export function expandLeading(c: ReadContext, tensor: Tensor, shape: readonly number[], axes: number): Tensor {
  const own = tensor.shape.slice(0, Math.max(0, axes));
  const wanted = shape.slice(0, own.length);
  if (elementCount(own) === 1 || elementCount(own) === elementCount(wanted)) return tensor;
  return c.emit('Expand', [tensor], { shape: [...wanted, ...tensor.shape.slice(own.length)] });
}

/**
 * Emits an elementwise operator of several inputs. Operands get equal ranks; an operand that broadcasts over some of
 * the axes that make the batch, which a row view cannot express, is stretched by an Expand.
 */
export function emitBroadcast(c: ReadContext, op: string, inputs: readonly Tensor[], attributes: object = {}): Tensor {
  const shape = broadcastShape(inputs.map((input) => input.shape));
  const rank = shape.length;
  const operands = inputs.map((input) => expandLeading(c, padRank(c, input, rank), shape, batchAxes(rank)));
  return c.emit(op, operands, attributes);
}

/** The value of a float constant of one element; null for anything else. */
export function scalarOf(tensor: Tensor): number | null {
  if (tensor.data === undefined || tensor.dtype !== 'float32' || tensor.data.length !== 1) return null;
  return Number(tensor.data[0]);
}

/**
 * Where exactly one of two float operands is a constant of one element: the other, with the rank of the result.
 * Such an operator is a function of one value, which a table does in one byte's look-up and without rounding the constant.
 */
export function scalarOperand(
  c: ReadContext,
  a: Tensor,
  b: Tensor,
): { readonly x: Tensor; readonly scalar: number; readonly side: 'left' | 'right' } | null {
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || (a.data !== undefined && b.data !== undefined)) return null;
  const rank = Math.max(a.shape.length, b.shape.length);
  const right = scalarOf(b);
  if (right !== null) return { x: padRank(c, a, rank), scalar: right, side: 'right' };
  const left = scalarOf(a);
  return left === null ? null : { x: padRank(c, b, rank), scalar: left, side: 'left' };
}

/** factor * x + summand, by a table. */
export function emitAffine(c: ReadContext, x: Tensor, factor: number, summand: number): Tensor {
  if (!Number.isFinite(factor) || !Number.isFinite(summand))
    c.unsupported('a constant that is infinite or not a number');
  if (factor === 1 && summand === 0) return x;
  return c.emit('Unary', [x], { chain: [{ function: 'affine', parameters: [factor, summand] }] });
}

/** Refuses element types that arithmetic is not defined on. */
export function checkNumeric(c: ReadContext, tensors: readonly Tensor[]): void {
  for (const { dtype } of tensors) {
    if (dtype === 'bool') c.invalid('bool operands');
    if (dtype !== present(tensors[0]).dtype) c.invalid(`operand types differ (${present(tensors[0]).dtype}, ${dtype})`);
  }
}

/** How one operand of a binary row kernel is walked: its row and column maps, and its strides in bytes. */
function operandView(input: number, shape: readonly number[], output: readonly number[]) {
  const own = rowShape(shape);
  const out = rowShape(output);
  if (own.batch !== out.batch && own.batch !== 1) {
    throw new OperatorError('unsupported', `broadcasting [${shape}] over the batch of [${output}]`);
  }
  const axis = (size: number, outSize: number): AxisMap => (size === outSize ? sameAxis : broadcastAxis);
  const kernelInput: KernelInput = { input, rows: axis(own.rows, out.rows), columns: axis(own.width, out.width) };
  return {
    kernelInput,
    pixel: own.width === out.width ? own.channels : 0,
    channel: own.channels === out.channels ? 1 : 0,
    pointwise: own.batch === out.batch && own.rows === out.rows && own.width === out.width,
  };
}

/** A call of a row kernel of two broadcast operands; `fields` are those that differ from kernel to kernel. */
export function broadcastCall(
  kernel: { readonly symbol: string; readonly folder: string; readonly struct: string },
  fields: Readonly<Record<string, FieldValue>>,
  inputs: readonly (Tensor | null)[],
  output: Tensor,
): KernelCall {
  const a = operandView(0, present(inputs[0]).shape, output.shape);
  const b = operandView(1, present(inputs[1]).shape, output.shape);
  const { rows, channels } = rowShape(output.shape);
  return {
    ...kernel,
    fields: {
      ...fields,
      channels,
      a_pixel: a.pixel,
      b_pixel: b.pixel,
      a_channel: a.channel,
      b_channel: b.channel,
      out_pixel: channels,
    },
    inputs: [a.kernelInput, b.kernelInput],
    steps: 'rows',
    count: rows,
    firstRow: 0,
    outputOffset: 0,
    pointwise: a.pointwise && b.pointwise,
    scratchBytes: 0,
  };
}

/** Whether the operands have the shape of the output: nothing is broadcast. */
export function sameShapes(inputs: readonly (Tensor | null)[], output: Tensor): boolean {
  return inputs.every((input) => String(input?.shape) === String(output.shape));
}
