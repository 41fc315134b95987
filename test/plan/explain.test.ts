import { describe, expect, it } from 'vitest';
import { plan } from '../../src/compile.ts';
import type { Candidate } from '../../src/plan/candidates.ts';
import { paretoPlans } from '../../src/plan/choose.ts';
import { accumulates, canStream } from '../../src/plan/demand.ts';
import { explainEnds, pricedCandidates } from '../../src/plan/explain.ts';
import type { Layer, Plan } from '../../src/plan/types.ts';
import { randomGraph } from '../random/generate.ts';
import { quantizedRandomGraph } from '../random/plans.ts';

/** Every way to cut layers [start, length) into candidates. */
function cuts(candidates: readonly Candidate[], length: number, start = 0): readonly (readonly Candidate[])[] {
  if (start === length) return [[]];
  return candidates
    .filter((candidate) => candidate.start === start)
    .flatMap((first) => cuts(candidates, length, first.end).map((rest) => [first, ...rest]));
}

const peakOf = (cut: readonly Candidate[]): number => Math.max(...cut.map(({ bytes }) => bytes));
const timeOf = (cut: readonly Candidate[]): number => cut.reduce((sum, { time }) => sum + time, 0);

/** The end of each step, as the index of the layer behind it. */
function endsOf(made: Plan): readonly number[] {
  return made.steps.map((step) => 1 + (step.kind === 'call' ? step.layer : (step.layers.at(-1) as number)));
}

const mostCuts = 20_000;

/** The plans of the front of a small graph; none where there are too many ways to cut it. */
function small(seed: number): readonly Plan[] {
  const { graph } = quantizedRandomGraph(randomGraph(seed));
  const { layers } = plan(graph, { objective: 'time', input: 'stream' });
  return layers.length < 3
    ? []
    : paretoPlans(graph, layers, { input: 'stream' }).filter((made) => waysOf(made) <= mostCuts);
}

function waysOf(made: Plan): number {
  const ways = new Array<number>(made.layers.length + 1).fill(0);
  ways[0] = 1;
  for (const { start, end } of pricedCandidates(made, 'stream').candidates)
    ways[end] = (ways[end] as number) + (ways[start] as number);
  return ways[made.layers.length] as number;
}

describe('why a step ends', () => {
  it('is true of all plans that there are, on small random graphs', () => {
    const seen = { end: 0, barrier: 0, memory: 0, time: 0, chain: 0 };
    let graphs = 0;
    for (let seed = 0; graphs < 40; seed += 1) {
      const found = small(seed);
      if (found.length === 0) continue;
      graphs += 1;
      for (const made of found) {
        const ends = endsOf(made);
        const all = cuts(pricedCandidates(made, 'stream').candidates, made.layers.length);
        explainEnds(made, 'stream').forEach((reason, index) => {
          seen[reason.kind] += 1;
          const end = ends[index] as number;
          const across = all.filter((cut) => cut.some((one) => one.start < end && end < one.end));
          if (reason.kind === 'end') expect(end).toBe(made.layers.length);
          if (reason.kind === 'barrier') {
            expect(across).toEqual([]);
            const layer = made.layers[reason.layer] as Layer;
            const goesOn = reason.barrier === 'complete' || reason.barrier === 'after';
            expect(canStream(layer)).toBe(goesOn);
            if (reason.barrier === 'complete') expect(accumulates(layer)).toBe(true);
            if (reason.barrier === 'after') expect(layer.startsStage).toBe(true);
          }
          if (reason.kind === 'memory') {
            expect(Math.min(...across.map(peakOf))).toBe(reason.needed);
            expect(reason.needed).toBeGreaterThan(reason.limit);
          }
          if (reason.kind === 'time') {
            expect(Math.min(...across.map(peakOf))).toBe(reason.needed);
            expect(across.some((cut) => Math.abs(timeOf(cut) - reason.time) < 1e-3)).toBe(true);
            expect(reason.time).toBeGreaterThanOrEqual(reason.chosen * (1 - 1e-6));
          }
        });
      }
    }
    expect(Math.min(seen.end, seen.barrier, seen.memory, seen.time)).toBeGreaterThan(0);
  });
});
