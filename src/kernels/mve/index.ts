import type { KernelVariant } from '../define.ts';

/** The kernels for mve, the best first. */
export const mveKernels: readonly KernelVariant[] = [];
