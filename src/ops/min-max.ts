import type { Tensor } from '../graph/types.ts';
import {
  type BinaryFunction,
  broadcastCall,
  broadcastType,
  checkNumeric,
  emitBroadcast,
  evaluateBinary,
  evaluateBinaryInteger,
  scalarOperand,
} from './broadcast.ts';
import { defineOperator, present, type ReadContext } from './define.ts';
import { type ScaledPair, scaledPair } from './scaled-sum.ts';

type Extreme = 'Min' | 'Max';

/** Emits the smaller or larger of two tensors; a constant of one element makes it a clip. */
export function emitExtreme(c: ReadContext, name: Extreme, a: Tensor, b: Tensor): Tensor {
  const one = scalarOperand(c, a, b);
  if (one === null) return emitBroadcast(c, name, [a, b]);
  const parameters = name === 'Min' ? [Number.NEGATIVE_INFINITY, one.scalar] : [one.scalar, Number.POSITIVE_INFINITY];
  return c.emit('Unary', [one.x], { chain: [{ function: 'clip', parameters }] });
}

function reader(name: Extreme) {
  return (c: ReadContext): readonly Tensor[] => {
    if (c.inputCount === 0) c.invalid('there are no inputs');
    const inputs = Array.from({ length: c.inputCount }, (_, i) => c.input(i));
    checkNumeric(c, inputs);
    return [inputs.slice(1).reduce((result, input) => emitExtreme(c, name, result, input), present(inputs[0]))];
  };
}

function extreme(name: Extreme, f: BinaryFunction) {
  return defineOperator<object, ScaledPair>({
    name,
    onnx: { [name]: reader(name) },
    constants: { 0: 'operand', 1: 'operand' },
    shape: broadcastType,
    evaluate: (inputs, _attributes, output) => evaluateBinary(f, inputs, output),
    permute: (attributes) => attributes,
    macs: () => 0,

    quantized: {
      outputRule: () => 'calibrated',
      parameters: ({ inputs: [a, b], output }) => scaledPair(present(a), present(b), output, undefined, 1),

      evaluate(p, data, { inputs, output }) {
        const pick = (a: number, b: number): number => {
          const y = f.integer(a * p.aMultiplier + p.aOffset, b * p.bMultiplier + p.bOffset);
          return Math.max(-128, Math.min(127, (y + p.rounding) >> p.shift));
        };
        return evaluateBinaryInteger(pick, data, inputs, output);
      },

      lower(p, { inputs, output }) {
        const kernel = { symbol: 'tsr_minmax_s8s8__portable', folder: 'minmax', struct: 'tsr_minmax' };
        const fields = {
          a_multiplier: p.aMultiplier,
          b_multiplier: p.bMultiplier,
          a_offset: p.aOffset + p.rounding,
          b_offset: p.bOffset + p.rounding,
          shift: p.shift,
          larger: name === 'Max' ? 1 : 0,
        };
        return { kind: 'calls', calls: [broadcastCall(kernel, fields, inputs, output)] };
      },
    },
  });
}

/** ONNX's Min of floats is that of IEEE 754: NaN where either is NaN, as Math.min has it. */
export const min = extreme('Min', { real: Math.min, integer: Math.min, wide: (a, b) => (a < b ? a : b) });
export const max = extreme('Max', { real: Math.max, integer: Math.max, wide: (a, b) => (a > b ? a : b) });
