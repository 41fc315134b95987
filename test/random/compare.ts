import { describe, expect, it } from 'vitest';
import { printGraph } from '../../src/graph/print.ts';
import { operators } from '../../src/ops/index.ts';
import { type Backend, differences, type PlannedModel } from '../support/batch.ts';
import { awkwardCases, graphFeatures, planFeatures } from './features.ts';
import { randomGraph } from './generate.ts';
import { quantizedRandomGraph, type RandomPlans, randomPlans } from './plans.ts';

/** Every operator and awkward case occurs so often, where the number of graphs allows it. */
const least = 20;
const graphsForHistogram = 500;

/** Graphs that are in memory at once: their plans are one batch for the compilers. */
const portion = 20;

function plansOf(seed: number): RandomPlans {
  try {
    return randomPlans(seed);
  } catch (error) {
    throw new Error(
      `seed ${seed} (TESSERA_SEED=${seed} TESSERA_RANDOM_GRAPHS=1)\n${printGraph(randomGraph(seed).graph)}`,
      { cause: error },
    );
  }
}

/**
 * Tests that random graphs give the same bytes on all backends and by specification, by every kind of plan, and that every
 * operator and awkward case occurs in them. A failure says its seed.
 */
export function describeRandomGraphs(firstSeed: number, count: number, backends: readonly Backend[]): void {
  const names = backends.map(({ name }) => name).join(' and ');

  describe(`random graphs from seed ${firstSeed} on`, () => {
    const histogram = new Map<string, number>();

    it(`give the same bytes by specification and by ${names}, by every kind of plan (${count} graphs)`, async () => {
      for (let from = firstSeed; from < firstSeed + count; from += portion) {
        const seeds = Array.from({ length: Math.min(portion, firstSeed + count - from) }, (_, i) => from + i);
        const all = seeds.map(plansOf);
        for (const { graph, plans, saturating } of all) {
          const features = [
            ...graphFeatures(graph),
            ...saturating.map(() => 'saturating'),
            ...plans.flatMap(({ plan }) => planFeatures(plan)),
          ];
          for (const what of [...graph.nodes.map(({ op }) => op), ...features])
            histogram.set(what, (histogram.get(what) ?? 0) + 1);
        }
        const models = all.flatMap(({ seed, plans, samples }) =>
          plans.map(({ kind, plan }): PlannedModel => ({ name: `seed ${seed} ${kind}`, plan, samples })),
        );
        const found = await differences(models, backends);
        const seed = Number(/^seed (\d+)/.exec(found[0] ?? '')?.[1]);
        const help =
          found.length === 0
            ? ''
            : `TESSERA_SEED=${seed} TESSERA_RANDOM_GRAPHS=1\n${printGraph(quantizedRandomGraph(randomGraph(seed)).graph)}`;
        expect(found, help).toEqual([]);
      }
    }, 1_800_000);

    it('hold every operator and every awkward case', () => {
      const wanted = [
        ...operators.filter(({ quantized }) => quantized !== undefined).map(({ name }) => name),
        ...awkwardCases,
      ];
      console.log(wanted.map((name) => `${name}: ${histogram.get(name) ?? 0}`).join('\n'));
      if (count < graphsForHistogram) return console.log(`fewer than ${graphsForHistogram} graphs: not checked`);
      expect(wanted.filter((name) => (histogram.get(name) ?? 0) < least)).toEqual([]);
      return undefined;
    });
  });
}
