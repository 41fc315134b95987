import type { Tensor } from '../graph/types.ts';
import { activationQuantization, type Clamp, clampRange, OperatorError } from './define.ts';

/**
 * Two operands brought to the output's steps: a * aMultiplier + aOffset is the real a in units of 2^-shift of an output
 * step; adding `rounding`, the output's zero point and a half, and shifting right by `shift` gives the output byte.
 */
export interface ScaledPair {
  readonly aMultiplier: number;
  readonly bMultiplier: number;
  readonly aOffset: number;
  readonly bOffset: number;
  readonly rounding: number;
  readonly shift: number;
  readonly min: number;
  readonly max: number;
}

/** Most that the shift may be: more bits than this would not be seen in the output. */
const mostShift = 22;

/**
 * The multipliers of both operands, with the largest shift at which a * aMultiplier + b * bMultiplier + both offsets,
 * and every partial sum of it, stay within 32 bits for all bytes a and b.
 * @throws OperatorError where there is none.
 */
export function scaledPair(a: Tensor, b: Tensor, output: Tensor, clamp: Clamp | undefined, sign: 1 | -1): ScaledPair {
  const [qa, qb, qy] = [activationQuantization(a), activationQuantization(b), activationQuantization(output)];
  for (let shift = mostShift; shift >= 1; shift -= 1) {
    const aMultiplier = Math.round((qa.scale / qy.scale) * 2 ** shift);
    const bMultiplier = sign * Math.round((qb.scale / qy.scale) * 2 ** shift);
    const rounding = qy.zeroPoint * 2 ** shift + 2 ** (shift - 1);
    const aOffset = -qa.zeroPoint * aMultiplier;
    const bOffset = -qb.zeroPoint * bMultiplier;
    const bound =
      128 * (Math.abs(aMultiplier) + Math.abs(bMultiplier)) +
      Math.abs(aOffset) +
      Math.abs(bOffset) +
      Math.abs(rounding);
    if (bound < 2 ** 31) {
      return { aMultiplier, bMultiplier, aOffset, bOffset, rounding, shift, ...clampRange(clamp, qy) };
    }
  }
  throw new OperatorError(
    'unsupported',
    `operand scales ${qa.scale} and ${qb.scale} against an output scale of ${qy.scale}`,
  );
}
