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
  scalarOperand,
} from './broadcast.ts';
import {
  activationQuantization,
  applyClamp,
  type Clamp,
  clampRange,
  defineOperator,
  OperatorError,
  present,
  type ReadContext,
} from './define.ts';

/** Inputs: two operands of equal rank whose axes are equal or one. */
export interface DivAttributes {
  readonly clamp?: Clamp;
}

/**
 * y = clamp(((a - aZeroPoint) * reciprocals[b + 128] + offset) >> 15): the 256 values that the divisor can have are
 * known, and so are their reciprocals.
 */
interface DivParameters {
  readonly aZeroPoint: number;
  readonly reciprocals: Int32Array;
  readonly offset: number;
  readonly min: number;
  readonly max: number;
}

/** Bits behind the point of a reciprocal. 255 * 256 * 2^15, the offset (at most 2^22) and the half stay below 2^31. */
const shift = 15;

/** The largest reciprocal: from it on, every dividend but zero saturates. */
const largestReciprocal = 256 * 2 ** shift;

function nonZero<T extends number | bigint>(divisor: T): T {
  if (Number(divisor) === 0) throw new OperatorError('invalid', 'integer division by zero');
  return divisor;
}

const quotient: BinaryFunction = {
  real: (a, b) => a / b,
  integer: (a, b) => Math.trunc(a / nonZero(b)),
  wide: (a, b) => a / nonZero(b),
};

function read(c: ReadContext): readonly Tensor[] {
  const [a, b] = [c.input(0), c.input(1)];
  checkNumeric(c, [a, b]);
  const one = scalarOperand(c, a, b);
  if (one !== null && one.side === 'right') return [emitAffine(c, one.x, 1 / one.scalar, 0)];
  if (one !== null) {
    const chain = [
      { function: 'reciprocal', parameters: [] },
      { function: 'affine', parameters: [one.scalar, 0] },
    ];
    return [c.emit('Unary', [one.x], { chain })];
  }
  if (b.data instanceof Float32Array && a.data === undefined) {
    // In int8 a multiplication is exact where a division would need a table.
    const inverse = c.addConstant(
      { shape: b.shape, dtype: 'float32', data: b.data.map((x) => 1 / x) },
      `${b.name}_reciprocal`,
    );
    return [emitBroadcast(c, 'Mul', [a, inverse])];
  }
  return [emitBroadcast(c, 'Div', [a, b])];
}

export const div = defineOperator<DivAttributes, DivParameters>({
  name: 'Div',
  onnx: { Div: read },
  constants: { 0: 'operand', 1: 'operand' },
  clampable: true,
  shape: broadcastType,

  evaluate(inputs, { clamp }, output) {
    const value = evaluateBinary(quotient, inputs, output);
    if (value.data instanceof Float32Array) applyClamp(value.data, clamp);
    return value;
  },

  permute: (attributes) => attributes,
  macs: () => 0,

  quantized: {
    outputRule: () => 'calibrated',

    parameters({ inputs: [a, b], output, attributes }) {
      const [qa, qb, qy] = [
        activationQuantization(present(a)),
        activationQuantization(present(b)),
        activationQuantization(output),
      ];
      const factor = (qa.scale / (qb.scale * qy.scale)) * 2 ** shift;
      return {
        aZeroPoint: qa.zeroPoint,
        // A divisor of zero: infinity, which saturates; and 0 / 0 becomes 0.
        reciprocals: Int32Array.from({ length: 256 }, (_, i) => {
          const reciprocal = Math.round(factor / (i - 128 - qb.zeroPoint));
          return Math.max(-largestReciprocal, Math.min(largestReciprocal, reciprocal));
        }),
        offset: qy.zeroPoint * 2 ** shift + 2 ** (shift - 1),
        ...clampRange(attributes.clamp, qy),
      };
    },

    evaluate(p, data, { inputs, output }) {
      const divide = (a: number, b: number): number => {
        const y = ((a - p.aZeroPoint) * present(p.reciprocals[b + 128]) + p.offset) >> shift;
        return Math.max(p.min, Math.min(p.max, y));
      };
      return evaluateBinaryInteger(divide, data, inputs, output);
    },

    lower(p, { inputs, output }) {
      const kernel = { symbol: 'tsr_divide_s8s8__portable', folder: 'divide', struct: 'tsr_divide' };
      const fields = {
        reciprocals: { type: 'int32' as const, values: p.reciprocals },
        a_zero_point: p.aZeroPoint,
        offset: p.offset,
        shift,
        min: p.min,
        max: p.max,
      };
      return { kind: 'calls', calls: [broadcastCall(kernel, fields, inputs, output)] };
    },
  },
});
