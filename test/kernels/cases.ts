import { requantization } from '../../src/arithmetic/fixed-point.ts';
import { type FieldValue, type KernelCall, sameAxis, windowAxis } from '../../src/ops/define.ts';
import type { Dice } from '../support/random.ts';
import type { KernelCase, RowBytes, Segment } from './support.ts';

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

/** The bytes from one pixel to the next: mostly its channels, now and then those of a wider view. */
export const pixelBytes = (dice: Dice, channels: number): number =>
  channels + (dice.chance(0.7) ? 0 : dice.integer(1, 9));

/** What calls have in common that compute one output row without scratch. */
export const oneRow = {
  steps: 'rows',
  count: 1,
  firstRow: 0,
  outputOffset: 0,
  pointwise: false,
  scratchBytes: 0,
} as const satisfies Partial<KernelCall>;

/** The kernel of a call, with the parameters that are its own. */
export type KernelOf = Pick<KernelCall, 'symbol' | 'folder' | 'struct' | 'fields'>;

/** Calls of a kernel that makes each output pixel of the input pixel in its place. */
export function pixelCase(dice: Dice, kernel: KernelOf, channels: number, width: number): KernelCase {
  const [inPixel, outPixel] = [pixelBytes(dice, channels), pixelBytes(dice, channels)];
  return {
    call: {
      ...kernel,
      fields: { ...kernel.fields, channels, in_pixel: inPixel, out_pixel: outPixel },
      inputs: [{ input: 0, rows: sameAxis, columns: sameAxis }],
      ...oneRow,
      pointwise: true,
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

export interface WindowShape {
  readonly height: number;
  readonly width: number;
  readonly stride: number;
  readonly dilation: number;
}

/** Pixels of a row: the channels of each, and the bytes from one to the next. */
export interface Pixels {
  readonly channels: number;
  readonly pixel: number;
}

/** Calls of a kernel with a window over rows, some of which are padding. */
export function windowCase(
  dice: Dice,
  kernel: KernelOf,
  window: WindowShape,
  { segment, from, to }: { readonly segment: Segment; readonly from: Pixels; readonly to: Pixels },
): KernelCase {
  const rowBytes = (segment.inWidth - 1) * from.pixel + from.channels;
  return {
    call: {
      ...kernel,
      fields: {
        ...kernel.fields,
        kernel_h: window.height,
        kernel_w: window.width,
        stride_w: window.stride,
        dilation_w: window.dilation,
        in_pixel: from.pixel,
        out_pixel: to.pixel,
      },
      inputs: [
        {
          input: 0,
          rows: windowAxis(1, 0, window.height, 1),
          columns: windowAxis(window.stride, segment.padLeft, window.width, window.dilation),
        },
      ],
      ...oneRow,
    },
    steps: [
      {
        rows: Array.from({ length: window.height }, () => (dice.chance(0.1) ? null : randomRow(dice, rowBytes))),
        segment,
      },
    ],
    outBytes: (segment.outWidth - 1) * to.pixel + to.channels,
  };
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
