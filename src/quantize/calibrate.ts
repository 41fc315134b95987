import { modelError } from '../errors.ts';
import type { Graph, Value } from '../graph/types.ts';
import type { Clamp } from '../ops/define.ts';
import { evaluateGraph } from '../ops/evaluate.ts';
import type { Range } from './assign.ts';
import { createGrid } from './grid.ts';
import { createHistogram, type Histogram } from './histogram.ts';

/**
 * How a tensor's range follows from the values it takes: all of them; all but the outermost 0.001 % at each end, where
 * fewer than 100,000 values let only guess at these; or the range with the least mean squared error of its int8 steps.
 */
export const rangeMethods = ['min-max', 'percentile', 'mse'] as const;
export type RangeMethod = (typeof rangeMethods)[number];

/** Part of the values that the percentile method leaves out at each end. */
const outliers = 1e-5;

/**
 * Runs a float graph on samples and gives the range and the channel means of every activation, by tensor name. An
 * input whose values lie on a grid of up to 256 levels keeps it, whatever the method: int8 loses nothing of it.
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
  const grids = new Map(graph.inputs.map((port) => [port.tensor, createGrid()]));
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
        grids.get(tensor)?.add(value.data);
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
  const clamps = clampsOf(graph);
  return new Map(
    [...histograms].map(([tensor, histogram]) => {
      const channelMeans = sums.get(tensor)?.map((sum) => sum / count) as Float64Array;
      const range = grids.get(tensor)?.range() ?? within(pick(histogram), clamps.get(tensor));
      return [tensor, { ...range, channelMeans }];
    }),
  );
}

/** The clamp of each tensor that its operator clamps. */
function clampsOf(graph: Graph): ReadonlyMap<string, Clamp | undefined> {
  return new Map(graph.nodes.map((node) => [node.output, (node.attributes as { readonly clamp?: Clamp }).clamp]));
}

/** What a tensor can take of a range that was guessed. */
function within(range: Range, clamp: Clamp | undefined): Range {
  const [least, most] = [clamp?.min ?? Number.NEGATIVE_INFINITY, clamp?.max ?? Number.POSITIVE_INFINITY];
  return { min: Math.max(least, Math.min(most, range.min)), max: Math.max(least, Math.min(most, range.max)) };
}
