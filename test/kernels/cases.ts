import { requantization } from '../../src/arithmetic/fixed-point.ts';
import type { FieldValue } from '../../src/ops/define.ts';
import type { Dice } from '../support/random.ts';
import type { RowBytes } from './support.ts';

/** What makers of random kernel cases share. */

/** Bytes that are mostly random, and now and then all at one end of the range, so that sums saturate. */
export function randomBytes(dice: Dice, length: number, least = -128): Int8Array {
  const style = dice.integer(0, 9);
  const ends = [least, 127];
  return Int8Array.from({ length }, () => {
    if (style === 0) return dice.pick(ends);
    if (style === 1) return 127;
    if (style === 2) return least;
    return dice.integer(least, 127);
  });
}

/** A row that a kernel may read to its last byte and no further. */
export function randomRow(dice: Dice, length: number): RowBytes {
  return { bytes: randomBytes(dice, length), misaligned: dice.chance(0.5) ? 0 : dice.integer(0, 15) };
}

/** A zero point, often at an end of the range. */
export function randomZeroPoint(dice: Dice): number {
  return dice.pick([-128, 127, 0, dice.integer(-128, 127)]);
}

export interface RandomRequantization {
  /** pre_scale, offset, shift, min and max. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly multipliers: Int32Array;
}

/**
 * The requantisation of a layer: factors from those that leave most outputs in range to those that saturate all, and a
 * clamp that is narrower than int8 now and then.
 * @param bound the largest absolute value that an accumulator of the layer can have
 */
export function randomRequantization(dice: Dice, channels: number, bound: number): RandomRequantization {
  const typical = 128 / Math.max(1, bound);
  const scale = typical * 2 ** dice.integer(0, 8);
  // Factors of 1/4 and more have a pre-scale; the pre-scaled accumulator must fit 32 bits.
  const most = Math.min(dice.chance(0.1) ? 4 : 0.2, (2 ** 29 / Math.max(1, bound)) * 0.25);
  const scales = Array.from({ length: channels }, () => Math.min(most, scale * (0.25 + dice.integer(0, 1000) / 500)));
  if (dice.chance(0.05)) scales[0] = 0;
  const [min, max] = dice.chance(0.7) ? [-128, 127] : [dice.integer(-128, 0), dice.integer(1, 127)];
  const r = requantization(scales, randomZeroPoint(dice), bound, { min, max });
  return {
    fields: { pre_scale: r.preScale, offset: r.offset, shift: r.shift, min: r.min, max: r.max },
    multipliers: r.multipliers,
  };
}
