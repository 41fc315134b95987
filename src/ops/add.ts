import type { Tensor } from '../graph/types.ts';
import {
  type BinaryFunction,
  broadcastCall,
  broadcastType,
  checkNumeric,
  emitAffine,
  emitBroadcast,
  evaluateBinary,
  evaluateBinaryInteger,
  sameShapes,
  scalarOperand,
} from './broadcast.ts';
import { applyClamp, type Clamp, defineOperator, type OnnxReader, present, type ReadContext } from './define.ts';
import { type ScaledPair, scaledPair } from './scaled-sum.ts';

/** Inputs: two operands of equal rank whose axes are equal or one. */
export interface AddAttributes {
  readonly clamp?: Clamp;
}

/** Emits a + b; a constant of one element makes it a function of one value. */
export function emitAdd(c: ReadContext, a: Tensor, b: Tensor): Tensor {
  const one = scalarOperand(c, a, b);
  return one === null ? emitBroadcast(c, 'Add', [a, b]) : emitAffine(c, one.x, 1, one.scalar);
}

function readAdd(c: ReadContext): readonly Tensor[] {
  checkNumeric(c, [c.input(0), c.input(1)]);
  return [emitAdd(c, c.input(0), c.input(1))];
}

function readSub(c: ReadContext): readonly Tensor[] {
  const [a, b] = [c.input(0), c.input(1)];
  checkNumeric(c, [a, b]);
  const one = scalarOperand(c, a, b);
  if (one === null) return [emitBroadcast(c, 'Sub', [a, b])];
  return [one.side === 'right' ? emitAffine(c, one.x, 1, -one.scalar) : emitAffine(c, one.x, -1, one.scalar)];
}

/** Sum and Mean of any number of inputs: additions one after the other, and a factor. */
function readSum(c: ReadContext): readonly Tensor[] {
  if (c.inputCount === 0) c.invalid('there are no inputs');
  const inputs = Array.from({ length: c.inputCount }, (_, i) => c.input(i));
  if (inputs.some((input) => input.dtype !== 'float32')) c.unsupported('types other than float32');
  const sum = inputs.slice(1).reduce((total, input) => emitAdd(c, total, input), present(inputs[0]));
  return [c.operator === 'Mean' ? emitAffine(c, sum, 1 / inputs.length, 0) : sum];
}

function addition(name: 'Add' | 'Sub', sign: 1 | -1, onnx: Record<string, OnnxReader>, f: BinaryFunction) {
  return defineOperator<AddAttributes, ScaledPair>({
    name,
    onnx,
    constants: { 0: 'operand', 1: 'operand' },
    clampable: true,
    shape: broadcastType,

    evaluate(inputs, { clamp }, output) {
      const value = evaluateBinary(f, inputs, output);
      if (value.data instanceof Float32Array) applyClamp(value.data, clamp);
      return value;
    },

    permute: (attributes) => attributes,
    macs: () => 0,

    quantized: {
      outputRule: () => 'calibrated',
      parameters: ({ inputs: [a, b], output, attributes }) =>
        scaledPair(present(a), present(b), output, attributes.clamp, sign),

      evaluate(p, data, { inputs, output }) {
        const offset = p.aOffset + p.bOffset + p.rounding;
        const sum = (a: number, b: number): number => {
          const y = (a * p.aMultiplier + b * p.bMultiplier + offset) >> p.shift;
          return Math.max(p.min, Math.min(p.max, y));
        };
        return evaluateBinaryInteger(sum, data, inputs, output);
      },

      columns: ({ attributes, inputs, output }) => (sameShapes(inputs, output) ? attributes : null),

      lower(p, { inputs, output }) {
        const kernel = { symbol: 'tsr_add_s8s8__portable', folder: 'add', struct: 'tsr_add' };
        const fields = {
          a_multiplier: p.aMultiplier,
          b_multiplier: p.bMultiplier,
          offset: p.aOffset + p.bOffset + p.rounding,
          shift: p.shift,
          min: p.min,
          max: p.max,
        };
        return { kind: 'calls', calls: [broadcastCall(kernel, fields, inputs, output)] };
      },
    },
  });
}

const plus = (a: number, b: number): number => a + b;
const minus = (a: number, b: number): number => a - b;

export const add = addition(
  'Add',
  1,
  { Add: readAdd, Sum: readSum, Mean: readSum },
  { real: plus, integer: plus, wide: (a, b) => a + b },
);

export const sub = addition('Sub', -1, { Sub: readSub }, { real: minus, integer: minus, wide: (a, b) => a - b });
