import type { KernelCall } from '../ops/define.ts';
import { arrayField, numberField } from './define.ts';

/** The largest dividend that a softmax can have, times 256: its quotients are floor((e * R / 256 + S / 2) / S). */
export function largestDividend(call: KernelCall): number {
  // The table falls, and its first entry is that of the largest value: sums are at most channels times it.
  const largest = arrayField(call, 'exponentials')[0] as number;
  return largest * (numberField(call, 'reciprocal_scale') + 128 * numberField(call, 'channels'));
}

/** Why a softmax is not for kernels that multiply by 1 / S and mend the quotient, all in 32 bits; null where it is. */
export function reciprocalRefusal(call: KernelCall): string | null {
  const largest = arrayField(call, 'exponentials')[0] as number;
  if (largest < 2 ** 16 || largest > 2 ** 24) return 'a largest exponential outside 2^16 to 2^24';
  if (numberField(call, 'reciprocal_scale') >= 2 ** 20) return 'outputs in steps of 1/4096 and less';
  return largestDividend(call) < 2 ** 39 ? null : 'a dividend of 2^31 and more';
}
