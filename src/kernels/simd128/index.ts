import type { KernelVariant } from '../define.ts';
import { conv } from './conv.ts';

/** The kernels for simd128, the best first. */
export const simd128Kernels: readonly KernelVariant[] = [conv];
