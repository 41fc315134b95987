import { afterAll, describe, expect, it } from 'vitest';
import { compareEstimates } from '../../scripts/bench/cost-compare.mjs';
import { probes, randomChain } from '../../scripts/bench/cost-corpus.mjs';
import { fitCosts } from '../../scripts/bench/cost-fit.mjs';
import { hasQemu } from '../../scripts/bench/qemu.mjs';
import { generator } from '../../scripts/bench/random.mjs';
import { models, readModel as readKitModel, targets } from '../../scripts/bench/speed-lib.mjs';
import { modelPrefix } from '../../src/codegen/model.ts';
import { modelFiles } from '../../src/codegen/project.ts';
import { modelOptions, optimize, plan, quantize } from '../../src/compile.ts';
import type { Graph } from '../../src/graph/types.ts';
import type { Isa } from '../../src/kernels/define.ts';
import { readModel, requireGraph } from '../../src/onnx/read.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { layerCycles, layerTime, segmentsOf } from '../../src/plan/cost/cost.ts';
import { kit } from '../kit.ts';

const tessera = {
  ...{ modelFiles, modelOptions, modelPrefix, optimize, plan, quantize },
  ...{ readModel, requireGraph, createGraphBuilder, plainPort },
  ...{ layerCycles, layerTime, segmentsOf },
};

type Core = keyof typeof targets;
const isasOf = (core: Core): readonly Isa[] => targets[core] as readonly Isa[];

/** What estimates may be off: the mean over a model's layers, and the model's total. */
const most = { meanOfLayers: 0.05, total: 0.03 };

/** What was found, for who reads the log. */
const printed: string[] = [];
const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;

/** Compares plans on a core; gives those that are further off than allowed. */
async function beyond(
  named: readonly { readonly name: string; readonly graph: Graph; readonly objective: 'time' | 'balanced' | 'sram' }[],
  core: Core,
  cycles: 'with cycles' | 'without cycles',
): Promise<readonly string[]> {
  const plans = named.map(({ graph, objective }) => plan(graph, { objective, input: 'resident', isas: isasOf(core) }));
  const compared = await compareEstimates(tessera, plans, { core, withCycles: cycles === 'with cycles' });
  return compared.flatMap((errors, i) =>
    (['instructions', 'cycles'] as const).flatMap((unit) => {
      const found = errors[unit];
      if (found === null) return [];
      const { name, objective } = named[i] as (typeof named)[number];
      const line = `${name}, ${core}, ${objective}, ${unit}: total ${percent(found.total)}, mean of layers ${percent(found.meanOfLayers)}`;
      printed.push(line);
      return Math.abs(found.total) <= most.total && found.meanOfLayers <= most.meanOfLayers ? [] : [line];
    }),
  );
}

afterAll(() => {
  if (printed.length > 0) console.log(`estimates beside counts\n${printed.join('\n')}`);
});

it('finds the costs that counts were made of', () => {
  const random = generator(7);
  const costs = { calls: 30, pixels: 7, bytes: 0.5, nothing: 0 };
  const rows = Array.from({ length: 30 }, () => {
    const work = Object.fromEntries(Object.keys(costs).map((name) => [name, 1 + Math.floor(1000 * random())]));
    const target = Object.entries(costs).reduce((sum, [name, cost]) => sum + cost * (work[name] as number), 0);
    return { work, target, scale: target };
  });
  const { costs: found, errors } = fitCosts(rows);
  expect(Math.max(...errors.map(Math.abs))).toBeLessThan(1e-3);
  for (const [name, cost] of Object.entries(costs)) {
    expect(Math.abs((found[name] ?? 0) - cost), name).toBeLessThan(0.01 * Math.max(1, cost));
  }
});

if (!hasQemu()) console.log('left out: estimates beside counts (QEMU or arm-none-eabi-gcc is not installed)');

describe.skipIf(!hasQemu())('estimates beside counts', () => {
  // Seeds that the cost model was not fitted on.
  const chains = [1001, 1002, 1003, 1004].map((seed) => ({ name: `chain ${seed}`, graph: randomChain(tessera, seed) }));
  const networks = [
    { name: 'single layers', graph: probes(tessera, 1001), objective: 'time' } as const,
    ...chains.map((chain) => ({ ...chain, objective: 'time' as const })),
    ...chains.map((chain) => ({ ...chain, objective: 'balanced' as const })),
  ];

  it('are close on random networks: Cortex-M4, instructions and cycles', async () => {
    expect(await beyond(networks, 'cortex-m4', 'with cycles')).toEqual([]);
  }, 300_000);

  it('are close on random networks: Cortex-M55', async () => {
    expect(await beyond(networks, 'cortex-m55', 'without cycles')).toEqual([]);
  }, 300_000);
});

if (kit === null) console.log('left out: estimates beside counts on models (TESSERA_KIT is not set)');

describe.skipIf(!hasQemu() || kit === null)('estimates beside counts on models that nothing was fitted on', () => {
  const some = models.filter(({ name }) => /mlperf-tiny|mcunet\/(vww|detection)$/.test(name));
  const read = (): ReturnType<typeof named> => some.flatMap(named);
  const named = (model: (typeof models)[number]) => {
    const { graph } = readKitModel(tessera, kit ?? '', model);
    return (['time', 'balanced'] as const).map((objective) => ({ name: model.name, graph, objective }));
  };

  it.each(Object.keys(targets) as readonly Core[])(
    '%s: each total within 3 %, the mean of its layers within 5 %',
    async (core) => {
      expect(await beyond(read(), core, 'without cycles')).toEqual([]);
    },
    300_000,
  );

  it('Cortex-M4: the same of estimated cycles', async () => {
    const few = models.filter(({ name }) => /(kws|ad|tiny\/vww)$/.test(name)).flatMap(named);
    expect(await beyond(few, 'cortex-m4', 'with cycles')).toEqual([]);
  }, 300_000);
});
