import type { KernelCall } from '../../ops/define.ts';
import type { Placed } from '../joined.ts';
import type { Layer } from '../types.ts';
import { countColumnsMve, countNarrowMve, countPixelsMve } from './work-columns-mve.ts';
import { countConvDsp, countConvDspLean, countConvDspParts } from './work-conv-dsp.ts';
import { countConvGroupsDsp } from './work-conv-groups-dsp.ts';
import {
  count3x3Dsp,
  count3x3PlanarDsp,
  count3x3ScaledDsp,
  count3x3Stride2Dsp,
  count3x3Stride2PlanarDsp,
  countDepthwiseDsp,
  countStripDsp,
} from './work-depthwise-dsp.ts';
import {
  countAveragePoolMve,
  countBinaryDsp,
  countBinaryMve,
  countLookupDsp,
  countLookupMve,
  countMaxPoolMve,
  countMeanMve,
  countMeanOfFour,
  countMeanPortable,
  countMinmaxDsp,
  countPoolDsp,
  countPoolPortable,
  countSoftmax,
  countSoftmaxMve,
} from './work-elementwise.ts';
import { countGeneral } from './work-general.ts';
import { count3x3Mve, count3x3TwoMve, countConvMve, countDepthwiseMve } from './work-mve.ts';
import { countConvPortable, countDepthwisePortable } from './work-portable.ts';
import { type Counter, callShapes } from './work-shapes.ts';
import { countStage } from './work-stage.ts';

/**
 * What kernels do, as their C says: how often each goes through its loops. The instructions of a kernel are a sum of
 * these counts, each times a number that belongs to the kernel (cost-table.ts).
 */
const counters: Readonly<Record<string, Counter>> = {
  tsr_conv_s8s8__dsp: countConvDsp,
  tsr_conv_s8s8__dsp_fine: countConvDsp,
  tsr_conv_s8s8__dsp_groups: countConvGroupsDsp,
  tsr_conv_s8s8__dsp_fine_groups: countConvGroupsDsp,
  tsr_conv_s8s8__dsp_parts: countConvDspParts,
  tsr_conv_s8s8__dsp_fine_parts: countConvDspParts,
  tsr_conv_s8s8__dsp_lean: countConvDspLean,
  tsr_conv_s8s8__dsp_fine_lean: countConvDspLean,
  tsr_depthwise_s8s8__dsp_3x3: count3x3Dsp,
  tsr_depthwise_s8s8__dsp_3x3_scaled: count3x3ScaledDsp,
  tsr_depthwise_s8s8__dsp_3x3_stride2: count3x3Stride2Dsp,
  tsr_depthwise_s8s8__dsp_3x3_planar: count3x3PlanarDsp,
  tsr_depthwise_s8s8__dsp_3x3_stride2_planar: count3x3Stride2PlanarDsp,
  tsr_depthwise_s8s8__dsp_5x5: countStripDsp({ kernel: 5, stride: 1, most: 20 }),
  tsr_depthwise_s8s8__dsp_7x7_stride2: countStripDsp({ kernel: 7, stride: 2, most: 10 }),
  tsr_depthwise_s8s8__dsp: countDepthwiseDsp,
  tsr_add_s8s8__dsp: countBinaryDsp,
  tsr_mul_s8s8__dsp: countBinaryDsp,
  tsr_minmax_s8s8__dsp: countMinmaxDsp,
  tsr_lookup_s8__dsp: countLookupDsp,
  tsr_max_pool_s8__dsp: countPoolDsp,
  tsr_average_pool_s8__dsp: countPoolDsp,
  tsr_mean_s8__dsp: countMeanOfFour,
  tsr_softmax_s8__dsp: countSoftmax,
  tsr_add_s8s8__mve: countBinaryMve,
  tsr_mul_s8s8__mve: countBinaryMve,
  tsr_lookup_s8__mve: countLookupMve,
  tsr_conv_s8s8__mve: countConvMve,
  tsr_conv_s8s8__mve_columns: countColumnsMve,
  tsr_conv_s8s8__mve_narrow: countNarrowMve,
  tsr_conv_s8s8__mve_pixels: countPixelsMve,
  tsr_depthwise_s8s8__mve_3x3: count3x3Mve,
  tsr_depthwise_s8s8__mve_3x3_two: count3x3TwoMve,
  tsr_depthwise_s8s8__mve: countDepthwiseMve,
  tsr_max_pool_s8__mve: countMaxPoolMve,
  tsr_average_pool_s8__mve: countAveragePoolMve,
  tsr_mean_s8__mve: countMeanMve,
  tsr_softmax_s8__mve: countSoftmaxMve,
  tsr_conv_s8s8__portable: countConvPortable,
  tsr_depthwise_s8s8__portable: countDepthwisePortable,
  tsr_max_pool_s8__portable: countPoolPortable,
  tsr_average_pool_s8__portable: countPoolPortable,
  tsr_mean_s8__portable: countMeanPortable,
  tsr_softmax_s8__portable: countSoftmax,
};

/** How often something is done, by what it is called. */
export type Work = ReadonlyMap<string, number>;

/** What a unit of work costs; a name that is left out costs nothing. */
export type WorkCosts = Readonly<Record<string, number>>;

/**
 * How often a layer calls a kernel in one inference, computed whole (null) or in segments of so many columns. `placed`:
 * how tensors lie, where that is decided.
 */
export function callCount(layer: Layer, call: KernelCall, segment: number | null, placed: Placed | null): number {
  return callShapes(layer, call, segment, placed).reduce((sum, { count }) => sum + count, 0);
}

/** The work of one kernel of a layer over one inference; what it does not do is left out. */
export function kernelWork(layer: Layer, call: KernelCall, segment: number | null, placed: Placed | null): Work {
  const counter = counters[call.symbol];
  const work = new Map<string, number>();
  for (const shape of callShapes(layer, call, segment, placed)) {
    const tally = (name: string, count: number): void => {
      if (count !== 0) work.set(name, (work.get(name) ?? 0) + shape.count * count);
    };
    if (counter === undefined) countGeneral(tally, layer, call, shape);
    else counter(tally, call, shape);
  }
  return work;
}

/** What a stage does besides for one kernel of a layer, in segments of so many columns. */
export function stageWork(layer: Layer, call: KernelCall, segment: number, placed: Placed | null): Work {
  const work = new Map<string, number>();
  const tally = (name: string, count: number): void => {
    work.set(name, (work.get(name) ?? 0) + count);
  };
  countStage(tally, layer, call, segment, placed);
  return work;
}
