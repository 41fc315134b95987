import { describe, expect, test } from 'vitest';
import type { KernelVariant } from '../../src/kernels/define.ts';
import { conv } from '../../src/kernels/simd128/conv.ts';
import { depthwise, packTaps, unpackTaps } from '../../src/kernels/simd128/depthwise.ts';
import { elementwise } from '../../src/kernels/simd128/elementwise.ts';
import { matmul } from '../../src/kernels/simd128/matmul.ts';
import { packPairs, unpackPairs } from '../../src/kernels/simd128/pack.ts';
import { winograd } from '../../src/kernels/simd128/winograd.ts';
import { createDice, type Dice, randomFrom } from '../support/random.ts';
import { randomBytes, type WindowShape } from './cases.ts';
import { type ConvShape, convCase } from './conv-cases.ts';
import { addCase, meanCase, mulCase } from './elementwise-cases.ts';
import { matmulCase } from './matmul-cases.ts';
import { lookupCase, maxPoolCase } from './mve-cases.ts';
import { averagePoolCase, softmaxCase } from './pool-cases.ts';
import { depthwiseCase, randomWindow } from './simd128-cases.ts';
import { type CaseMaker, casesPerKernel, compareKernels } from './support.ts';

/** Who makes cases for kernels that take any portable call. */
const makers: Readonly<Record<string, CaseMaker>> = {
  tsr_add_s8s8__portable: addCase,
  tsr_mul_s8s8__portable: mulCase,
  tsr_mean_s8__portable: meanCase,
  tsr_max_pool_s8__portable: maxPoolCase,
  tsr_average_pool_s8__portable: averagePoolCase,
  tsr_lookup_s8__portable: lookupCase,
  tsr_softmax_s8__portable: softmaxCase,
};

const comparisons: readonly { readonly variant: KernelVariant; readonly make: CaseMaker }[] = [
  { variant: winograd, make: (dice) => convCase(dice, winogradShape(dice)) },
  ...conv.map((variant) => ({
    variant,
    make: (dice: Dice) => (variant.symbol.endsWith('deep') ? convCase(dice, deepShape(dice)) : convCase(dice)),
  })),
  ...depthwise.map((variant) => ({ variant, make: (dice: Dice) => depthwiseCase(dice, windowFor(variant, dice)) })),
  ...elementwise.map((variant) => ({ variant, make: makerFor(variant) })),
  { variant: matmul, make: matmulCase },
];

/** What a depthwise kernel is made for: its name says it. */
function windowFor({ symbol }: KernelVariant, dice: Dice): WindowShape {
  const size = Number(/_(\d)x/.exec(symbol)?.[1] ?? 0);
  if (size === 0) return randomWindow(dice);
  const height = dice.chance(0.7) ? size : dice.integer(1, size);
  return { height, width: size, stride: symbol.endsWith('stride2') ? 2 : 1, dilation: 1 };
}

/** Convolutions with kernels 3 wide of many channels. */
function winogradShape(dice: Dice): ConvShape {
  return {
    kernelHeight: dice.integer(1, 4),
    kernelWidth: 3,
    stride: 1,
    dilation: 1,
    groups: 1,
    inChannels: 8 * dice.integer(1, 8),
    outChannels: dice.integer(8, 30),
  };
}

/** Convolutions of more inputs than are widened at a time. */
function deepShape(dice: Dice): ConvShape {
  const kernel = dice.pick([1, 1, 3]);
  return {
    kernelHeight: kernel,
    kernelWidth: kernel,
    inChannels: kernel === 1 ? dice.integer(1000, 2100) : dice.integer(100, 250),
    outChannels: dice.integer(8, 10),
    outWidth: dice.integer(1, 6),
  };
}

function makerFor({ replaces }: KernelVariant): CaseMaker {
  const maker = makers[replaces];
  if (maker === undefined) throw new Error(`nobody makes cases for ${replaces}`);
  return maker;
}

describe('SIMD kernels give the bytes of the portable ones', () => {
  test.for(comparisons)('$variant.symbol', { timeout: 600_000 }, async ({ variant, make }) => {
    expect(await compareKernels(variant, make, { count: casesPerKernel })).toEqual([]);
  });
});

test('packed weights are the weights', () => {
  const dice = createDice(randomFrom(1));
  for (let i = 0; i < 50; i += 1) {
    const [outputs, inputs] = [dice.integer(8, 40), dice.integer(1, 40)];
    const weights = randomBytes(dice, outputs * inputs);
    expect(unpackPairs(packPairs(weights, outputs, inputs), outputs, inputs)).toEqual(weights);
    const size = { height: dice.integer(1, 7), width: dice.integer(1, 7) };
    const channels = dice.integer(4, 40);
    const taps = randomBytes(dice, size.height * size.width * channels);
    expect(unpackTaps(packTaps(taps, channels, size), channels, size)).toEqual(taps);
  }
});
