import type { Tensor, Value } from '../graph/types.ts';
import type { ReadContext } from './define.ts';

/** Constant is no operator of the graph: its value is a constant there. */
export function readConstant(c: ReadContext): readonly Tensor[] {
  return [c.addConstant(constantValue(c), '')];
}

/** The value, in whichever of the attributes it stands (opset 12 added those beside `value`). */
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
  // The greatest int64 comes as the double above it: Slice means "to the end" by it.
  const most = 2n ** 63n - 1n;
  const data = BigInt64Array.from(values, (value) => (BigInt(value) > most ? most : BigInt(value)));
  return { shape: [data.length], dtype: 'int64', data };
}
