import { describe, expect, it } from 'vitest';
import { hasQemu } from '../../scripts/bench/qemu.mjs';
import type { KernelVariant } from '../../src/kernels/define.ts';
import { convMve } from '../../src/kernels/mve/conv.ts';
import { convMveColumns } from '../../src/kernels/mve/conv-columns.ts';
import { columnsFirst, convMveNarrow } from '../../src/kernels/mve/conv-narrow.ts';
import { convMvePixels } from '../../src/kernels/mve/conv-pixels.ts';
import {
  blocked,
  blockedStream,
  channelsFirst,
  depthwiseMve,
  depthwiseMve3x3,
} from '../../src/kernels/mve/depthwise.ts';
import {
  addMve,
  averagePoolMve,
  lookupMve,
  matmulMve,
  maxPoolMve,
  meanMve,
  mulMve,
  softmaxMve,
} from '../../src/kernels/mve/elementwise.ts';
import { mveKernels } from '../../src/kernels/mve/index.ts';
import { biasesAndHalves, words } from '../../src/kernels/mve/stream.ts';
import { createDice, type Dice, randomFrom } from '../support/random.ts';
import { randomBytes, randomRow } from './cases.ts';
import { type ConvShape, convCase } from './conv-cases.ts';
import { addCase, meanCase, mulCase } from './elementwise-cases.ts';
import { matmulCase } from './matmul-cases.ts';
import { lookupCase, maxPoolCase } from './mve-cases.ts';
import { averagePoolCase, softmaxCase } from './pool-cases.ts';
import { compareOnQemu } from './qemu.ts';
import { depthwiseCase } from './simd128-cases.ts';
import { type CaseMaker, compareKernels, type KernelCase, twoRowsKernel } from './support.ts';

interface Comparison {
  readonly what: string;
  readonly variant: KernelVariant;
  readonly make: CaseMaker;
}

/** Windows of at most 32 bytes, mostly of a size that its loops know. */
function narrowShape(dice: Dice): ConvShape {
  const [kernelHeight, kernelWidth, inChannels] = dice.pick([
    [1, 1, dice.pick([8, 16, 24, 32])],
    [1, 1, dice.integer(1, 32)],
    [3, 3, 3],
    [3, 3, dice.integer(1, 3)],
    [dice.integer(1, 5), dice.integer(1, 3), dice.integer(1, 2)],
  ] as const);
  const dilation = kernelWidth === 1 ? dice.integer(1, 2) : 1;
  return { kernelHeight, kernelWidth, inChannels, groups: 1, dilation, outChannels: dice.integer(2, 40) };
}

/** Columns of at most 64 bytes, often with windows of a size that loops know. */
function columnShape(dice: Dice): ConvShape {
  const height = dice.pick([1, 3, dice.integer(1, 10)]);
  const channels = Math.min(dice.pick([1, 3, 8, 16, dice.integer(1, 20)]), Math.floor(64 / height));
  const [kernelHeight, kernelWidth, inChannels] = dice.pick([
    [height, dice.integer(2, 5), channels],
    [height, dice.integer(2, 5), channels],
    [10, 4, 1],
    [3, 3, 8],
    dice.pick([
      [4, 4, 4],
      [4, 7, 4],
    ] as const),
  ] as const);
  return {
    kernelHeight,
    kernelWidth,
    inChannels,
    groups: 1,
    dilation: 1,
    outChannels: 4 * dice.integer(1, 6),
  };
}

/** One pixel each, as a call of a whole tensor has them. */
function pixelCase(dice: Dice): KernelCase {
  const shape = { kernelHeight: 1, kernelWidth: 1, stride: 1, dilation: 1, groups: 1 };
  const outWidth = dice.integer(1, 20);
  const made = convCase(dice, {
    ...shape,
    inChannels: dice.pick([32, 40, 48, 64, 72, 112, dice.integer(17, 90)]),
    outChannels: 4 * dice.integer(1, 8),
    outWidth,
  });
  const rowBytes = (outWidth - 1) * (made.call.fields.in_pixel as number) + (made.call.fields.in_channels as number);
  return {
    ...made,
    call: { ...made.call, pointwise: true },
    steps: [
      {
        rows: [randomRow(dice, rowBytes)],
        segment: { row: 0, column: 0, outWidth, inWidth: outWidth, padLeft: 0 },
      },
    ],
  };
}

/** Pairs of rows of outputs, of rows of which the first and the last are often missing. */
function pairsCase(dice: Dice): KernelCase {
  const window = { height: 3, width: 3, stride: 1, dilation: 1 };
  const outWidth = dice.pick([dice.integer(4, 16), dice.integer(4, 60), dice.integer(4, 110)]);
  const made = depthwiseCase(dice, window, outWidth);
  const [step] = made.steps as [KernelCase['steps'][number]];
  const { in_pixel: inPixel, out_pixel: outPixel, channels } = made.call.fields as Readonly<Record<string, number>>;
  const rowBytes = (step.segment.inWidth - 1) * Number(inPixel) + Number(channels);
  const count = 2 * dice.integer(1, 4);
  const most = dice.pick([0, 0, 0.1]);
  const rows = Array.from({ length: count + 2 }, (_, y) => {
    const isEnd = y === 0 || y === count + 1;
    return dice.chance(isEnd ? 0.4 : most) ? null : randomRow(dice, rowBytes);
  });
  return {
    call: { ...made.call, count },
    steps: [{ rows, segment: { ...step.segment, row: count } }],
    outBytes: (count * outWidth - 1) * Number(outPixel) + Number(channels),
  };
}

const comparisons: readonly Comparison[] = [
  { what: 'convolution of any shape', variant: convMve, make: (dice) => convCase(dice) },
  {
    what: 'convolution of 1 x 1',
    variant: convMve,
    make: (dice) => convCase(dice, { kernelHeight: 1, kernelWidth: 1, groups: 1 }),
  },
  {
    what: 'convolution of 3 x 3',
    variant: convMve,
    make: (dice) =>
      convCase(dice, { kernelHeight: 3, kernelWidth: 3, groups: 1, dilation: 1, inChannels: dice.pick([3, 16, 32]) }),
  },
  { what: 'convolution of short windows', variant: convMveNarrow, make: (dice) => convCase(dice, narrowShape(dice)) },
  { what: 'convolution of small columns', variant: convMveColumns, make: (dice) => convCase(dice, columnShape(dice)) },
  { what: 'convolution of pixels', variant: convMvePixels, make: pixelCase },
  { what: 'dense layer', variant: convMve, make: (dice) => convCase(dice, { outWidth: 1, groups: 1 }) },
  {
    what: 'depthwise 3 x 3',
    variant: depthwiseMve3x3,
    make: (dice) => depthwiseCase(dice, { height: 3, width: 3, stride: dice.integer(1, 3), dilation: 1 }),
  },
  {
    what: 'depthwise 3 x 3 of wide rows',
    variant: depthwiseMve3x3,
    make: (dice) =>
      depthwiseCase(dice, { height: 3, width: 3, stride: dice.pick([1, 1, 2]), dilation: 1 }, 4 * dice.integer(5, 26)),
  },
  { what: 'depthwise 3 x 3 of pairs of rows', variant: twoRowsKernel(depthwiseMve3x3), make: pairsCase },
  {
    what: 'convolution of short windows of wide rows',
    variant: convMveNarrow,
    make: (dice) =>
      convCase(dice, { ...narrowShape(dice), outWidth: dice.integer(8, 60), stride: dice.pick([1, 2]), dilation: 1 }),
  },
  { what: 'depthwise', variant: depthwiseMve, make: (dice) => depthwiseCase(dice) },
  { what: 'sum', variant: addMve, make: addCase },
  { what: 'product', variant: mulMve, make: mulCase },
  { what: 'mean', variant: meanMve, make: meanCase },
  { what: 'look-up', variant: lookupMve, make: lookupCase },
  { what: 'largest value', variant: maxPoolMve, make: maxPoolCase },
  { what: 'mean under a window', variant: averagePoolMve, make: averagePoolCase },
  { what: 'softmax', variant: softmaxMve, make: softmaxCase },
  { what: 'product of matrices', variant: matmulMve, make: matmulCase },
];

describe('Helium kernels give the bytes of the portable ones', () => {
  it.each(comparisons)(
    '$what',
    async ({ variant, make }) => {
      expect(await compareKernels(variant, make)).toEqual([]);
    },
    600_000,
  );

  const emulated = hasQemu();
  if (!emulated) console.log('left out: Helium kernels on a Cortex-M55 (QEMU or its compiler is not installed)');

  it.skipIf(!emulated).each(comparisons)(
    '$what, on a Cortex-M55',
    async ({ variant, make }) => {
      expect(await compareOnQemu('cortex-m55', variant, make)).toEqual([]);
    },
    120_000,
  );

  it('all of them', () => {
    expect(new Set(comparisons.map(({ variant }) => variant.symbol))).toEqual(
      new Set(mveKernels.flatMap(({ symbol, twoRowsSymbol }) => [symbol, twoRowsSymbol ?? symbol])),
    );
  });
});

describe('what the compiler packs for Helium', () => {
  const dice = createDice(randomFrom(3));
  const numbers = (length: number, step = 1): Int32Array =>
    Int32Array.from({ length }, () => step * dice.integer(0, 2 ** 20));

  it('weights channel by channel are the weights', () => {
    const [height, width, channels] = [3, 2, 20];
    const weights = randomBytes(dice, height * width * channels);
    const packed = channelsFirst(weights, height, width);
    const back = weights.map((_, i) => {
      const [channel, tap] = [i % channels, Math.floor(i / channels)];
      return packed[(channel * width + (tap % width)) * height + Math.floor(tap / width)] as number;
    });
    expect(back).toEqual(weights);
    expect(packed).toHaveLength(weights.length);
  });

  it('weights column by column are the weights', () => {
    const [outputs, height, width, channels] = [3, 4, 2, 5];
    const weights = randomBytes(dice, outputs * height * width * channels);
    const packed = columnsFirst(weights, height, width, channels);
    // Turned the other way round they are what they were.
    expect(columnsFirst(packed, width, height, channels)).toEqual(weights);
    expect(packed[channels]).toBe(weights[width * channels]);
  });

  it('weights in blocks of channels are the weights', () => {
    const [taps, channels] = [5, 37];
    const weights = randomBytes(dice, taps * channels);
    const packed = blocked(weights, taps);
    const back = weights.map((_, i) => {
      const [channel, tap] = [i % channels, Math.floor(i / channels)];
      const from = channel - (channel % 16);
      const lanes = Math.min(16, channels - from);
      return packed[from * taps + tap * lanes + (channel - from)] as number;
    });
    expect(back).toEqual(weights);
    expect(packed).toHaveLength(weights.length);
  });

  it('biases and multipliers stand in the order of use', () => {
    expect(Array.from(biasesAndHalves([1, 2, 3, 4, 5], [256, 512, 768, 1024, 1280], 4))).toEqual([
      ...[1, 2, 3, 4, 128, 256, 384, 512],
      ...[5, 640],
    ]);
    const [bias, multipliers] = [numbers(22), numbers(22, 256)];
    const stream = Array.from(blockedStream(bias, multipliers));
    expect(stream.slice(0, 8)).toEqual(
      [0, 4, 8, 12].flatMap((c) => bias[c]).concat([0, 4, 8, 12].map((c) => (multipliers[c] as number) / 2)),
    );
    // The last six channels: 16 and 20, 18, 17 and 21, 19.
    expect(stream.slice(32)).toEqual(
      [[16, 20], [18], [17, 21], [19]].flatMap((channels) => [
        ...channels.map((c) => bias[c]),
        ...channels.map((c) => (multipliers[c] as number) / 2),
      ]),
    );
  });

  it('parts stand one behind the other, each from a word on', () => {
    const { type, values } = words(
      Int8Array.from([-1, 2, 3, -4, 5]),
      Int32Array.from([-2, 2 ** 31 - 1]),
      Int8Array.from([7]),
    );
    expect(type).toBe('int32');
    const bytes = new Uint8Array(Int32Array.from(values).buffer);
    expect(Array.from(bytes)).toEqual([
      ...[255, 2, 3, 252, 5, 0, 0, 0],
      ...[254, 255, 255, 255, 255, 255, 255, 127],
      ...[7, 0, 0, 0],
    ]);
  });

  it('takes one byte a weight and eight a channel, in whole words', () => {
    for (let i = 0; i < 300; i += 1) {
      for (const { variant, make } of comparisons.slice(0, 11)) {
        const { call } = make(dice);
        const adapted = variant.adapt(call);
        if (typeof adapted === 'string') continue;
        const bytes = Object.values(adapted.fields).reduce<number>((sum, value) => {
          if (typeof value !== 'object' || value === null) return sum;
          return sum + value.values.length * (value.type === 'int8' ? 1 : 4);
        }, 0);
        const channels = call.fields.out_channels ?? call.fields.channels;
        const weights = call.fields.weights as { readonly values: ArrayLike<number> };
        expect(bytes).toBeLessThanOrEqual(weights.values.length + 8 * (channels as number) + 3);
      }
    }
  });
});
