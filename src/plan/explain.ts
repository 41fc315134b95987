import { rowShape } from '../graph/types.ts';
import { type Candidate, candidatesOf } from './candidates.ts';
import { accumulates, canStream, scratchBytes } from './demand.ts';
import { createFindings } from './findings.ts';
import type { InputMode } from './stages.ts';
import type { Layer, Plan, Step } from './types.ts';
import type { Cut } from './widths.ts';

/**
 * Why a layer cannot be in one stage with what is beside it: it computes nothing, needs whole tensors, or has several
 * images; its output is complete only with its last row, and all that follows needs it; or it was put in to work after
 * the layers before it (in groups of channels, say), and not together with them.
 */
export type Barrier = 'alias' | 'whole' | 'batch' | 'complete' | 'after';

/**
 * Why a step of a plan ends where it ends, that is, why no stage runs on across its end. Every reason is a fact about
 * all plans of the search, not about how the search went.
 */
export type StepEnd =
  | { readonly kind: 'end' }
  /** A layer beside the end cannot stream. */
  | { readonly kind: 'barrier'; readonly layer: number; readonly barrier: Barrier }
  /** Every plan with a stage across the end has a step with at least `needed` bytes; no step of this one has more than `limit`. */
  | { readonly kind: 'memory'; readonly layer: number; readonly needed: number; readonly limit: number }
  /** Plans with a stage across the end that need no more take at least `time` (see layerTime); this one takes `chosen`. */
  | {
      readonly kind: 'time';
      readonly layer: number;
      readonly needed: number;
      readonly time: number;
      readonly chosen: number;
    }
  /** Each step of such a plan could do with no more, and it would be faster, but all of them together need more: what
   * lies over a dying input lies a little below it, and so on along a chain. */
  | { readonly kind: 'chain'; readonly layer: number; readonly needed: number };

/** Why each step of a plan ends, in the order of the steps. */
export function explainEnds(plan: Plan, input: InputMode): readonly StepEnd[] {
  const { layers } = plan;
  const { candidates, chosen } = pricedCandidates(plan, input);
  const limit = Math.max(0, ...chosen.map(({ bytes }) => bytes));
  const time = chosen.reduce((sum, candidate) => sum + candidate.time, 0);
  const peaks = costs(candidates, layers.length, (before, { bytes }) => Math.max(before, bytes));
  const fitting = candidates.filter(({ bytes }) => bytes <= limit);
  const times = costs(fitting, layers.length, (before, candidate) => before + candidate.time);
  return chosen.map(({ end }): StepEnd => {
    if (end === layers.length) return { kind: 'end' };
    const least = (some: readonly Candidate[], cost: (candidate: Candidate) => number): number =>
      some.reduce(
        (best, one) => (one.start < end && end < one.end ? Math.min(best, cost(one)) : best),
        Number.POSITIVE_INFINITY,
      );
    const needed = least(candidates, ({ start, end: to, bytes }) =>
      Math.max(peaks.to[start] as number, bytes, peaks.from[to] as number),
    );
    if (needed === Number.POSITIVE_INFINITY) {
      return barrierAt(layers, end);
    }
    if (needed > limit) return { kind: 'memory', layer: end, needed, limit };
    const across = least(
      fitting,
      (one) => (times.to[one.start] as number) + one.time + (times.from[one.end] as number),
    );
    if (across < time * (1 - 1e-9)) return { kind: 'chain', layer: end, needed };
    return { kind: 'time', layer: end, needed, time: across, chosen: time };
  });
}

/** The steps that the program of a plan can have, with the least that each needs, and those of the plan, exactly. */
export function pricedCandidates(
  plan: Plan,
  input: InputMode,
): { readonly candidates: readonly Candidate[]; readonly chosen: readonly Candidate[] } {
  // The plan's own stages as they are: their layers may compute in segments of different widths.
  const cuts = plan.steps.flatMap((step): Cut[] => {
    if (step.kind === 'call') return [];
    const [start, end] = [step.layers[0] as number, 1 + (step.layers.at(-1) as number)];
    const members = plan.layers.slice(start, end);
    const scratch = members.map((layer, index) =>
      accumulates(layer) ? 0 : scratchBytes(layer, step.segments[index] as number),
    );
    const isLean = members.some(({ fast }) => fast !== undefined);
    const scratchLimit = isLean ? Math.max(...scratch) : Number.POSITIVE_INFINITY;
    return [{ start, end, segments: step.segments, scratchLimit }];
  });
  const layers = plan.layers.map(({ fast, ...layer }) => ({ ...layer, lowering: fast ?? layer.lowering }));
  const { all, exactBytes } = candidatesOf({ ...plan, layers }, input, createFindings(), undefined, cuts, 'all');
  const taken = new Map(
    plan.steps.map((step) => candidateOf(all, plan, step)).map((one) => [one, { ...one, bytes: exactBytes(one) }]),
  );
  return { candidates: all.map((one) => taken.get(one) ?? one), chosen: [...taken.values()] };
}

/** The least cost of the layers before a position (`to`), and of those from it on (`from`). */
function costs(
  candidates: readonly Candidate[],
  length: number,
  add: (before: number, candidate: Candidate) => number,
): { readonly to: readonly number[]; readonly from: readonly number[] } {
  const to = new Array<number>(length + 1).fill(Number.POSITIVE_INFINITY);
  const from = new Array<number>(length + 1).fill(Number.POSITIVE_INFINITY);
  to[0] = 0;
  from[length] = 0;
  for (const candidate of [...candidates].sort((a, b) => a.end - b.end)) {
    to[candidate.end] = Math.min(to[candidate.end] as number, add(to[candidate.start] as number, candidate));
  }
  for (const candidate of [...candidates].sort((a, b) => b.start - a.start)) {
    from[candidate.start] = Math.min(from[candidate.start] as number, add(from[candidate.end] as number, candidate));
  }
  return { to, from };
}

function candidateOf(candidates: readonly Candidate[], { layers }: Plan, step: Step): Candidate {
  const candidate = candidates.find((one) => {
    if (step.kind === 'stage') return one.segment === step.segments;
    const isLean = layers[step.layer]?.fast !== undefined;
    return one.segment === null && one.start === step.layer && Number.isFinite(one.scratchLimit) === isLean;
  });
  if (candidate === undefined) throw new Error('a step of a plan is not one that the search knows');
  return candidate;
}

/** Why there is no stage at all across a place between two layers. */
function barrierAt(layers: readonly Layer[], end: number): StepEnd {
  const [before, after] = [layers[end - 1] as Layer, layers[end] as Layer];
  if (!canStream(after)) return { kind: 'barrier', layer: end, barrier: barrierOf(after) };
  if (!canStream(before)) return { kind: 'barrier', layer: end - 1, barrier: barrierOf(before) };
  if (after.startsStage) return { kind: 'barrier', layer: end, barrier: 'after' };
  return { kind: 'barrier', layer: end - 1, barrier: 'complete' };
}

function barrierOf({ lowering, tensors }: Layer): Barrier {
  if (lowering.kind === 'alias') return 'alias';
  const several = [tensors.output, ...tensors.inputs].some(
    (tensor) => tensor !== null && tensor.kind !== 'constant' && rowShape(tensor.shape).batch > 1,
  );
  return several ? 'batch' : 'whole';
}
