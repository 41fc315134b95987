import type { WorkName } from './work.ts';

/** Instructions a unit of work; a name that is left out costs nothing. */
export type WorkCosts = Readonly<Partial<Record<WorkName, number>>>;

/** What a kernel that was never measured is taken to cost. */
export const otherKernels: WorkCosts = { calls: 100, macs: 1 };

/** Kernels that were measured, by symbol. Written by `npm run fit:cost`. */
export const instructionTable: Readonly<Record<string, WorkCosts>> = {
  tsr_add_s8s8__portable: { calls: 411.2, outputs: 26.74, inputs: 1.06e-14 },
  tsr_conv_s8s8__dsp: {
    calls: 272.9,
    outputs: 7.319,
    inputs: 0.8657,
    macs: 0.8302,
    weights: 0.2249,
    restWeights: 0.04793,
    stageCalls: 3538,
    stageRows: 6.438e-14,
  },
  tsr_conv_s8s8__mve: { calls: 284.7, outputs: 20.83, macs: 0.1011, weights: 0.167, stageRows: 681.1 },
  tsr_conv_s8s8__portable: {
    calls: 309.1,
    outputs: 69.02,
    macs: 4.676,
    weights: 6.668,
    restWeights: 0.3597,
    stageBytes: 30.03,
  },
  tsr_depthwise_s8s8__portable: { pixels: 47.3, outputs: 33.17, inputs: 1.297, macs: 3.086, weights: 23.27 },
  tsr_max_pool_s8__portable: {
    calls: 108.3,
    pixels: 125.6,
    outputs: 55.96,
    inputs: 1.096e-14,
    stageCalls: 13.5,
    stageRows: 2.049e-15,
  },
  tsr_mean_s8__portable: { calls: 194, outputs: 10.25, inputs: 2.539e-15 },
  tsr_softmax_s8__portable: { calls: 32.14, pixels: 4.309e-14, quads: 5.521e-15, outputs: 113.2, inputs: 1.177e-15 },
};
