import { ArithmeticError, type Requantization, requantization } from '../arithmetic/fixed-point.ts';
import { type FieldValue, OperatorError } from './define.ts';

/**
 * `requantization()` for a layer: what cannot be expressed is a refusal of the node.
 * @param bound the largest absolute value of an accumulator, partial sums included
 * @throws OperatorError where an accumulator could leave 32 bits, or a factor is no number.
 */
export function layerRequantization(
  scales: readonly number[],
  zeroPoint: number,
  bound: number,
  clamp: { readonly min: number; readonly max: number },
): Requantization {
  if (bound >= 2 ** 31) throw new OperatorError('unsupported', `accumulators of up to ${bound} do not fit 32 bits`);
  try {
    return requantization(scales, zeroPoint, bound, clamp);
  } catch (error) {
    if (error instanceof ArithmeticError) throw new OperatorError('unsupported', error.message);
    throw error;
  }
}

/** The fields of a kernel's parameters that all its multipliers share. */
export function requantizationFields(r: Requantization): Readonly<Record<string, FieldValue>> {
  return { pre_scale: r.preScale, offset: r.offset, shift: r.shift, min: r.min, max: r.max };
}
