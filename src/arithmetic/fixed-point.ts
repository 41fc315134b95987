/**
 * The arithmetic of Tessera: the one definition that every kernel on every machine gives, bit for bit.
 *
 * Requantisation (acc is an int32 accumulator, M a multiplier, n a shift, zp the output's zero point):
 *
 *     y = clamp(floor((acc * M + zp * 2^(32+n) + 2^(31+n)) / 2^(32+n)))
 *
 * One exact rounding, half up. M is a multiple of 256 in [0, 2^31), n from 1 to 22, so that a Cortex-M4 needs two
 * instructions (SMMLA, SSAT) and a vector machine a multiply-high, an add and a shift.
 */

/** Most that the shift n may be: beyond it the offset zp * 2^n + 2^(n-1) would leave int32. */
const maxShift = 22;

/** How accumulators become output steps: a multiplier per channel, and one shift and one pre-scale for the layer. */
export interface Requantization {
  /** M per channel (or one for all), each a multiple of 256 in [0, 2^31). */
  readonly multipliers: Int32Array;
  /** n of the definition. */
  readonly shift: number;
  /** A power of two that the accumulator is multiplied with first: 1 unless a scale is 1/4 or more. */
  readonly preScale: number;
  /** zp * 2^n + 2^(n-1): what is added to the high word of acc * M. */
  readonly offset: number;
  readonly min: number;
  readonly max: number;
}

/** Raised where a scale cannot be expressed; the caller names the node. */
export class ArithmeticError extends Error {}

/**
 * Finds M, n and the pre-scale for the real factors `scales` (accumulator step / output step, each >= 0).
 * @param accumulatorBound the largest absolute value an accumulator can have; the pre-scaled one must fit int32.
 * @throws ArithmeticError where a factor is not finite or the pre-scaled accumulator would leave int32.
 */
export function requantization(
  scales: readonly number[],
  zeroPoint: number,
  accumulatorBound: number,
  clamp: { readonly min: number; readonly max: number },
): Requantization {
  let largest = 0;
  for (const scale of scales) {
    if (!Number.isFinite(scale) || scale < 0)
      throw new ArithmeticError(`scale ratio ${scale} is not a positive number`);
    largest = Math.max(largest, scale);
  }
  let preScale = 1;
  // M = 256 * round(m * 2^(24+n)) < 2^31 with n >= 1 needs round(m * 2^25) < 2^23.
  while (Math.round((largest / preScale) * 2 ** 25) >= 2 ** 23) preScale *= 2;
  if (accumulatorBound * preScale >= 2 ** 31) {
    throw new ArithmeticError(
      `accumulators up to ${accumulatorBound} times a scale ratio of ${largest} do not fit 32 bits`,
    );
  }
  let shift = 1;
  while (shift < maxShift && Math.round((largest / preScale) * 2 ** (25 + shift)) < 2 ** 23) shift += 1;
  const factor = 2 ** (24 + shift) / preScale;
  return {
    multipliers: Int32Array.from(scales, (scale) => 256 * Math.round(scale * factor)),
    shift,
    preScale,
    offset: zeroPoint * 2 ** shift + 2 ** (shift - 1),
    min: clamp.min,
    max: clamp.max,
  };
}

/** The high 32 bits of acc * M, floor, exactly, for int32 acc and M a multiple of 256 in [0, 2^31). */
export function multiplyHigh(accumulator: number, multiplier: number): number {
  // acc * (M / 256) has up to 54 bits, one too many for a double: split acc at 12 bits.
  const small = multiplier / 256;
  const low = accumulator & 0xfff;
  const high = (accumulator - low) / 4096;
  return Math.floor((high * small + Math.floor((low * small) / 4096)) / 4096);
}

/** The definition above for one accumulator of the channel `channel`. */
export function requantize(accumulator: number, channel: number, r: Requantization): number {
  const multiplier = r.multipliers[r.multipliers.length === 1 ? 0 : channel] ?? 0;
  const y = (multiplyHigh(accumulator * r.preScale, multiplier) + r.offset) >> r.shift;
  return y < r.min ? r.min : y > r.max ? r.max : y;
}

/** Rounds to the nearest integer, ties to the even one: what ONNX's QuantizeLinear says. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor;
  if (fraction < 0.5) return floor;
  if (fraction > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** A real value as an int8 step: half to even, saturating. */
export function quantizeValue(real: number, scale: number, zeroPoint: number): number {
  const q = roundHalfEven(real / scale) + zeroPoint;
  return q < -128 ? -128 : q > 127 ? 127 : q;
}
