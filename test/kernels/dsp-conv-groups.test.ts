import { describe, expect, it } from 'vitest';
import { hasQemu } from '../../scripts/bench/qemu.mjs';
import { compileModel } from '../../src/api/pipeline.ts';
import { kernelFiles } from '../../src/codegen/model.ts';
import { runtimeFile } from '../../src/codegen/project.ts';
import type { KernelVariant } from '../../src/kernels/define.ts';
import { convDsp, convFineDsp } from '../../src/kernels/dsp/conv.ts';
import { channelGroups, convFineGroupsDsp, convGroupsDsp } from '../../src/kernels/dsp/conv-groups.ts';
import { packGroups, packSums, tapPairs } from '../../src/kernels/dsp/conv-pack.ts';
import type { ConstantArray } from '../../src/ops/define.ts';
import { floatTensor, integer, integers, makeModel, node, valueInfo } from '../onnx/make-model.ts';
import { createDice, randomFrom } from '../support/random.ts';
import { type ConvShape, convCase } from './conv-cases.ts';
import { compareOnQemu } from './qemu.ts';
import { compareKernels } from './support.ts';

/** Channels are those of a group. */
const shapes: readonly (readonly [string, KernelVariant, ConvShape])[] = [
  ['two groups of any shape', convGroupsDsp, { groups: 2 }],
  ['five groups of any shape', convGroupsDsp, { groups: 5 }],
  ['1 x 1', convGroupsDsp, { kernelHeight: 1, kernelWidth: 1, groups: 3 }],
  [
    '3 x 3 of four channels',
    convGroupsDsp,
    { kernelHeight: 3, kernelWidth: 3, groups: 8, inChannels: 4, outChannels: 4 },
  ],
  ['3 x 3 of eight channels', convGroupsDsp, { kernelHeight: 3, kernelWidth: 3, groups: 4, inChannels: 8 }],
  ['weights of -128', convGroupsDsp, { leastWeight: -128, groups: 3, outChannels: 8 }],
  ['one channel, to two of each', convGroupsDsp, { groups: 6, inChannels: 1, outChannels: 2 }],
  ['one channel, to four of each', convGroupsDsp, { groups: 3, inChannels: 1, outChannels: 4 }],
  ['sixteen rows', convGroupsDsp, { kernelHeight: 16, groups: 2, inChannels: 2, outWidth: 3 }],
  [
    'a large shift',
    convFineGroupsDsp,
    { kernelHeight: 3, kernelWidth: 3, groups: 2, inChannels: 40, outChannels: 8, outWidth: 3 },
  ],
];

describe('the Arm DSP convolution in groups gives the bytes of the portable one', () => {
  it.each(shapes)(
    '%s',
    async (_, variant, shape) => {
      expect(await compareKernels(variant, (dice) => convCase(dice, shape))).toEqual([]);
    },
    600_000,
  );

  const emulated = hasQemu();
  if (!emulated)
    console.log('left out: convolutions in groups for Arm DSP in QEMU (it or its compiler is not installed)');

  it.skipIf(!emulated).each(shapes)(
    '%s, on a Cortex-M4',
    async (_, variant, shape) => {
      expect(await compareOnQemu('cortex-m4', variant, (dice) => convCase(dice, shape))).toEqual([]);
    },
    120_000,
  );
});

/** The parameters of a call that a kernel in groups takes. */
function adapted(shape: ConvShape, seed: number) {
  const { call } = convCase(createDice(randomFrom(seed)), shape);
  const own = [convGroupsDsp, convFineGroupsDsp].map((variant) => variant.adapt(call));
  return { call, own: own.find((one) => typeof one !== 'string') ?? null, refusals: own };
}

const values = (field: unknown): readonly number[] => Array.from((field as ConstantArray).values);

describe('the words of a convolution in groups', () => {
  it('are the streams of its groups, one behind the other', () => {
    let compared = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const groups = 2 + (seed % 3);
      const { call, own } = adapted({ groups, outChannels: 1 + (seed % 9) }, seed);
      if (own === null) continue;
      const [count, words, ...streams] = values(own.fields.weights);
      expect(count).toBe(groups);
      expect(streams.length).toBe(groups * (words as number));
      expect(channelGroups({ ...call, ...own })).toBe(groups);
      // Each is what the kernel without groups is given for the channels of the group alone.
      const part = (name: string, group: number): ConstantArray => {
        const all = call.fields[name] as ConstantArray;
        const size = all.values.length / groups;
        return { type: all.type, values: Int32Array.from(all.values).slice(group * size, (group + 1) * size) };
      };
      for (let group = 0; group < groups; group += 1) {
        const arrays = ['weights', 'bias', 'multipliers'].map((name) => [name, part(name, group)]);
        const channels = { in_channels: own.fields.in_channels, out_channels: own.fields.out_channels, groups: 1 };
        const one = { ...call, fields: { ...call.fields, ...channels, ...Object.fromEntries(arrays) } };
        const alone = [convDsp, convFineDsp].map((variant) => variant.adapt(one)).find((a) => typeof a !== 'string');
        if (alone === undefined || alone.fields.packed_channels !== own.fields.packed_channels) continue;
        const from = group * (words as number);
        expect(streams.slice(from, from + (words as number))).toEqual(values(alone.fields.weights));
        expect({ ...own.fields, weights: null }).toEqual({ ...alone.fields, weights: null });
        expect(own.scratchBytes).toBe(alone.scratchBytes);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(40);
  });

  it('pack as many channels by fours in all groups as in the one with the fewest', () => {
    const pairs = tapPairs(4, 4);
    const weights = new Int8Array(3 * 8 * 4);
    const sums = { weights, bias: Int32Array.from({ length: 24 }, (_, o) => o), multipliers: new Int32Array(24) };
    expect(packGroups(sums, pairs, 3).packedChannels).toBe(8);
    // The fifth channel of the second group and the sixth, whose weights do not fit a half word together.
    weights[(8 + 4) * 4] = -1;
    weights[(8 + 5) * 4] = -128;
    const { streams, packedChannels } = packGroups(sums, pairs, 3);
    expect(packedChannels).toBe(4);
    expect(new Set(streams.map(({ length }) => length)).size).toBe(1);
    const first = { weights: weights.slice(0, 32), bias: sums.bias.slice(0, 8), multipliers: new Int32Array(8) };
    expect(streams[0]).toEqual(packSums(first, pairs, 4).words);
  });

  it('take a byte a weight, and four a bias and a multiplier', () => {
    const { own } = adapted(
      { groups: 4, inChannels: 8, outChannels: 8, kernelHeight: 3, kernelWidth: 3, leastWeight: -127 },
      5,
    );
    expect(values(own?.fields.weights).length * 4).toBe(8 + 32 * (72 + 4 + 4));
  });

  it('are not made of one group, nor for more rows than there are pointers for', () => {
    expect(adapted({ groups: 1 }, 1).refusals).toEqual(['one group', 'one group']);
    expect(adapted({ groups: 2, kernelHeight: 17 }, 1).refusals).toEqual(
      Array.from({ length: 2 }, () => 'a kernel of more than 16 rows'),
    );
    const rows = /tsr_conv_dsp_group_rows = (\d+)/.exec(runtimeFile('conv/tsr_conv__dsp_groups.h'))?.[1];
    expect(rows).toBe('16');
  });
});

it('a model with groups alone has the kernel that they call among its files', () => {
  const weights = floatTensor(
    'w',
    [8, 4, 3, 3],
    Array.from({ length: 288 }, (_, i) => (i % 7) - 3),
  );
  const model = makeModel({
    inputs: [valueInfo('x', [1, 8, 6, 6])],
    outputs: [valueInfo('y', [1, 8, 4, 4])],
    initializers: [weights],
    nodes: [node('Conv', ['x', 'w'], ['y'], [integers('kernel_shape', [3, 3]), integer('group', 2)])],
  });
  const { plan } = compileModel(model, { calibrate: 'random', target: 'nucleo-l4r5zi' });
  const files = kernelFiles(plan).filter((path) => path.endsWith('.c'));
  const [kernel, groups] = files;
  expect(files.length).toBe(2);
  expect(groups).toBe(kernel?.replace('.c', '_groups.c'));
});
