import { type FieldValue, sameAxis, windowAxis } from '../../src/ops/define.ts';
import type { Dice } from '../support/random.ts';
import { randomBytes, randomRow } from './cases.ts';
import type { KernelCase } from './support.ts';

/** Random calls of the portable kernels for look-ups and the largest value under a window. */

const randomChannels = (dice: Dice): number => dice.pick([1, 3, 8, 16, 32, dice.integer(1, 70)]);
const pixelBytes = (dice: Dice, channels: number): number => channels + (dice.chance(0.7) ? 0 : dice.integer(1, 9));
const randomTable = (dice: Dice): FieldValue => ({ type: 'int8', values: randomBytes(dice, 256) });

export function lookupCase(dice: Dice): KernelCase {
  const channels = randomChannels(dice);
  const width = dice.pick([1, 2, 5, dice.integer(1, 40)]);
  const [inPixel, outPixel] = [pixelBytes(dice, channels), pixelBytes(dice, channels)];
  return {
    call: {
      symbol: 'tsr_lookup_s8__portable',
      folder: 'lookup',
      struct: 'tsr_lookup',
      fields: { table: randomTable(dice), channels, in_pixel: inPixel, out_pixel: outPixel },
      inputs: [{ input: 0, rows: sameAxis, columns: sameAxis }],
      steps: 'rows',
      count: 1,
      firstRow: 0,
      outputOffset: 0,
      pointwise: true,
      scratchBytes: 0,
    },
    steps: [
      {
        rows: [randomRow(dice, (width - 1) * inPixel + channels)],
        segment: { row: 0, column: 0, outWidth: width, inWidth: width, padLeft: 0 },
      },
    ],
    outBytes: (width - 1) * outPixel + channels,
  };
}

export function maxPoolCase(dice: Dice): KernelCase {
  const channels = randomChannels(dice);
  const [height, width] = [dice.integer(1, 4), dice.integer(1, 4)];
  const [stride, dilation] = [dice.integer(1, 3), dice.pick([1, 1, 2])];
  const [inPixel, outPixel] = [pixelBytes(dice, channels), pixelBytes(dice, channels)];
  const outWidth = dice.pick([1, 2, 5, dice.integer(1, 20)]);
  const reach = (outWidth - 1) * stride + (width - 1) * dilation + 1;
  const padLeft = dice.integer(0, (width - 1) * dilation);
  const inWidth = Math.max(1, reach - padLeft - dice.integer(0, (width - 1) * dilation));
  const rowBytes = (inWidth - 1) * inPixel + channels;
  return {
    call: {
      symbol: 'tsr_max_pool_s8__portable',
      folder: 'max_pool',
      struct: 'tsr_max_pool',
      fields: {
        table: dice.chance(0.3) ? randomTable(dice) : null,
        channels,
        kernel_h: height,
        kernel_w: width,
        stride_w: stride,
        dilation_w: dilation,
        in_pixel: inPixel,
        out_pixel: outPixel,
      },
      inputs: [{ input: 0, rows: windowAxis(1, 0, height, 1), columns: windowAxis(stride, padLeft, width, dilation) }],
      steps: 'rows',
      count: 1,
      firstRow: 0,
      outputOffset: 0,
      pointwise: false,
      scratchBytes: 0,
    },
    steps: [
      {
        rows: Array.from({ length: height }, () => (dice.chance(0.1) ? null : randomRow(dice, rowBytes))),
        segment: { row: 0, column: 0, outWidth, inWidth, padLeft },
      },
    ],
    outBytes: (outWidth - 1) * outPixel + channels,
  };
}
