import type { KernelVariant } from '../define.ts';

/** The kernels for dsp, the best first. */
export const dspKernels: readonly KernelVariant[] = [];
