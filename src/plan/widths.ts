import { type Tensor, tensorOf } from '../graph/types.ts';
import { layerTime } from './cost/cost.ts';
import { splitsRows, stepWidth } from './demand.ts';
import { bytesTogether, fitRings, ringBytes } from './rings.ts';
import type { Layer, Program, StageStep } from './types.ts';
import { startWalk } from './walk.ts';

/** Columns that the layers of a stage compute at a time; whole rows, or a few pixels. */
export const segmentWidths = [Number.POSITIVE_INFINITY, 8, 4, 2, 1];

/** A stage whose layers compute in segments of widths of their own. */
export interface Cut {
  readonly start: number;
  readonly end: number;
  readonly segments: readonly number[];
}

/** What a stage takes when its layers are cut so: bytes of what lies inside it alone, and time. */
interface Cost {
  readonly bytes: number;
  readonly time: number;
}

/** Steps of walks that are gone through for one stage, from each uniform width: what bounds the time of planning. */
const mostSteps = 30_000;

/** Neighbours that are made narrower together: a buffer between two layers shrinks only if both are. */
const together = [1, 2, 3];

/**
 * Ways to cut the rows of a stage, each layer in segments of its own width: from segments of one width downwards, each
 * time those layers narrower that save the most bytes for the time that it costs.
 * @param inside the tensors that lie in rings
 * @returns the ways that have less time than others of as many bytes, the fastest first
 */
export function cutsOf(
  program: Program,
  { start, end }: { readonly start: number; readonly end: number },
  stage: StageStep,
  inside: ReadonlySet<string>,
): readonly Cut[] {
  const members = program.layers.slice(start, end);
  const tensors = (name: string): Tensor => tensorOf(program.graph, name);
  const times = members.map(() => new Map<number, number>());
  const timeAt = (index: number, segment: number): number => {
    const known = times[index]?.get(segment) ?? layerTime(members[index] as Layer, segment);
    times[index]?.set(segment, known);
    return known;
  };
  const known = new Map<string, Cost>();
  let steps = 0;
  const costOf = (segments: readonly number[]): Cost => {
    const key = segments.join();
    const cost = known.get(key);
    if (cost !== undefined) return cost;
    const schedule = { ...stage, segments };
    const rings = fitRings(members, schedule, tensors);
    const walk = startWalk(members, schedule, tensors);
    steps += walk.members.reduce((sum, member) => sum + member.steps * Math.ceil(member.width / member.segment), 0);
    const bytes = bytesTogether(
      [...walk.fetched, ...walk.members.map(({ output }) => output)].flatMap((flow) => {
        const ring = rings.get(flow.tensor.name);
        return ring === undefined || !inside.has(flow.tensor.name)
          ? []
          : [{ bytes: ringBytes(ring, flow), lane: ring.lane }];
      }),
    );
    const made = { bytes, time: segments.reduce((sum, segment, index) => sum + timeAt(index, segment), 0) };
    known.set(key, made);
    return made;
  };

  const widths = members.map((layer) => (splitsRows(layer) ? stepWidth(layer) : 1));
  const uniform = (segment: number): readonly number[] => members.map((layer) => Math.min(segment, stepWidth(layer)));
  const narrower = (segment: number): number => segmentWidths.find((width) => width < segment) ?? segment;
  /** The cuts that come next: some neighbours one degree narrower. */
  const next = (segments: readonly number[]): readonly (readonly number[])[] =>
    together.flatMap((count) =>
      segments.slice(0, segments.length - count + 1).flatMap((_, from) => {
        const made = segments.map((segment, index) =>
          index >= from && index < from + count && (widths[index] as number) > 1 ? narrower(segment) : segment,
        );
        return made.some((segment, index) => segment !== segments[index]) ? [made] : [];
      }),
    );

  const found: (Cost & Cut)[] = [];
  for (const first of segmentWidths.slice(0, -1)) {
    steps = 0;
    let segments = uniform(first);
    while (steps < mostSteps) {
      const now = costOf(segments);
      let best: readonly number[] | null = null;
      let bestRate = 0;
      for (const option of next(segments)) {
        if (steps >= mostSteps) break;
        const { bytes, time } = costOf(option);
        const rate = (now.bytes - bytes) / Math.max(1, time - now.time);
        if (rate > bestRate) [best, bestRate] = [option, rate];
      }
      if (best === null) break;
      segments = best;
      found.push({ start, end, segments, ...costOf(segments) });
    }
  }
  found.sort((a, b) => a.time - b.time || a.bytes - b.bytes);
  let least = Number.POSITIVE_INFINITY;
  return found.filter(({ bytes }) => {
    const better = bytes < least;
    least = Math.min(least, bytes);
    return better;
  });
}
