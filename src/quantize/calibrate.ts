import { modelError } from '../errors.ts';
import type { Graph, Value } from '../graph/types.ts';
import { evaluateGraph } from '../ops/evaluate.ts';
import type { Range } from './assign.ts';
import { createHistogram, type Histogram } from './histogram.ts';

/**
 * How a tensor's range follows from the values it takes: all of them; all but the outermost 0.001 % at each end; or the
 * range with the least mean squared error of its int8 steps.
 */
export const rangeMethods = ['min-max', 'percentile', 'mse'] as const;
export type RangeMethod = (typeof rangeMethods)[number];

/** Part of the values that the percentile method leaves out at each end. */
const outliers = 1e-5;

/**
 * Runs a float graph on samples and gives the range and the channel means of every activation, by tensor name.
 * @param samples the values of the graph's inputs, by tensor name, laid out as the graph has them
 * @throws TesseraError (exit 3) where there is no sample
 */
export function calibrate(
  graph: Graph,
  samples: Iterable<ReadonlyMap<string, Value>>,
  method: RangeMethod,
): ReadonlyMap<string, Range> {
  const histograms = new Map<string, Histogram>();
  const sums = new Map<string, Float64Array>();
  let count = 0;
  for (const sample of samples) {
    count += 1;
    evaluateGraph(graph, sample, {
      keep: 'outputs',
      visit(tensor, value) {
        if (!(value.data instanceof Float32Array)) return;
        const histogram = histograms.get(tensor) ?? createHistogram();
        histograms.set(tensor, histogram);
        histogram.add(value.data);
        const channels = value.shape.at(-1) ?? 1;
        const sum = sums.get(tensor) ?? new Float64Array(channels);
        sums.set(tensor, sum);
        const share = channels / value.data.length;
        for (let i = 0; i < value.data.length; i += 1) {
          sum[i % channels] = (sum[i % channels] as number) + (value.data[i] as number) * share;
        }
      },
    });
  }
  if (count === 0) throw modelError(`${graph.name}: no calibration samples`);
  const pick = (histogram: Histogram): Range =>
    method === 'min-max'
      ? histogram.extent()
      : method === 'percentile'
        ? histogram.percentile(outliers)
        : histogram.leastError();
  return new Map(
    [...histograms].map(([tensor, histogram]) => {
      const channelMeans = sums.get(tensor)?.map((sum) => sum / count) as Float64Array;
      return [tensor, { ...pick(histogram), channelMeans }];
    }),
  );
}
