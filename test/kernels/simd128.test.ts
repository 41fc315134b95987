import { describe, expect, test } from 'vitest';
import type { KernelVariant } from '../../src/kernels/define.ts';
import { conv } from '../../src/kernels/simd128/conv.ts';
import { packPairs, unpackPairs } from '../../src/kernels/simd128/pack.ts';
import { createDice, randomFrom } from '../support/random.ts';
import { randomBytes } from './cases.ts';
import { convCase } from './conv-cases.ts';
import { type CaseMaker, casesPerKernel, compareKernels } from './support.ts';

const comparisons: readonly { readonly variant: KernelVariant; readonly make: CaseMaker }[] = [
  { variant: conv, make: (dice) => convCase(dice) },
];

describe('SIMD kernels give the bytes of the portable ones', () => {
  test.for(comparisons)('$variant.symbol', { timeout: 600_000 }, async ({ variant, make }) => {
    expect(await compareKernels(variant, make, { count: casesPerKernel })).toEqual([]);
  });
});

test('packed weights are the weights', () => {
  const dice = createDice(randomFrom(1));
  for (let i = 0; i < 50; i += 1) {
    const [outputs, inputs] = [dice.integer(1, 40), dice.integer(1, 40)];
    const weights = randomBytes(dice, outputs * inputs);
    expect(unpackPairs(packPairs(weights, outputs, inputs), outputs, inputs)).toEqual(weights);
  }
});
