import type { FieldValue } from '../../src/ops/define.ts';
import type { Dice } from '../support/random.ts';
import { pixelBytes, pixelCase, randomBytes, windowCase } from './cases.ts';
import type { KernelCase } from './support.ts';

/** Random calls of the portable kernels for look-ups and the largest value under a window. */

const randomChannels = (dice: Dice): number => dice.pick([1, 3, 8, 16, 32, dice.integer(1, 70)]);
const randomTable = (dice: Dice): FieldValue => ({ type: 'int8', values: randomBytes(dice, 256) });

export function lookupCase(dice: Dice): KernelCase {
  const fields = { table: randomTable(dice) };
  const kernel = { symbol: 'tsr_lookup_s8__portable', folder: 'lookup', struct: 'tsr_lookup', fields };
  return pixelCase(dice, kernel, randomChannels(dice), dice.pick([1, 2, 5, dice.integer(1, 40)]));
}

export function maxPoolCase(dice: Dice): KernelCase {
  const channels = randomChannels(dice);
  const [height, width] = [dice.integer(1, 4), dice.integer(1, 4)];
  const [stride, dilation] = [dice.integer(1, 3), dice.pick([1, 1, 2])];
  const outWidth = dice.pick([1, 2, 5, dice.integer(1, 20)]);
  const reach = (outWidth - 1) * stride + (width - 1) * dilation + 1;
  const padLeft = dice.integer(0, (width - 1) * dilation);
  const inWidth = Math.max(1, reach - padLeft - dice.integer(0, (width - 1) * dilation));
  const fields = { table: dice.chance(0.3) ? randomTable(dice) : null, channels };
  return windowCase(
    dice,
    { symbol: 'tsr_max_pool_s8__portable', folder: 'max_pool', struct: 'tsr_max_pool', fields },
    { height, width, stride, dilation },
    {
      segment: { row: 0, column: 0, outWidth, inWidth, padLeft },
      from: { channels, pixel: pixelBytes(dice, channels) },
      to: { channels, pixel: pixelBytes(dice, channels) },
    },
  );
}
