import { splitsRows, stepCount, stepWidth } from './demand.ts';
import type { Layer } from './types.ts';

/** Columns that the layers of a stage compute at a time; whole rows, or a few pixels. */
export const segmentWidths = [Number.POSITIVE_INFINITY, 8, 4, 2, 1];

/** A stage whose layers compute in segments of widths of their own, with kernels of a limited scratch (see Candidate). */
export interface Cut {
  readonly start: number;
  readonly end: number;
  readonly segments: readonly number[];
  readonly scratchLimit: number;
}

/** What a stage takes when its layers are cut so: bytes of what lies inside it alone, and time. */
export interface Cost {
  readonly bytes: number;
  readonly time: number;
  /** Steps of a walk through the stage that it took to find out; 0 where it was known. */
  readonly steps: number;
}

/**
 * Steps of walks that looking for cuts may take in all, which bounds the time of planning a model, and the part of those
 * left that one search may take.
 */
const patience = { steps: 3_000_000, part: 4 } as const;

/** What is left of the steps for a model. */
export interface Patience {
  steps: number;
}

export function createPatience(): Patience {
  return { steps: patience.steps };
}

/** How many neighbours are made narrower together: a buffer between two layers shrinks only if both are. */
const together = [1, 2, 3];

/** Layers beside each other. */
interface Neighbours {
  readonly from: number;
  readonly count: number;
}

/**
 * Ways to cut the rows of a stage, each layer in segments of its own width: from segments of one width downwards, each
 * time those layers narrower that save the most bytes for the time that it costs.
 * @param costOf what a cut costs; asked for once for each
 * @param left of which it takes some
 * @returns the segments of the ways that have less time than others of as many bytes, the fastest first
 */
export function cutsOf(
  members: readonly Layer[],
  costOf: (segments: readonly number[]) => Cost,
  left: Patience,
): readonly (readonly number[])[] {
  const known = new Map<string, Cost>();
  let steps = 0;
  const knownCost = (segments: readonly number[]): Cost => {
    const key = segments.join();
    const cost = known.get(key) ?? costOf(segments);
    if (!known.has(key)) {
      steps += cost.steps;
      left.steps -= cost.steps;
    }
    known.set(key, cost);
    return cost;
  };
  // Each uniform width to begin with has its share.
  const mostSteps = left.steps / patience.part / (segmentWidths.length - 1);

  const widths = members.map((layer) => (splitsRows(layer) ? stepWidth(layer) : 1));
  const uniform = (segment: number): readonly number[] => members.map((layer) => Math.min(segment, stepWidth(layer)));
  const narrower = (segment: number): number => segmentWidths.find((width) => width < segment) ?? segment;
  /** Some neighbours one degree narrower; null where they cannot be. */
  const narrowed = (segments: readonly number[], { from, count }: Neighbours): readonly number[] | null => {
    const made = segments.map((segment, index) =>
      index >= from && index < from + count && (widths[index] as number) > 1 ? narrower(segment) : segment,
    );
    return made.some((segment, index) => segment !== segments[index]) ? made : null;
  };
  const neighbours = together.flatMap((count) =>
    members.slice(0, members.length - count + 1).map((_, from): Neighbours => ({ from, count })),
  );

  const found: (Cost & Pick<Cut, 'segments'>)[] = [];
  for (const first of segmentWidths.slice(0, -1)) {
    steps = 0;
    let segments = uniform(first);
    /** The rates of neighbours as they were last: what was little before is looked at again only where nothing is better. */
    const rates = new Map(neighbours.map((some) => [some, Number.POSITIVE_INFINITY]));
    const rateOf = (some: Neighbours): number => {
      const made = narrowed(segments, some);
      if (made === null) return Number.NEGATIVE_INFINITY;
      const [now, then] = [knownCost(segments), knownCost(made)];
      return (now.bytes - then.bytes) / Math.max(1, then.time - now.time);
    };
    while (steps < mostSteps) {
      const sorted = [...rates].sort((a, b) => b[1] - a[1]);
      let best: Neighbours | null = null;
      let bestRate = 0;
      for (const [some, before] of sorted) {
        if (steps >= mostSteps || (best !== null && before < bestRate)) break;
        const rate = rateOf(some);
        rates.set(some, rate);
        if (rate > bestRate) [best, bestRate] = [some, rate];
      }
      if (best === null) break;
      segments = narrowed(segments, best) as readonly number[];
      found.push({ segments, ...knownCost(segments) });
    }
  }
  found.sort((a, b) => a.time - b.time || a.bytes - b.bytes);
  let least = Number.POSITIVE_INFINITY;
  return found.flatMap(({ bytes, segments }) => {
    const better = bytes < least;
    least = Math.min(least, bytes);
    return better ? [segments] : [];
  });
}

/** The steps of a walk through a stage that is cut so. */
export function stepsOf(members: readonly Layer[], segments: readonly number[]): number {
  return members.reduce((sum, layer, index) => {
    const width = stepWidth(layer);
    const segment = splitsRows(layer) ? Math.min(width, segments[index] as number) : width;
    return sum + stepCount(layer) * Math.ceil(width / segment);
  }, 0);
}
