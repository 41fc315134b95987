import { describe, expect, it } from 'vitest';
import { draftPlan } from '../../src/plan/build.ts';
import { choosePlan } from '../../src/plan/choose.ts';
import { given } from '../../src/plan/improve.ts';
import { leastPeak } from '../../src/plan/least.ts';
import { lowerGraph } from '../../src/plan/lower.ts';
import { runsOf, stageOf } from '../../src/plan/stages.ts';
import type { Step } from '../../src/plan/types.ts';
import { segmentWidths } from '../../src/plan/widths.ts';
import { randomGraph } from '../random/generate.ts';
import { quantizedRandomGraph } from '../random/plans.ts';
import { createDice, randomFrom } from '../support/random.ts';

describe('leastPeak', () => {
  it('is below every plan of random graphs, with layers of a stage in segments of any widths', () => {
    let shares = 0;
    let plans = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const { graph } = quantizedRandomGraph(randomGraph(seed));
      const layers = lowerGraph(graph);
      const program = given({ graph, layers });
      const dice = createDice(randomFrom(seed));
      const input = dice.pick(['stream', 'resident'] as const);
      const least = leastPeak(graph, layers, input);
      const runs = runsOf(layers);
      for (let trial = 0; trial < 6; trial += 1) {
        const steps: Step[] = [];
        for (let start = 0; start < layers.length; ) {
          const run = runs.find((one) => one.start <= start && start < one.end);
          const end = run === undefined || dice.chance(0.3) ? start + 1 : dice.integer(start + 1, run.end);
          const segment = Array.from({ length: end - start }, () => dice.pick(segmentWidths));
          const isCall = run === undefined || (end === start + 1 && dice.chance(0.5));
          steps.push(isCall ? { kind: 'call', layer: start } : stageOf(program, { start, end, segment }, input));
          start = end;
        }
        const { bound } = draftPlan(program, steps);
        expect({ seed, trial, isBelow: least <= bound }).toEqual({ seed, trial, isBelow: true });
      }
      const { arenaBytes, rewritings } = choosePlan(graph, layers, { objective: 'sram', input });
      if (rewritings.length > 0) continue;
      expect({ seed, least: Math.min(least, arenaBytes) }).toEqual({ seed, least });
      shares += least / arenaBytes;
      plans += 1;
    }
    // It says something: plans are not far above it.
    expect(plans).toBeGreaterThan(30);
    expect(shares / plans).toBeGreaterThan(0.7);
  });
});
