import { broadcastAxis, type FieldValue, sameAxis } from '../../src/ops/define.ts';
import type { Dice } from '../support/random.ts';
import { oneRow, pixelBytes, randomRequantization, randomRow, randomZeroPoint } from './cases.ts';
import type { KernelCase } from './support.ts';

/** Random calls of kernels of one or two operands, pixel by pixel, and of means. */

const randomChannels = (dice: Dice): number => dice.pick([1, 2, 3, 4, 8, 12, 16, 32, dice.integer(1, 70)]);

/** A call with two operands, either of which may broadcast along the row or the channels. */
function binaryCase(dice: Dice, kernel: 'add' | 'mul' | 'minmax', fields: Record<string, FieldValue>): KernelCase {
  const channels = randomChannels(dice);
  const width = dice.pick([1, 2, 3, 5, dice.integer(1, 40)]);
  const operand = () => {
    const pixel = dice.chance(0.15) ? 0 : pixelBytes(dice, channels);
    const channel = dice.chance(0.1) ? 0 : 1;
    return { pixel, channel, row: randomRow(dice, (width - 1) * pixel + (channel === 0 ? 1 : channels)) };
  };
  const [a, b] = [operand(), operand()];
  const outPixel = pixelBytes(dice, channels);
  return {
    call: {
      symbol: `tsr_${kernel}_s8s8__portable`,
      folder: kernel,
      struct: `tsr_${kernel}`,
      fields: {
        ...fields,
        channels,
        a_pixel: a.pixel,
        b_pixel: b.pixel,
        a_channel: a.channel,
        b_channel: b.channel,
        out_pixel: outPixel,
      },
      inputs: [a, b].map(({ pixel }, input) => ({
        input,
        rows: sameAxis,
        columns: pixel === 0 ? broadcastAxis : sameAxis,
      })),
      ...oneRow,
      pointwise: true,
    },
    steps: [{ rows: [a.row, b.row], segment: { row: 0, column: 0, outWidth: width, inWidth: width, padLeft: 0 } }],
    outBytes: (width - 1) * outPixel + channels,
  };
}

/** Two multipliers and an offset whose sums stay within 32 bits, as src/ops/scaled-sum.ts makes them. */
function randomPair(dice: Dice) {
  const ratio = (): number => 2 ** (dice.integer(-60, 40) / 10);
  const [left, right, sign] = [ratio(), ratio(), dice.chance(0.7) ? 1 : -1];
  const [za, zb, zy] = [randomZeroPoint(dice), randomZeroPoint(dice), randomZeroPoint(dice)];
  for (let shift = 22; ; shift -= 1) {
    const a = Math.round(left * 2 ** shift);
    const b = sign * Math.round(right * 2 ** shift);
    const rounding = zy * 2 ** shift + 2 ** (shift - 1);
    const bound = 256 * (Math.abs(a) + Math.abs(b)) + Math.abs(rounding);
    if (bound < 2 ** 31) return { a, b, shift, aOffset: -za * a, bOffset: -zb * b, rounding };
  }
}

const randomClamp = (dice: Dice): { readonly min: number; readonly max: number } =>
  dice.chance(0.7) ? { min: -128, max: 127 } : { min: dice.integer(-128, 0), max: dice.integer(1, 127) };

export function addCase(dice: Dice): KernelCase {
  const p = randomPair(dice);
  return binaryCase(dice, 'add', {
    a_multiplier: p.a,
    b_multiplier: p.b,
    offset: p.aOffset + p.bOffset + p.rounding,
    shift: p.shift,
    ...randomClamp(dice),
  });
}

export function minmaxCase(dice: Dice): KernelCase {
  const p = randomPair(dice);
  return binaryCase(dice, 'minmax', {
    a_multiplier: p.a,
    b_multiplier: p.b,
    a_offset: p.aOffset + p.rounding,
    b_offset: p.bOffset + p.rounding,
    shift: p.shift,
    larger: dice.integer(0, 1),
  });
}

export function mulCase(dice: Dice): KernelCase {
  const { fields, multipliers } = randomRequantization(dice, 1, 255 * 255);
  return binaryCase(dice, 'mul', {
    a_zero_point: randomZeroPoint(dice),
    b_zero_point: randomZeroPoint(dice),
    multiplier: multipliers[0] as number,
    ...fields,
  });
}

/** Means over rows, columns or both, in segments as a stage calls for them. */
export function meanCase(dice: Dice): KernelCase {
  const channels = randomChannels(dice);
  const width = dice.pick([1, 2, 5, dice.integer(1, 40), 300]);
  const rows = dice.pick([1, 2, 3]);
  const columns = dice.chance(0.6) ? width : 1;
  const pixels = width > 40 || dice.chance(0.8) ? 1 : dice.pick([2, 3, 300]);
  const inPixel = pixelBytes(dice, channels);
  const outPixel = pixelBytes(dice, channels);
  const outputs = columns > 1 ? 1 : width;
  const { fields, multipliers } = randomRequantization(dice, 1, 256 * rows * columns * pixels);
  const segments: { row: number; column: number; width: number }[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < width; ) {
      // A call that does not accumulate rows writes from the segment's first pixel on: one segment a row.
      const most = rows > 1 || columns > 1 ? dice.integer(1, width) : width;
      const part = Math.min(most, width - column);
      segments.push({ row, column, width: part });
      column += part;
    }
  }
  return {
    call: {
      symbol: 'tsr_mean_s8__portable',
      folder: 'mean',
      struct: 'tsr_mean',
      fields: {
        bias: dice.integer(-1000, 1000),
        multiplier: multipliers[0] as number,
        ...fields,
        rows,
        columns,
        pixels,
        channels,
        in_pixel: inPixel,
        out_pixel: outPixel,
      },
      inputs: [{ input: 0, rows: sameAxis, columns: sameAxis }],
      ...oneRow,
      pointwise: true,
      steps: 'accumulate',
      scratchBytes: 4 * channels * outputs,
    },
    steps: segments.map(({ row, column, width: part }) => ({
      rows: [randomRow(dice, (part * pixels - 1) * inPixel + channels)],
      segment: { row, column, outWidth: part, inWidth: part, padLeft: 0 },
    })),
    outBytes: (outputs - 1) * outPixel + channels,
  };
}
