import { describe, expect, it } from 'vitest';
import { printGraph } from '../../src/graph/print.ts';
import { operators } from '../../src/ops/index.ts';
import { differences, type PlannedModel } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { wasmBackend } from '../support/wasm.ts';
import { awkwardCases, graphFeatures, planFeatures } from './features.ts';
import { randomGraph } from './generate.ts';
import { quantizedRandomGraph, type RandomPlans, randomPlans } from './plans.ts';

/** How many graphs, and the seed of the first; a failure says its seed, and TESSERA_RANDOM_GRAPHS=1 repeats it alone. */
const count = Number(process.env.TESSERA_RANDOM_GRAPHS ?? 500);
const firstSeed = Number(process.env.TESSERA_SEED ?? 0);

/** Every operator and awkward case occurs so often, where the number of graphs allows it. */
const least = 20;
const graphsForHistogram = 500;

/** Graphs that are in memory at once. */
const portion = 20;

const backends = [
  nativeBackend({ compiler: 'gcc', mode: 'sanitized' }),
  nativeBackend({ compiler: 'clang', mode: 'sanitized' }),
  wasmBackend({ compiler: 'system', optimization: 'low' }),
];

function plansOf(seed: number): RandomPlans {
  try {
    return randomPlans(seed);
  } catch (error) {
    throw new Error(
      `seed ${seed} (TESSERA_SEED=${seed} TESSERA_RANDOM_GRAPHS=1)\n${printGraph(randomGraph(seed).graph)}`,
      {
        cause: error,
      },
    );
  }
}

describe('random graphs', () => {
  const histogram = new Map<string, number>();

  it(`give the same bytes in C, in WebAssembly and by specification, by every kind of plan (${count} graphs)`, async () => {
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
    const names = [
      ...operators.filter(({ quantized }) => quantized !== undefined).map(({ name }) => name),
      ...awkwardCases,
    ];
    console.log(names.map((name) => `${name}: ${histogram.get(name) ?? 0}`).join('\n'));
    if (count < graphsForHistogram) return console.log(`fewer than ${graphsForHistogram} graphs: not checked`);
    expect(names.filter((name) => (histogram.get(name) ?? 0) < least)).toEqual([]);
    return undefined;
  });
});
