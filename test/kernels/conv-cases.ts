import type { Dice } from '../support/random.ts';
import { pixelBytes, randomBytes, randomRequantization, randomZeroPoint, windowCase } from './cases.ts';
import type { KernelCase } from './support.ts';

/** The shape of a convolution; what is left out is drawn. */
export interface ConvShape {
  readonly kernelHeight?: number;
  readonly kernelWidth?: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly groups?: number;
  readonly inChannels?: number;
  readonly outChannels?: number;
  readonly outWidth?: number;
  /** The least that a weight may be: -128 in models quantised elsewhere. */
  readonly leastWeight?: number;
}

/** The bound of the sums of one output: the compiler's own, from src/ops/weighted-sum.ts. */
function magnitude(weights: Int8Array, bias: number, from: number, taps: number): number {
  let sum = 0;
  for (let t = from; t < from + taps; t += 1) sum += Math.abs(weights[t] as number);
  return Math.abs(bias) + 128 * sum;
}

/** A random call of tsr_conv_s8s8__portable with rows, some of them padding, for a segment anywhere in the output. */
export function convCase(dice: Dice, shape: ConvShape = {}): KernelCase {
  const kernelHeight = shape.kernelHeight ?? dice.pick([1, 1, 2, 3, 3, 5, 10]);
  const kernelWidth = shape.kernelWidth ?? (kernelHeight === 1 ? dice.pick([1, 1, 3]) : dice.integer(1, 5));
  const stride = shape.stride ?? dice.pick([1, 1, 2, 3]);
  const dilation = shape.dilation ?? dice.pick([1, 1, 1, 2, 3]);
  const groups = shape.groups ?? (dice.chance(0.1) ? dice.integer(2, 4) : 1);
  const inChannels = groups * (shape.inChannels ?? dice.pick([1, 2, 3, 4, 8, 16, 24, 32, dice.integer(1, 70)]));
  const outChannels = groups * (shape.outChannels ?? dice.pick([1, 2, 4, 8, 16, dice.integer(1, 40)]));
  const groupIn = inChannels / groups;
  const taps = kernelHeight * kernelWidth * groupIn;
  const leastWeight = shape.leastWeight ?? (dice.chance(0.2) ? -128 : -127);
  const weights = randomBytes(dice, taps * outChannels, leastWeight);
  const biasRange = dice.pick([100, 10_000, 1_000_000]);
  const bias = Int32Array.from({ length: outChannels }, () => dice.integer(-biasRange, biasRange));
  const bound = bias.reduce((most, b, o) => Math.max(most, magnitude(weights, b, o * taps, taps)), 0);
  const { fields, multipliers } = randomRequantization(dice, outChannels, bound);
  const from = { channels: inChannels, pixel: pixelBytes(dice, inChannels) };
  const to = { channels: outChannels, pixel: pixelBytes(dice, outChannels) };
  const outWidth = shape.outWidth ?? dice.pick([1, 2, 3, 4, 5, 8, dice.integer(1, 30)]);
  const reach = (outWidth - 1) * stride + (kernelWidth - 1) * dilation + 1;
  // Mostly what a convolution has; now and then a segment far from the row's ends, or one that lies outside it.
  const padLeft = dice.chance(0.1) ? dice.integer(-3, reach) : dice.integer(0, (kernelWidth - 1) * dilation);
  const padRight = dice.chance(0.1) ? dice.integer(-3, reach) : dice.integer(0, (kernelWidth - 1) * dilation);
  const inWidth = Math.max(1, reach - padLeft - padRight);
  const segment = { row: dice.integer(0, 9), column: dice.integer(0, 9), outWidth, inWidth, padLeft };
  return windowCase(
    dice,
    {
      symbol: 'tsr_conv_s8s8__portable',
      folder: 'conv',
      struct: 'tsr_conv',
      fields: {
        weights: { type: 'int8', values: weights },
        bias: { type: 'int32', values: bias },
        multipliers: { type: 'int32', values: multipliers },
        ...fields,
        input_zero_point: randomZeroPoint(dice),
        in_channels: inChannels,
        out_channels: outChannels,
        groups,
      },
    },
    { height: kernelHeight, width: kernelWidth, stride, dilation },
    { segment, from, to },
  );
}
