import { describe, expect, test } from 'vitest';
import type { KernelVariant } from '../../src/kernels/define.ts';
import {
  depthwise3x3Dsp,
  depthwise3x3ScaledDsp,
  depthwise3x3Stride2Dsp,
  depthwiseDsp,
  pack3x3,
  packTaps,
  unpack3x3,
  unpackTaps,
} from '../../src/kernels/dsp/depthwise.ts';
import {
  depthwise5x5Dsp,
  depthwise7x7Stride2Dsp,
  packStrip,
  strip5,
  strip7,
  unpackStrip,
} from '../../src/kernels/dsp/depthwise-strip.ts';
import { createDice, type Dice, randomFrom } from '../support/random.ts';
import { randomBytes, randomRow } from './cases.ts';
import { compareOnQemu } from './qemu.ts';
import { depthwiseCase } from './simd128-cases.ts';
import {
  type CaseMaker,
  compareKernels,
  type KernelCase,
  type KernelStep,
  planarInputKernel,
  type RowBytes,
  rowsKernel,
  smallKernel,
} from './support.ts';

/** The case with a pre-scale: sums of up to 2^31 before it, and so outputs that mostly saturate. */
function scaled(dice: Dice, one: KernelCase): KernelCase {
  const fields = {
    ...one.call.fields,
    pre_scale: 2 ** dice.integer(1, 7),
    shift: 1,
    offset: 2 * dice.integer(-128, 127) + 1,
  };
  return { ...one, call: { ...one.call, fields } };
}

/** The case as a row of a map of many rows. */
const tall = (one: KernelCase): KernelCase => ({ ...one, call: { ...one.call, count: 8 } });

/** A row of a map: mostly with the padding that maps have, mostly in the middle of it or at one of its ends. */
function wholeRow(dice: Dice, stride: 1 | 2): KernelCase {
  const one = depthwiseCase(dice, { height: 3, width: 3, stride, dilation: 1 }, dice.integer(1, dice.pick([8, 30])));
  const { call, steps } = one;
  const pixel = Number(call.fields.in_pixel);
  const channels = Number(call.fields.channels);
  const same = steps.map(({ segment, rows }): KernelStep => {
    const reach = (segment.outWidth - 1) * stride + 3;
    const padLeft = dice.integer(0, 1);
    const inWidth = Math.max(1, reach - padLeft - (dice.chance(0.8) ? 1 : 0));
    const missing = dice.pick([0, 1, 2, 3, 3, 3]);
    const row = (): RowBytes => randomRow(dice, (inWidth - 1) * pixel + channels);
    return {
      segment: { ...segment, padLeft, inWidth },
      rows: rows.map((_, i) => (missing === i || (missing === 0 && dice.chance(0.2)) ? null : row())),
    };
  });
  return dice.chance(0.2) ? one : { ...one, steps: same };
}

/** `onCore`: cases on the core, where loops of their own for so many widths want more than the others. */
const comparisons: readonly { readonly variant: KernelVariant; readonly make: CaseMaker; readonly onCore?: number }[] =
  [
    { variant: depthwise3x3Dsp, make: (dice) => depthwiseCase(dice, { height: 3, width: 3, stride: 1, dilation: 1 }) },
    {
      variant: smallKernel(depthwise3x3Dsp),
      make: (dice) => depthwiseCase(dice, { height: 3, width: 3, stride: 1, dilation: 1 }),
    },
    {
      variant: rowsKernel(depthwise3x3Dsp),
      make: (dice) => depthwiseCase(dice, { height: 3, width: 3, stride: 1, dilation: 1 }),
    },
    {
      variant: depthwise3x3ScaledDsp,
      make: (dice) => scaled(dice, depthwiseCase(dice, { height: 3, width: 3, stride: 1, dilation: 1 })),
    },
    {
      variant: depthwise3x3Stride2Dsp,
      make: (dice) => depthwiseCase(dice, { height: 3, width: 3, stride: 2, dilation: 1 }),
    },
    {
      variant: depthwise5x5Dsp,
      make: (dice) => tall(depthwiseCase(dice, { height: 5, width: 5, stride: 1, dilation: 1 })),
    },
    {
      variant: depthwise7x7Stride2Dsp,
      make: (dice) => tall(depthwiseCase(dice, { height: 7, width: 7, stride: 2, dilation: 1 })),
    },
    { variant: depthwiseDsp, make: (dice) => depthwiseCase(dice) },
    { variant: planarInputKernel(depthwise3x3Dsp), make: (dice) => wholeRow(dice, 1), onCore: 250 },
    { variant: planarInputKernel(depthwise3x3Stride2Dsp), make: (dice) => wholeRow(dice, 2), onCore: 250 },
  ];

describe('Arm DSP depthwise kernels give the bytes of the portable one', () => {
  test.for(comparisons)('$variant.symbol', { timeout: 600_000 }, async ({ variant, make }) => {
    expect(await compareKernels(variant, make)).toEqual([]);
  });
});

describe('the same on a Cortex-M4 in QEMU, with the real instructions', () => {
  test.for(comparisons)('$variant.symbol', { timeout: 120_000 }, async ({ variant, make, onCore }) => {
    expect(await compareOnQemu('cortex-m4', variant, make, { count: onCore })).toEqual([]);
  });
});

test('rows may be channel-planar, of the same weights and without scratch, unless there is a pre-scale', () => {
  const dice = createDice(randomFrom(4));
  for (const [variant, stride] of [
    [depthwise3x3Dsp, 1],
    [depthwise3x3Stride2Dsp, 2],
    [depthwise3x3ScaledDsp, 1],
  ] as const) {
    const make = (): KernelCase => depthwiseCase(dice, { height: 3, width: 3, stride, dilation: 1 });
    const isScaled = variant === depthwise3x3ScaledDsp;
    const calls = Array.from({ length: 100 }, () => variant.adapt((isScaled ? scaled(dice, make()) : make()).call));
    const taken = calls.filter((call) => typeof call !== 'string');
    expect(taken.length).toBeGreaterThan(10);
    for (const { planarInput } of taken) {
      expect(planarInput?.symbol).toBe(variant.planarSymbol);
      expect(planarInput?.scratchBytes).toBe(isScaled ? undefined : 0);
    }
  }
});

test('packed weights of 3 x 3 are the weights', () => {
  const dice = createDice(randomFrom(1));
  for (let i = 0; i < 50; i += 1) {
    const channels = 4 * dice.integer(1, 10);
    const numbers = (): Int32Array => Int32Array.from({ length: channels }, () => dice.integer(-1e6, 1e6));
    const sums = { weights: randomBytes(dice, 9 * channels), bias: numbers(), multipliers: numbers() };
    const words = pack3x3(sums);
    expect(unpack3x3(words)).toEqual(sums);
    // One byte a weight, four a bias and a multiplier.
    expect(words.length * 4).toBe(17 * channels);
  }
});

test('packed weights of any size are the weights', () => {
  const dice = createDice(randomFrom(2));
  for (let i = 0; i < 100; i += 1) {
    const [channels, taps] = [dice.integer(1, 40), dice.integer(1, 30)];
    const numbers = (): Int32Array => Int32Array.from({ length: channels }, () => dice.integer(-1e6, 1e6));
    const sums = { weights: randomBytes(dice, taps * channels), bias: numbers(), multipliers: numbers() };
    const words = packTaps(sums);
    expect(unpackTaps(words, channels, taps)).toEqual(sums);
    expect(words.length * 4).toBeLessThan(channels * (taps + 8) + 4);
  }
});

test.for([strip5, strip7])('packed weights of strips are the weights', (strip) => {
  const dice = createDice(randomFrom(3));
  const taps = strip.kernel ** 2;
  for (let i = 0; i < 50; i += 1) {
    const channels = 4 * dice.integer(1, 10);
    const numbers = (): Int32Array => Int32Array.from({ length: channels }, () => dice.integer(-1e6, 1e6));
    const sums = { weights: randomBytes(dice, taps * channels), bias: numbers(), multipliers: numbers() };
    const words = packStrip(strip, sums);
    expect(unpackStrip(strip, words)).toEqual(sums);
    expect(words.length * 4).toBe((taps + 8) * channels);
  }
});
