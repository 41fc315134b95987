import type { KernelVariant } from '../define.ts';
import { convDsp, convFineDsp } from './conv.ts';
import { convFineGroupsDsp, convGroupsDsp } from './conv-groups.ts';
import { depthwise3x3Dsp, depthwise3x3ScaledDsp, depthwise3x3Stride2Dsp, depthwiseDsp } from './depthwise.ts';
import { depthwise5x5Dsp, depthwise7x7Stride2Dsp } from './depthwise-strip.ts';
import { addDsp, meanDsp, minmaxDsp, mulDsp } from './elementwise.ts';
import { averagePoolDsp, lookupDsp, maxPoolDsp, softmaxDsp } from './pool.ts';

/** The kernels for dsp, the best first. */
export const dspKernels: readonly KernelVariant[] = [
  convDsp,
  convFineDsp,
  convGroupsDsp,
  convFineGroupsDsp,
  depthwise3x3Dsp,
  depthwise3x3ScaledDsp,
  depthwise3x3Stride2Dsp,
  depthwise5x5Dsp,
  depthwise7x7Stride2Dsp,
  depthwiseDsp,
  addDsp,
  mulDsp,
  minmaxDsp,
  meanDsp,
  maxPoolDsp,
  averagePoolDsp,
  lookupDsp,
  softmaxDsp,
];
