import { requantization } from '../../src/arithmetic/fixed-point.ts';
import { windowAxis } from '../../src/ops/define.ts';
import type { Dice } from '../support/random.ts';
import { oneRow, pixelBytes, pixelCase, randomRow, randomZeroPoint } from './cases.ts';
import type { KernelCase } from './support.ts';

/** Random calls of the portable kernels for the mean under a window and for softmax. */

const randomChannels = (dice: Dice): number => dice.pick([1, 3, 4, 8, 16, dice.integer(1, 70)]);

/** How many of `taps` positions, `dilation` apart from `first` on, lie in [from, to). */
function within(first: number, dilation: number, taps: number, from: number, to: number): number {
  let count = 0;
  for (let i = 0; i < taps; i += 1) count += first + i * dilation >= from && first + i * dilation < to ? 1 : 0;
  return count;
}

export function averagePoolCase(dice: Dice): KernelCase {
  const channels = randomChannels(dice);
  const [height, width] = dice.chance(0.1) ? [17, 15] : [dice.integer(1, 5), dice.integer(1, 5)];
  const [stride, dilation] = [dice.integer(1, 3), dice.pick([1, 1, 2])];
  const [inPixel, outPixel] = [pixelBytes(dice, channels), pixelBytes(dice, channels)];
  const outWidth = dice.pick([1, 2, 5, dice.integer(1, 20)]);
  const reach = (outWidth - 1) * stride + (width - 1) * dilation + 1;
  const most = Math.min(width - 1, 2) * dilation;
  const [padLeft, padRight] = [dice.integer(0, most), dice.integer(0, most)];
  const inWidth = Math.max(1, reach - padLeft - padRight);
  const rowBytes = (inWidth - 1) * inPixel + channels;
  // The rows that are there are those that count, but for padding that counts as zeros.
  const padTop = dice.integer(0, height - 1);
  const rows = Array.from({ length: height }, (_, ky) => (ky < padTop ? null : randomRow(dice, rowBytes)));
  const included = dice.chance(0.5);
  const [countLeft, countRight] = included ? [padLeft, padRight] : [0, 0];
  const [countFrom, countTo] = [included ? -padTop : 0, height - padTop];
  const counts = Array.from({ length: outWidth }, (_, x) => {
    const columns = within(x * stride - padLeft, dilation, width, -countLeft, inWidth + countRight);
    return columns * within(-padTop, 1, height, countFrom, countTo);
  });
  const first = Math.min(...counts);
  const scale = 2 ** (dice.integer(-40, 10) / 10);
  const scales = Array.from({ length: Math.max(...counts) - first + 1 }, (_, i) => scale / Math.max(1, first + i));
  const clamp = dice.chance(0.7) ? { min: -128, max: 127 } : { min: dice.integer(-128, 0), max: dice.integer(1, 127) };
  const r = requantization(scales, randomZeroPoint(dice), 256 * height * width, clamp);
  return {
    call: {
      symbol: 'tsr_average_pool_s8__portable',
      folder: 'average_pool',
      struct: 'tsr_average_pool',
      fields: {
        multipliers: { type: 'int32', values: r.multipliers },
        first_count: first,
        pre_scale: r.preScale,
        offset: r.offset,
        shift: r.shift,
        min: r.min,
        max: r.max,
        input_zero_point: randomZeroPoint(dice),
        channels,
        kernel_h: height,
        kernel_w: width,
        stride_h: 1,
        stride_w: stride,
        dilation_h: 1,
        dilation_w: dilation,
        pad_top: padTop,
        count_from_row: countFrom,
        count_to_row: countTo,
        count_left: countLeft,
        count_right: countRight,
        in_pixel: inPixel,
        out_pixel: outPixel,
      },
      inputs: [
        { input: 0, rows: windowAxis(1, padTop, height, 1), columns: windowAxis(stride, padLeft, width, dilation) },
      ],
      ...oneRow,
    },
    steps: [{ rows, segment: { row: 0, column: 0, outWidth, inWidth, padLeft } }],
    outBytes: (outWidth - 1) * outPixel + channels,
  };
}

/** The tables that src/ops/softmax.ts makes. */
export function softmaxCase(dice: Dice): KernelCase {
  const channels = dice.pick([1, 2, 10, 12, dice.integer(1, 300), 1000]);
  const bits = Math.min(22, 30 - Math.ceil(Math.log2(Math.max(2, channels))));
  const scale = 2 ** dice.integer(-12, 1);
  const [outputScale, zeroPoint] = dice.chance(0.7)
    ? [1 / 256, -128]
    : [2 ** (dice.integer(-90, -60) / 10), dice.integer(-128, 127)];
  const whole = Array.from({ length: 256 }, (_, d) => Math.round(Math.exp(-d * scale) * 2 ** bits));
  const last = whole.includes(0) ? whole.indexOf(0) : 255;
  const fields = {
    exponentials: { type: 'int32', values: whole.slice(0, last + 1) },
    last,
    reciprocal_scale: Math.round(256 / outputScale),
    zero_point: zeroPoint,
  } as const;
  const kernel = { symbol: 'tsr_softmax_s8__portable', folder: 'softmax', struct: 'tsr_softmax', fields };
  return pixelCase(dice, kernel, channels, dice.pick([1, 1, 2, 5]));
}
