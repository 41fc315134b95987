import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { graphOf, measureMemory, models } from '../../scripts/bench/memory-lib.mjs';
import { hasArmCompiler, measureStatic } from '../../scripts/bench/stack.mjs';
import { deepestStack, readCallGraph } from '../../src/api/stack.ts';
import { modelPrefix } from '../../src/codegen/model.ts';
import { modelFiles } from '../../src/codegen/project.ts';
import { optimize, plan, quantize } from '../../src/compile.ts';
import { readModel, requireGraph } from '../../src/onnx/read.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { timeOf } from '../../src/plan/cost/cost.ts';
import { leastPeak } from '../../src/plan/least.ts';
import type { Plan } from '../../src/plan/types.ts';
import { kit } from '../kit.ts';
import { randomGraph } from '../random/generate.ts';
import { quantizedRandomGraph } from '../random/plans.ts';
import { differences } from '../support/batch.ts';
import { randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';
import { wasmBackend } from '../support/wasm.ts';

const tessera = {
  ...{ modelFiles, modelPrefix, optimize, plan, quantize, readModel, requireGraph },
  ...{ createGraphBuilder, plainPort, leastPeak, timeOf, readCallGraph, deepestStack },
};
/** Bytes of stack that `run` may take. */
const mostStack = 768;

function filesOf(made: Plan): { readonly files: ReadonlyMap<string, string>; readonly entry: string } {
  const options = { front: { version: '0', target: 'test', modelHash: '' }, boundary: 'int8', selfTest: 0 } as const;
  return { files: modelFiles(made, options), entry: `${modelPrefix(made.graph.name)}_run` };
}

/** The plans of some random graphs: layer by layer, and streamed. */
const someRandomPlans = (): readonly Plan[] =>
  Array.from({ length: 8 }, (_, index) => quantizedRandomGraph(randomGraph(300 + index)).graph).flatMap((graph) => [
    plan(graph, { objective: 'time', input: 'resident' }),
    plan(graph, { objective: 'sram', input: 'stream', output: 'stream' }),
  ]);

describe('memory outside the arena', () => {
  it('is none that is static: generated C has no .data and no .bss', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
    for (const [index, made] of someRandomPlans().entries()) {
      const place = mkdtempSync(join(folder, `${index}-`));
      for (const [path, text] of filesOf(made).files) writeFileSync(join(place, path), text);
      const sources = readdirSync(place).filter((path) => path.endsWith('.c'));
      execFileSync('gcc', ['-O2', '-fno-pic', '-c', ...sources], { cwd: place });
      const objects = readdirSync(place).filter((path) => path.endsWith('.o'));
      const table = execFileSync('size', objects, { cwd: place, encoding: 'utf8' }).trim().split('\n').slice(1);
      expect(table).toHaveLength(sources.length);
      for (const line of table) expect([line, ...line.trim().split(/\s+/).slice(1, 3)]).toEqual([line, '0', '0']);
    }
    rmSync(folder, { recursive: true });
  }, 120_000);

  if (!hasArmCompiler()) console.log('left out: the stack of generated C (arm-none-eabi-gcc is not installed)');

  it.skipIf(!hasArmCompiler())(
    `is at most ${mostStack} bytes of stack on a Cortex-M4, for random graphs`,
    () => {
      for (const made of someRandomPlans()) {
        const { files, entry } = filesOf(made);
        const { stackBytes, dataBytes } = measureStatic(tessera, files, entry);
        expect(stackBytes, entry).toBeLessThanOrEqual(mostStack);
        expect(stackBytes).toBeGreaterThan(0);
        expect(dataBytes).toBe(0);
      }
    },
    180_000,
  );
});

describe('bench:memory', () => {
  const random = models.filter(({ build }) => build !== undefined);

  it.each(random)(
    '$name with random weights needs no more than it may, and runs',
    async (model) => {
      const graph = graphOf(tessera, '', model);
      const made = plan(graph, { objective: 'sram', input: 'stream' });
      expect(made.arenaBytes).toBeLessThanOrEqual(model.most as number);
      const samples = [randomSteps(graph, randomFrom(5))];
      const backend = wasmBackend({ compiler: 'system', optimization: 'low' });
      expect(await differences([{ name: model.name, plan: made, samples }], [backend])).toEqual([]);
    },
    120_000,
  );

  if (kit === null) console.log('left out: the SRAM of trained models (TESSERA_KIT is not set)');

  const aimed = models.filter(
    ({ name, build, most }) => build === undefined && most !== null && !name.includes('large'),
  );

  it.skipIf(kit === null).each(aimed)(
    '$name, streamed, needs no more than it may',
    (model) => {
      const rows = measureMemory(tessera, kit as string, model, { withStack: false, onProgress: () => {} });
      const [streamed, resident] = rows;
      expect(streamed).toMatchObject({ plan: 'sram', input: 'streamed', macsRatio: 1, stackBytes: null });
      expect(streamed?.arenaBytes).toBeLessThanOrEqual(model.most as number);
      for (const { arenaBytes, allocationBound, planBound } of rows) {
        expect(arenaBytes).toBe(allocationBound);
        if (planBound !== null) expect(planBound).toBeLessThanOrEqual(arenaBytes);
      }
      const [input] = graphOf(tessera, kit as string, model).inputs;
      const inputBytes = (input?.shape ?? []).reduce((product: number, size: number) => product * size, 1);
      expect(resident?.arenaBytes).toBeLessThanOrEqual((streamed?.arenaBytes ?? 0) + inputBytes);
    },
    240_000,
  );
});
