import { type Requantization, requantize } from '../arithmetic/fixed-point.ts';
import type { Tensor } from '../graph/types.ts';
import {
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
import {
  activationQuantization,
  applyClamp,
  type Clamp,
  clampRange,
  defineOperator,
  present,
  type ReadContext,
} from './define.ts';
import { layerRequantization, requantizationFields } from './requantization.ts';

/** Inputs: two operands of equal rank whose axes are equal or one. */
export interface MulAttributes {
  readonly clamp?: Clamp;
}

interface MulParameters {
  readonly aZeroPoint: number;
  readonly bZeroPoint: number;
  readonly requantization: Requantization;
}

/** Emits a * b; a constant of one element makes it a function of one value. */
export function emitMul(c: ReadContext, a: Tensor, b: Tensor): Tensor {
  const one = scalarOperand(c, a, b);
  return one === null ? emitBroadcast(c, 'Mul', [a, b]) : emitAffine(c, one.x, one.scalar, 0);
}

export const mul = defineOperator<MulAttributes, MulParameters>({
  name: 'Mul',
  onnx: {
    Mul(c) {
      checkNumeric(c, [c.input(0), c.input(1)]);
      return [emitMul(c, c.input(0), c.input(1))];
    },
  },
  constants: { 0: 'operand', 1: 'operand' },
  clampable: true,
  shape: broadcastType,

  evaluate(inputs, { clamp }, output) {
    const times = { real: (a: number, b: number) => a * b, integer: Math.imul, wide: (a: bigint, b: bigint) => a * b };
    const value = evaluateBinary(times, inputs, output);
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
      const scale = (qa.scale * qb.scale) / qy.scale;
      return {
        aZeroPoint: qa.zeroPoint,
        bZeroPoint: qb.zeroPoint,
        // Bytes less a zero point lie within [-255, 255].
        requantization: layerRequantization([scale], qy.zeroPoint, 255 * 255, clampRange(attributes.clamp, qy)),
      };
    },

    evaluate: (p, data, { inputs, output }) =>
      evaluateBinaryInteger(
        (a, b) => requantize((a - p.aZeroPoint) * (b - p.bZeroPoint), 0, p.requantization),
        data,
        inputs,
        output,
      ),

    columns: ({ attributes, inputs, output }) => (sameShapes(inputs, output) ? attributes : null),

    lower(p, { inputs, output }) {
      const kernel = { symbol: 'tsr_mul_s8s8__portable', folder: 'mul', struct: 'tsr_mul' };
      const r = p.requantization;
      const fields = {
        a_zero_point: p.aZeroPoint,
        b_zero_point: p.bZeroPoint,
        multiplier: r.multipliers[0] ?? 0,
        ...requantizationFields(r),
      };
      return { kind: 'calls', calls: [broadcastCall(kernel, fields, inputs, output)] };
    },
  },
});
