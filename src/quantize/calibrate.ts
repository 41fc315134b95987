import { modelError } from '../errors.ts';
import type { Graph, Value } from '../graph/types.ts';
import { evaluateGraph } from '../ops/evaluate.ts';
import type { Range } from './assign.ts';
import { createHistogram, type Histogram } from './histogram.ts';

/**
 * How a tensor's range follows from the values it takes: all of them; all but the outermost 0.01 % at each end; or the
 * range with the least mean squared error of its int8 steps.
 */
export const rangeMethods = ['min-max', 'percentile', 'mse'] as const;
export type RangeMethod = (typeof rangeMethods)[number];

/** Part of the values that the percentile method leaves out at each end. */
const outliers = 1e-4;

/**
 * Runs a float graph on samples and gives the range of every activation, by tensor name.
 * @param samples the values of the graph's inputs, by tensor name, laid out as the graph has them
 * @throws TesseraError (exit 3) where there is no sample
 */
export function calibrate(
  graph: Graph,
  samples: Iterable<ReadonlyMap<string, Value>>,
  method: RangeMethod,
): ReadonlyMap<string, Range> {
  const histograms = new Map<string, Histogram>();
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
      },
    });
  }
  if (count === 0) throw modelError(`${graph.name}: no calibration samples`);
  const pick = (histogram: Histogram): Range =>
    method === 'min-max' ? histogram.extent() : method === 'percentile' ? histogram.percentile(outliers) : histogram.leastError();
  return new Map([...histograms].map(([tensor, histogram]) => [tensor, pick(histogram)]));
}
