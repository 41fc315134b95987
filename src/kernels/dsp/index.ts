import type { KernelVariant } from '../define.ts';
import { convDsp } from './conv.ts';
import { depthwise3x3Dsp, depthwise3x3ScaledDsp, depthwise3x3Stride2Dsp, depthwiseDsp } from './depthwise.ts';
import { addDsp, meanDsp, mulDsp } from './elementwise.ts';

/** The kernels for dsp, the best first. */
export const dspKernels: readonly KernelVariant[] = [
  convDsp,
  depthwise3x3Dsp,
  depthwise3x3ScaledDsp,
  depthwise3x3Stride2Dsp,
  depthwiseDsp,
  addDsp,
  mulDsp,
  meanDsp,
];
