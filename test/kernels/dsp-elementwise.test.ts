import { describe, expect, test } from 'vitest';
import type { KernelVariant } from '../../src/kernels/define.ts';
import { addDsp, meanDsp, minmaxDsp, mulDsp } from '../../src/kernels/dsp/elementwise.ts';
import { averagePoolDsp, lookupDsp, maxPoolDsp, softmaxDsp } from '../../src/kernels/dsp/pool.ts';
import { addCase, meanCase, minmaxCase, mulCase } from './elementwise-cases.ts';
import { lookupCase, maxPoolCase } from './mve-cases.ts';
import { averagePoolCase, softmaxCase } from './pool-cases.ts';
import { compareOnQemu } from './qemu.ts';
import { type CaseMaker, compareKernels } from './support.ts';

const comparisons: readonly { readonly variant: KernelVariant; readonly make: CaseMaker }[] = [
  { variant: addDsp, make: addCase },
  { variant: mulDsp, make: mulCase },
  { variant: minmaxDsp, make: minmaxCase },
  { variant: meanDsp, make: meanCase },
  { variant: lookupDsp, make: lookupCase },
  { variant: maxPoolDsp, make: maxPoolCase },
  { variant: averagePoolDsp, make: averagePoolCase },
  { variant: softmaxDsp, make: softmaxCase },
];

describe('Arm DSP kernels for pooling and of one and two operands give the bytes of the portable ones', () => {
  test.for(comparisons)('$variant.symbol', { timeout: 600_000 }, async ({ variant, make }) => {
    expect(await compareKernels(variant, make)).toEqual([]);
  });
});

describe('the same on a Cortex-M4 in QEMU, with the real instructions', () => {
  test.for(comparisons)('$variant.symbol', { timeout: 120_000 }, async ({ variant, make }) => {
    expect(await compareOnQemu('cortex-m4', variant, make)).toEqual([]);
  });
});
