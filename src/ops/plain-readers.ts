import { elementCount, type Tensor, type Value } from '../graph/types.ts';
import { readBatchNormalization } from './batch-normalization.ts';
import { type OnnxReader, present, type ReadContext } from './define.ts';
import { integerInput } from './integer-input.ts';

/** Most elements of a constant that a file can ask for by stating a number. */
const largestConstant = 2 ** 26;

function readDropout(c: ReadContext): readonly Tensor[] {
  if (c.hasOutput(1)) c.unsupported('the mask as an output');
  const training = c.opset < 12 ? null : c.optionalConstant(2, 'training_mode');
  if (training !== null && Number(training.data[0]) !== 0) c.unsupported('training_mode true; export the model for inference');
  return [c.input(0)];
}

function integers(c: ReadContext, values: readonly number[], shape: readonly number[]): readonly Tensor[] {
  return [c.addConstant({ shape, dtype: 'int64', data: BigInt64Array.from(values, BigInt) }, '')];
}

/** Shapes are static, so that Shape is a constant; since opset 15 it can be cut. */
function readShape(c: ReadContext): readonly Tensor[] {
  const { shape } = c.input(0);
  const cut = shape.slice(c.integer('start', 0), c.integer('end', shape.length));
  return integers(c, cut, [cut.length]);
}

function checkSize(c: ReadContext, count: number): void {
  if (!(count <= largestConstant)) c.unsupported(`a constant of ${count} elements; up to ${largestConstant} are supported`);
}

function readConstantOfShape(c: ReadContext): readonly Tensor[] {
  const shape = integerInput(c, 0, 'the shape') ?? [];
  if (shape.some((size) => size < 0)) c.invalid(`the shape [${shape}] has a negative size`);
  const count = elementCount(shape);
  checkSize(c, count);
  const value: Value = c.attributeTensor('value') ?? { shape: [1], dtype: 'float32', data: new Float32Array(1) };
  if (value.data.length !== 1) c.invalid(`the value has ${value.data.length} elements`);
  const data = new (value.data.constructor as Float32ArrayConstructor)(count);
  return [c.addConstant({ shape, dtype: value.dtype, data: data.fill(value.data[0] as number) }, '')];
}

/** Range: start, start + delta, ... up to but without the limit. */
function readRange(c: ReadContext): readonly Tensor[] {
  const values = ['start', 'limit', 'delta'].map((name, index) => c.constant(index, name));
  const { dtype, data: first } = present(values[0]);
  if (values.some((value) => value.dtype !== dtype || value.data.length !== 1)) c.invalid('start, limit and delta must be scalars of one type');
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'int64') c.invalid(`type ${dtype}`);
  const [start, limit, delta] = values.map((value) => Number(value.data[0])) as [number, number, number];
  if (delta === 0) c.invalid('delta is 0');
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  checkSize(c, count);
  if (dtype === 'int64') return integers(c, Array.from({ length: count }, (_, i) => start + i * delta), [count]);
  const data = new (first.constructor as Float32ArrayConstructor)(count).map((_, i) => start + i * delta);
  return [c.addConstant({ shape: [count], dtype, data }, '')];
}

/** ONNX operators that become constants, their own input, or nodes of several operators. */
export const plainReaders: Readonly<Record<string, OnnxReader>> = {
  BatchNormalization: readBatchNormalization,
  ConstantOfShape: readConstantOfShape,
  Dropout: readDropout,
  Identity: (c) => [c.input(0)],
  Range: readRange,
  Shape: readShape,
  Size: (c) => integers(c, [elementCount(c.input(0).shape)], []),
};
