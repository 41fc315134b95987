import { describe, expect, test } from 'vitest';
import type { KernelVariant } from '../../src/kernels/define.ts';
import { addDsp, meanDsp, mulDsp } from '../../src/kernels/dsp/elementwise.ts';
import { addCase, meanCase, mulCase } from './elementwise-cases.ts';
import { type CaseMaker, compareKernels } from './support.ts';

const comparisons: readonly { readonly variant: KernelVariant; readonly make: CaseMaker }[] = [
  { variant: addDsp, make: addCase },
  { variant: mulDsp, make: mulCase },
  { variant: meanDsp, make: meanCase },
];

describe('Arm DSP kernels of one and two operands give the bytes of the portable ones', () => {
  test.for(comparisons)('$variant.symbol', { timeout: 600_000 }, async ({ variant, make }) => {
    expect(await compareKernels(variant, make)).toEqual([]);
  });
});
