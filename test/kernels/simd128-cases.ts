import type { Dice } from '../support/random.ts';
import {
  pixelBytes,
  randomBytes,
  randomRequantization,
  randomZeroPoint,
  type WindowShape,
  windowCase,
} from './cases.ts';
import type { KernelCase } from './support.ts';

/** Random calls of portable kernels, for the variants of WebAssembly SIMD. */

const randomWidth = (dice: Dice): number => dice.pick([1, 2, 3, 4, 5, 6, 7, 8, dice.integer(1, 40)]);

/** Windows of any kind, and those that kernels are made for. */
export function randomWindow(dice: Dice): WindowShape {
  const size = dice.pick([2, 3, 3, 5, 7, dice.integer(1, 9)]);
  return {
    height: dice.chance(0.8) ? size : dice.integer(1, size),
    width: size,
    stride: dice.pick([1, 1, 2, 2, 3]),
    dilation: dice.pick([1, 1, 1, 2]),
  };
}

/** The segment of a window of which any part may lie outside the input. */
function randomSegment(dice: Dice, { width, stride, dilation }: WindowShape, outWidth: number) {
  const reach = (outWidth - 1) * stride + (width - 1) * dilation + 1;
  const most = (width - 1) * dilation;
  const padLeft = dice.chance(0.1) ? dice.integer(-3, most) : dice.integer(0, most);
  const padRight = dice.chance(0.1) ? dice.integer(-3, most) : dice.integer(0, most);
  const inWidth = Math.max(1, reach - padLeft - padRight);
  return { row: dice.integer(0, 9), column: dice.integer(0, 9), outWidth, inWidth, padLeft };
}

/** Calls of tsr_depthwise_s8s8__portable with a window of the given kind. */
export function depthwiseCase(
  dice: Dice,
  shape: WindowShape = randomWindow(dice),
  outWidth: number = randomWidth(dice),
): KernelCase {
  const channels = dice.pick([4, 8, 16, dice.integer(1, 70)]);
  const taps = shape.height * shape.width;
  const weights = randomBytes(dice, taps * channels, dice.chance(0.2) ? -128 : -127);
  const biasRange = dice.pick([100, 10_000, 1_000_000]);
  const bias = Int32Array.from({ length: channels }, () => dice.integer(-biasRange, biasRange));
  const { fields, multipliers } = randomRequantization(dice, channels, biasRange + taps * 128 * 128);
  const segment = randomSegment(dice, shape, outWidth);
  const from = { channels, pixel: pixelBytes(dice, channels) };
  const to = { channels, pixel: pixelBytes(dice, channels) };
  return windowCase(
    dice,
    {
      symbol: 'tsr_depthwise_s8s8__portable',
      folder: 'depthwise',
      struct: 'tsr_depthwise',
      fields: {
        weights: { type: 'int8', values: weights },
        bias: { type: 'int32', values: bias },
        multipliers: { type: 'int32', values: multipliers },
        ...fields,
        input_zero_point: randomZeroPoint(dice),
        channels,
      },
    },
    shape,
    { segment, from, to },
  );
}
