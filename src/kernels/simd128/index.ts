import type { KernelVariant } from '../define.ts';

/** The kernels for simd128, the best first. */
export const simd128Kernels: readonly KernelVariant[] = [];
