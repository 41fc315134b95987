import { describe, expect, it } from 'vitest';
import { hasQemu } from '../../scripts/bench/qemu.mjs';
import type { KernelVariant } from '../../src/kernels/define.ts';
import { convDsp, convFineDsp } from '../../src/kernels/dsp/conv.ts';
import { packSums, tapPairs } from '../../src/kernels/dsp/conv-pack.ts';
import { createDice, randomFrom } from '../support/random.ts';
import { randomBytes } from './cases.ts';
import { type ConvShape, convCase } from './conv-cases.ts';
import { compareOnQemu } from './qemu.ts';
import { compareKernels, leanKernel, planarOutputKernel, smallKernel } from './support.ts';

const lean = leanKernel(convDsp, 'tsr_conv_s8s8__dsp_lean');
const leanFine = leanKernel(convFineDsp, 'tsr_conv_s8s8__dsp_fine_lean');

const parts = leanKernel(convDsp, 'tsr_conv_s8s8__dsp_parts');
const partsFine = leanKernel(convFineDsp, 'tsr_conv_s8s8__dsp_fine_parts');

const planar = planarOutputKernel(convDsp);
const planarFine = planarOutputKernel(convFineDsp);

const shapes: readonly (readonly [string, KernelVariant, ConvShape])[] = [
  ['of any shape', convDsp, {}],
  ['of 1 x 1', convDsp, { kernelHeight: 1, kernelWidth: 1, groups: 1 }],
  ['of 3 x 3', convDsp, { kernelHeight: 3, kernelWidth: 3, groups: 1, dilation: 1 }],
  ['of three channels', convDsp, { kernelHeight: 3, kernelWidth: 3, groups: 1, dilation: 1, inChannels: 3 }],
  ['of one pixel', convDsp, { outWidth: 1, groups: 1 }],
  ['of weights of -128', convDsp, { leastWeight: -128, groups: 1, outChannels: 8 }],
  // Sums of many taps: an output step is many steps of the sum.
  ['of a large shift', convFineDsp, { kernelHeight: 3, kernelWidth: 3, inChannels: 40, groups: 1, outWidth: 3 }],
  ['of any shape, pixel by pixel', smallKernel(convDsp), {}],
  [
    'of a large shift, pixel by pixel',
    smallKernel(convFineDsp),
    { kernelHeight: 3, kernelWidth: 3, inChannels: 40, groups: 1, outWidth: 3 },
  ],
  ['of any shape, without scratch', lean, {}],
  ['of 1 x 1, without scratch', lean, { kernelHeight: 1, kernelWidth: 1, groups: 1 }],
  ['of 3 x 3, without scratch', lean, { kernelHeight: 3, kernelWidth: 3, groups: 1, dilation: 1 }],
  ['of weights of -128, without scratch', lean, { leastWeight: -128, groups: 1, outChannels: 8 }],
  ['of any shape, to planar rows', planar, { groups: 1, outChannels: 12 }],
  ['of 1 x 1, to planar rows', planar, { kernelHeight: 1, kernelWidth: 1, groups: 1, inChannels: 16, outChannels: 8 }],
  [
    'of one group, to planar rows',
    planar,
    { kernelHeight: 1, kernelWidth: 1, groups: 1, inChannels: 64, outChannels: 4 },
  ],
  ['of three channels, to planar rows', planar, { kernelHeight: 3, kernelWidth: 3, inChannels: 3, outChannels: 8 }],
  ['of many channels, to planar rows', planar, { kernelHeight: 1, kernelWidth: 1, inChannels: 64, outChannels: 112 }],
  [
    'of a large shift, to planar rows',
    planarFine,
    { kernelHeight: 3, kernelWidth: 3, inChannels: 40, outChannels: 8, groups: 1 },
  ],
  ['of any shape, part by part', parts, { inChannels: 8, outChannels: 12 }],
  ['of 3 x 3, part by part', parts, { kernelHeight: 3, kernelWidth: 3, inChannels: 44, outChannels: 4, groups: 1 }],
  [
    'of a large shift, part by part',
    partsFine,
    { kernelHeight: 3, kernelWidth: 3, inChannels: 40, outChannels: 8, groups: 1, outWidth: 3 },
  ],
  [
    'of a large shift, without scratch',
    leanFine,
    { kernelHeight: 3, kernelWidth: 3, inChannels: 40, groups: 1, outWidth: 3 },
  ],
];

describe('the Arm DSP convolution gives the bytes of the portable one', () => {
  it.each(shapes)(
    '%s',
    async (_, variant, shape) => {
      expect(await compareKernels(variant, (dice) => convCase(dice, shape))).toEqual([]);
    },
    600_000,
  );

  const emulated = hasQemu();
  if (!emulated) console.log('left out: convolutions for Arm DSP in QEMU (it or its compiler is not installed)');

  it.skipIf(!emulated).each(shapes)(
    '%s, on a Cortex-M4',
    async (_, variant, shape) => {
      expect(await compareOnQemu('cortex-m4', variant, (dice) => convCase(dice, shape))).toEqual([]);
    },
    120_000,
  );

  it.skipIf(!emulated).each([
    ['of any shape', convDsp, {}],
    ['of any shape, to planar rows', planar, { outChannels: 8 }],
  ])(
    '%s, on a Cortex-M7',
    async (_, variant, shape: ConvShape) => {
      expect(await compareOnQemu('cortex-m7', variant, (dice) => convCase(dice, shape))).toEqual([]);
    },
    120_000,
  );

  it('writes planar rows where all of its channels are packed', () => {
    const dice = createDice(randomFrom(3));
    const adapted = Array.from({ length: 200 }, () => convDsp.adapt(convCase(dice).call)).filter(
      (call) => typeof call !== 'string',
    );
    const able = adapted.map(({ planarOutput }) => planarOutput !== undefined);
    expect(able).toEqual(adapted.map(({ fields }) => fields.packed_channels === fields.out_channels));
    expect(able.filter((one) => one).length).toBeGreaterThan(20);
    expect(able).toContain(false);
  });
});

describe('the packed weights', () => {
  /** Reads the stream back, as runtime-c/conv/tsr_conv__dsp.h describes it. */
  function unpacked(words: Int32Array, packed: number, channels: number, taps: number, runBytes: number) {
    const pairs = tapPairs(taps, runBytes);
    const weights = new Int8Array(channels * taps);
    const bias: number[] = [];
    const multipliers: number[] = [];
    let at = 0;
    const next = (): number => words[at++] as number;
    const low8 = (value: number): number => (value << 24) >> 24;
    const put = (channel: number, tap: number | null, value: number): void => {
      if (tap === null) expect(value).toBe(0);
      else weights[channel * taps + tap] = value;
    };
    for (let c = 0; c < packed; c += 4) {
      const [b0, b2, start0, start2] = [next(), next(), next(), next()];
      bias.push(b0, (start0 - b0) / 256, b2, (start2 - b2) / 256);
      for (const [low, high] of pairs) {
        for (const even of [c, c + 2]) {
          const word = next();
          for (const [tap, half] of [
            [low, (word << 16) >> 16],
            [high, word >> 16],
          ] as const) {
            put(even, tap, low8(half));
            put(even + 1, tap, (half - low8(half)) / 256);
          }
        }
      }
      const [m0, m2, m1, m3] = [next(), next(), next(), next()];
      multipliers.push(m0, m1, m2, m3);
    }
    for (let c = packed; c < channels; c += 1) {
      bias.push(next());
      for (let k = 0; k < pairs.length; k += 2) {
        const word = next();
        const [a0, b0, a1, b1] = [0, 8, 16, 24].map((shift) => low8(word >> shift)) as [number, number, number, number];
        put(c, pairs[k]?.[0] ?? null, a0);
        put(c, pairs[k]?.[1] ?? null, a1);
        put(c, pairs[k + 1]?.[0] ?? null, b0);
        put(c, pairs[k + 1]?.[1] ?? null, b1);
      }
      multipliers.push(next());
    }
    expect(at).toBe(words.length);
    return { weights, bias, multipliers };
  }

  it.each([
    { channels: 8, taps: 16, runBytes: 16 },
    { channels: 7, taps: 27, runBytes: 9 },
    { channels: 5, taps: 30, runBytes: 10 },
    { channels: 4, taps: 33, runBytes: 11 },
    { channels: 1, taps: 1, runBytes: 1 },
  ])(
    'read back are what they were: $channels channels of $taps taps, $runBytes a run',
    ({ channels, taps, runBytes }) => {
      const dice = createDice(randomFrom(channels));
      const weights = randomBytes(dice, channels * taps, -127);
      const bias = Array.from({ length: channels }, () => dice.integer(-50_000, 50_000));
      const multipliers = Array.from({ length: channels }, () => dice.integer(0, 1000) * 256);
      const { words, packedChannels } = packSums({ weights, bias, multipliers }, tapPairs(taps, runBytes));
      expect(packedChannels).toBe(channels - (channels % 4));
      expect(unpacked(words, packedChannels, channels, taps, runBytes)).toEqual({ weights, bias, multipliers });
    },
  );

  it('take a byte a weight, and four a bias and a multiplier', () => {
    const [channels, taps] = [64, 576];
    const sums = {
      weights: new Int8Array(channels * taps),
      bias: new Int32Array(channels),
      multipliers: new Int32Array(channels),
    };
    expect(packSums(sums, tapPairs(taps, 192)).words.byteLength).toBe(channels * (taps + 4 + 4));
  });

  it('are not packed by fours from where they do not fit 16 bits, or their sums 32', () => {
    const weights = new Int8Array(8 * 4);
    const pairs = tapPairs(4, 4);
    const bias = new Int32Array(8);
    const sums = { weights, bias, multipliers: new Int32Array(8) };
    expect(packSums(sums, pairs).packedChannels).toBe(8);
    weights[4 * 4] = -1;
    weights[5 * 4] = -128;
    expect(packSums(sums, pairs).packedChannels).toBe(4);
    bias[1] = 2 ** 23;
    expect(packSums(sums, pairs).packedChannels).toBe(0);
  });
});
