import { elementCount, type Tensor, type TensorData, type Value } from '../graph/types.ts';
import type { OnnxReader, ReadContext } from '../ops/define.ts';

/**
 * ONNX operators that are constants once shapes are known, and so never become nodes of the graph. Exporters compute
 * target shapes with them.
 */
export const constantReaders: Readonly<Record<string, OnnxReader>> = {
  Constant: (c) => [c.addConstant(constantValue(c), '')],

  ConstantOfShape(c) {
    const shape = Array.from(c.constant(0, 'the shape').data, Number);
    if (shape.some((size) => size < 0)) c.invalid(`the shape [${shape}] has a negative size`);
    const fill = c.attributeTensor('value') ?? { shape: [1], dtype: 'float32', data: Float32Array.of(0) };
    if (fill.data.length !== 1) c.invalid(`the value has ${fill.data.length} elements; one is needed`);
    c.checkSize(shape);
    return [c.addConstant({ ...fill, shape, data: repeated(fill.data, elementCount(shape)) }, '')];
  },

  Shape(c) {
    const { shape } = c.input(0);
    // Opset 15 added start and end; both count from the end where negative, and are held to the rank.
    const index = (stated: number): number => Math.max(0, Math.min(shape.length, stated < 0 ? stated + shape.length : stated));
    return [c.addConstant(int64s(shape.slice(index(c.integer('start', 0)), index(c.integer('end', shape.length)))), '')];
  },

  Size: (c) => [c.addConstant({ ...int64s([elementCount(c.input(0).shape)]), shape: [] }, '')],
};

/** The value of a Constant node, in whichever of its attributes it stands. */
function constantValue(c: ReadContext): Value {
  const stated = ['value', 'value_float', 'value_floats', 'value_int', 'value_ints'].filter((name) => c.has(name));
  if (stated.length > 1) c.invalid(`more than one value (${stated.join(', ')})`);
  switch (stated[0]) {
    case 'value':
      return c.attributeTensor('value') ?? c.invalid('the attribute value holds no tensor');
    case 'value_float':
      return { shape: [], dtype: 'float32', data: Float32Array.of(c.float('value_float', 0)) };
    case 'value_floats': {
      const data = Float32Array.from(c.floats('value_floats') ?? []);
      return { shape: [data.length], dtype: 'float32', data };
    }
    case 'value_int':
      return { ...int64s([c.integer('value_int', 0)]), shape: [] };
    case 'value_ints':
      return int64s(c.integers('value_ints', []));
    default:
      return c.unsupported('a value that is neither a tensor nor numbers');
  }
}

function int64s(values: readonly number[]): Value {
  // The greatest int64 came as the double above it: Slice means "to the end" by it.
  const most = 2n ** 63n - 1n;
  const data = BigInt64Array.from(values, (value) => (BigInt(value) > most ? most : BigInt(value)));
  return { shape: [data.length], dtype: 'int64', data };
}

function repeated(value: TensorData, count: number): TensorData {
  const make = value.constructor as { new (length: number): TensorData };
  return new make(count).fill(value[0] as never);
}
