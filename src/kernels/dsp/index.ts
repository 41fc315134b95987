import type { KernelVariant } from '../define.ts';
import { convDsp } from './conv.ts';

/** The kernels for dsp, the best first. */
export const dspKernels: readonly KernelVariant[] = [convDsp];
