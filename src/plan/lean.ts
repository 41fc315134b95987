import { accumulates, scratchBytes } from './demand.ts';
import { leanLayer } from './lower.ts';
import type { Layer } from './types.ts';

/**
 * The kernels of a step's layers: `fast`: the fastest of each; `lean`: those that need less scratch, for the layers that
 * would need more than the step does with all of them so.
 */
export type Kernels = 'fast' | 'lean';

/** What a layer costs with both of its kernels. */
export interface Price {
  readonly scratch: number;
  readonly time: number;
  readonly leanScratch: number;
  readonly leanTime: number;
}

/** The price of a layer in segments of so many columns, or whole (null). `timeOf`: what a layer takes. */
export function priceOf(
  layer: Layer,
  segment: number | null,
  timeOf: (layer: Layer, segment: number | null, kernels: Kernels) => number,
): Price {
  const scratch = scratchBytes(layer, segment);
  const time = timeOf(layer, segment, 'fast');
  const lean = leanLayer(layer);
  const leanScratch = lean === layer ? scratch : scratchBytes(lean, segment);
  if (leanScratch >= scratch) return { scratch, time, leanScratch: scratch, leanTime: time };
  return { scratch, time, leanScratch, leanTime: timeOf(lean, segment, 'lean') };
}

/** The scratch of a step. */
export interface Scratch {
  /** Of accumulators: each has its own. */
  readonly own: number;
  /** What all others take in turn, with fast kernels and with lean ones. */
  readonly shared: number;
  readonly leanShared: number;
}

export function scratchTogether(members: readonly Layer[], prices: readonly Price[]): Scratch {
  let [own, shared, leanShared] = [0, 0, 0];
  prices.forEach(({ scratch, leanScratch }, index) => {
    if (accumulates(members[index] as Layer)) own += scratch;
    else [shared, leanShared] = [Math.max(shared, scratch), Math.max(leanShared, leanScratch)];
  });
  return { own, shared, leanShared };
}

/** The time of a step's layers where they share so much scratch: those that would need more are lean. */
export function timeTogether(prices: readonly Price[], shared: number): number {
  return prices.reduce((sum, { scratch, time, leanTime }) => sum + (scratch > shared ? leanTime : time), 0);
}

/** The layers of a step with lean kernels that take them. */
export function leanMembers(members: readonly Layer[], prices: readonly Price[]): readonly Layer[] {
  const { leanShared } = scratchTogether(members, prices);
  return members.filter((layer, index) => !accumulates(layer) && (prices[index] as Price).scratch > leanShared);
}
