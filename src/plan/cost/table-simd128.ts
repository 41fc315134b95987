import type { WorkCosts } from './work.ts';

/**
 * Kernels for WebAssembly SIMD, measured in V8 on an x86 machine (`npm run bench:speed` and shapes of one kernel): not in
 * instructions but in sixtieths of a nanosecond, which is what an instruction of a portable kernel takes there. Rounded by
 * hand, not fitted: they keep the planner from segments that cost more than they save.
 */
const dense: WorkCosts = {
  calls: 700,
  outputs: 21,
  inputs: 3,
  macs: 1.55,
  pairWeights: 1.15,
  lastWeights: 1.15,
  stageCalls: 1600,
  stageBytes: 6,
};
const depthwise: WorkCosts = {
  calls: 700,
  pixels: 250,
  quads: 700,
  outputs: 16,
  taps: 3.4,
  stageCalls: 1600,
  stageBytes: 6,
};

/** Three products for six: a group of 4 outputs costs the same where fewer are wanted. */
const winograd: WorkCosts = {
  calls: 1200,
  quads: 600,
  outputs: 25,
  inputs: 4,
  macs: 0.2,
  weights: 2.6,
  pairWeights: 3.4,
  lastWeights: 3.4,
  stageCalls: 1600,
  stageBytes: 6,
};

const stage: WorkCosts = { calls: 700, stageCalls: 1600, stageBytes: 6 };

export const simd128Table: Readonly<Record<string, WorkCosts>> = {
  tsr_add_s8s8__simd128: { ...stage, outputs: 16 },
  tsr_average_pool_s8__simd128: { ...stage, outputs: 100 },
  tsr_lookup_s8__simd128: { ...stage, outputs: 20 },
  tsr_max_pool_s8__simd128: { ...stage, outputs: 42 },
  tsr_mean_s8__simd128: { ...stage, inputs: 4 },
  tsr_mul_s8s8__simd128: { ...stage, outputs: 44 },
  tsr_softmax_s8__simd128: { ...stage, pixels: 420, outputs: 55 },
  tsr_conv_s8s8__simd128: dense,
  tsr_conv_s8s8__simd128_deep: { ...dense, macs: 1.7 },
  tsr_conv_s8s8__simd128_winograd: winograd,
  tsr_depthwise_s8s8__simd128: { ...depthwise, taps: 7 },
  tsr_depthwise_s8s8__simd128_3x3: depthwise,
  tsr_depthwise_s8s8__simd128_3x3_stride2: depthwise,
  tsr_depthwise_s8s8__simd128_5x5: depthwise,
  tsr_depthwise_s8s8__simd128_5x5_stride2: depthwise,
  tsr_depthwise_s8s8__simd128_7x7: depthwise,
  tsr_depthwise_s8s8__simd128_7x7_stride2: depthwise,
};
