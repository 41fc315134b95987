import { describe, expect, it } from 'vitest';
import { hasQemu } from '../../scripts/bench/qemu.mjs';
import type { KernelVariant } from '../../src/kernels/define.ts';
import { convMve } from '../../src/kernels/mve/conv.ts';
import { depthwiseMve, depthwiseMve3x3 } from '../../src/kernels/mve/depthwise.ts';
import { addMve, lookupMve, maxPoolMve, meanMve, mulMve } from '../../src/kernels/mve/elementwise.ts';
import { mveKernels } from '../../src/kernels/mve/index.ts';
import { convCase } from './conv-cases.ts';
import { addCase, meanCase, mulCase } from './elementwise-cases.ts';
import { lookupCase, maxPoolCase } from './mve-cases.ts';
import { compareOnQemu } from './qemu.ts';
import { depthwiseCase } from './simd128-cases.ts';
import { type CaseMaker, compareKernels } from './support.ts';

interface Comparison {
  readonly what: string;
  readonly variant: KernelVariant;
  readonly make: CaseMaker;
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
  { what: 'dense layer', variant: convMve, make: (dice) => convCase(dice, { outWidth: 1, groups: 1 }) },
  {
    what: 'depthwise 3 x 3',
    variant: depthwiseMve3x3,
    make: (dice) => depthwiseCase(dice, { height: 3, width: 3, stride: dice.integer(1, 3), dilation: 1 }),
  },
  { what: 'depthwise', variant: depthwiseMve, make: (dice) => depthwiseCase(dice) },
  { what: 'sum', variant: addMve, make: addCase },
  { what: 'product', variant: mulMve, make: mulCase },
  { what: 'mean', variant: meanMve, make: meanCase },
  { what: 'look-up', variant: lookupMve, make: lookupCase },
  { what: 'largest value', variant: maxPoolMve, make: maxPoolCase },
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
      new Set(mveKernels.map(({ symbol }) => symbol)),
    );
  });
});
