import { elementCount, type Tensor, type Value } from '../graph/types.ts';
import { readBatchNormalization } from './batch-normalization.ts';
import { castData } from './cast.ts';
import { type OnnxReader, present, type ReadContext } from './define.ts';
import { integerInput } from './integer-input.ts';
import { sameKind } from './transpose.ts';

/** Most elements of a constant that a file can ask for by stating a number. */
const largestConstant = 2 ** 26;

function readDropout(c: ReadContext): readonly Tensor[] {
  if (c.hasOutput(1)) c.unsupported('the mask as an output');
  const training = c.opset < 12 ? null : c.optionalConstant(2, 'training_mode');
  if (training !== null && Number(training.data[0]) !== 0)
    c.unsupported('training_mode true; export the model for inference');
  return [c.input(0)];
}

/** Shapes are static, so that Shape is a constant; since opset 15 it can be cut. */
function readShape(c: ReadContext): readonly Tensor[] {
  const { shape } = c.input(0);
  const cut = shape.slice(c.integer('start', 0), c.integer('end', shape.length));
  return [c.addConstant({ shape: [cut.length], dtype: 'int64', data: castData(Float64Array.from(cut), 'int64') }, '')];
}

function readSize(c: ReadContext): readonly Tensor[] {
  const data = BigInt64Array.of(BigInt(elementCount(c.input(0).shape)));
  return [c.addConstant({ shape: [], dtype: 'int64', data }, '')];
}

function checkSize(c: ReadContext, count: number): void {
  if (!(count <= largestConstant))
    c.unsupported(`a constant of ${count} elements; up to ${largestConstant} are supported`);
}

function readConstantOfShape(c: ReadContext): readonly Tensor[] {
  const shape = integerInput(c, 0, 'the shape') ?? [];
  if (shape.some((size) => size < 0)) c.invalid(`the shape [${shape}] has a negative size`);
  const fill: Value = c.attributeTensor('value') ?? { shape: [1], dtype: 'float32', data: Float32Array.of(0) };
  if (fill.data.length !== 1) c.invalid(`the value has ${fill.data.length} elements; one is needed`);
  checkSize(c, elementCount(shape));
  const data = sameKind(fill.data, elementCount(shape)).fill(fill.data[0] as never);
  return [c.addConstant({ shape, dtype: fill.dtype, data }, '')];
}

/** Range: start, start + delta, ... up to but without the limit. */
function readRange(c: ReadContext): readonly Tensor[] {
  const values = ['start', 'limit', 'delta'].map((name, index) => c.constant(index, name));
  const { dtype } = present(values[0]);
  if (values.some((value) => value.dtype !== dtype || value.data.length !== 1))
    c.invalid('start, limit and delta must be scalars of one type');
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'int64') c.invalid(`type ${dtype}`);
  const [start, limit, delta] = values.map((value) => Number(value.data[0])) as [number, number, number];
  if (delta === 0) c.invalid('delta is 0');
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  checkSize(c, count);
  const data = castData(
    Float64Array.from({ length: count }, (_, i) => start + i * delta),
    dtype,
  );
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
  Size: readSize,
};
