import { accumulates, scratchBytes } from './demand.ts';
import { leanLayers } from './lower.ts';
import type { Layer } from './types.ts';

/** A layer with one of its kernels: the scratch and the time that it takes. */
export interface Price {
  readonly layer: Layer;
  readonly scratch: number;
  readonly time: number;
}

/**
 * The prices of a layer in segments of so many columns, or whole (null): with its fastest kernels, then with those of
 * less and less scratch. `timeOf`: what a layer takes.
 */
export function pricesOf(
  layer: Layer,
  segment: number | null,
  timeOf: (layer: Layer, segment: number | null) => number,
): readonly Price[] {
  const prices: Price[] = [{ layer, scratch: scratchBytes(layer, segment), time: timeOf(layer, segment) }];
  for (const lean of leanLayers(layer)) {
    const before = prices.at(-1) as Price;
    const scratch = scratchBytes(lean, segment);
    // Where it is as fast it still is one more kernel in flash: not to be taken but for its scratch.
    if (scratch < before.scratch)
      prices.push({ layer: lean, scratch, time: Math.max(before.time + 1, timeOf(lean, segment)) });
  }
  return prices;
}

/** The fastest kernels of a layer that take no more scratch than a limit, or else those that take the least. */
export function priceWithin(prices: readonly Price[], limit: number): Price {
  return prices.find(({ scratch }) => scratch <= limit) ?? (prices.at(-1) as Price);
}

/** What the layers of a step take together. */
export interface Together {
  /** Scratch of accumulators: each has its own. */
  readonly own: number;
  /** The scratch that all others take in turn. */
  readonly shared: number;
  readonly time: number;
}

/** @param limit the scratch of each, where that can be */
export function together(layers: readonly (readonly Price[])[], limit: number): Together {
  let [own, shared, time] = [0, 0, 0];
  for (const prices of layers) {
    const price = priceWithin(prices, limit);
    time += price.time;
    if (accumulates(price.layer)) own += price.scratch;
    else shared = Math.max(shared, price.scratch);
  }
  return { own, shared, time };
}

/** Limits of scratch that are tried for a stage, at most, beside none. */
const mostLimits = 9;

/** Limits of scratch that make a difference to a step, the mildest first; infinite first, and then the least at the end. */
export function scratchLimits(layers: readonly (readonly Price[])[]): readonly number[] {
  const possible = new Set(layers.flat().map(({ scratch }) => together(layers, scratch).shared));
  possible.delete(together(layers, Number.POSITIVE_INFINITY).shared);
  const sorted = [...possible].sort((a, b) => b - a);
  const stride = Math.max(1, sorted.length / mostLimits);
  const some = sorted.filter((_, index) => Math.floor((index + 1) / stride) > Math.floor(index / stride));
  return [Number.POSITIVE_INFINITY, ...some];
}
