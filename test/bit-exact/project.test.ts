import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelFiles } from '../../src/codegen/project.ts';
import { describeModel } from '../../src/codegen/wasm.ts';
import { modelOptions, plan } from '../../src/compile.ts';
import { tensorOf, type Value } from '../../src/graph/types.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import { evaluateOutputs } from '../../src/plan/evaluate.ts';
import type { Plan } from '../../src/plan/types.ts';
import { buildWasm, instantiateWasm } from '../../src/simulate/wasm.ts';
import { randomGraph } from '../random/generate.ts';
import { quantizedRandomGraph } from '../random/plans.ts';
import { runCompiler, warnings } from '../support/native.ts';
import { randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';

const seeds = [4, 11, 23];

function planned(seed: number): Plan {
  return plan(quantizedRandomGraph(randomGraph(seed)).graph, {
    objective: 'sram',
    input: seed % 2 === 0 ? 'stream' : 'resident',
    output: seed % 3 === 2 ? 'stream' : 'resident',
  });
}

function project(made: Plan): ReadonlyMap<string, string> {
  return modelFiles(made, modelOptions(made, new Uint8Array([1, 2, 3]), 'wasm', '0.1.0', 'float'));
}

/** A caller in C++ that runs the self-test of a model. */
function callerText(prefix: string): string {
  return `#include <vector>
#include "${prefix}.h"
int main() {
  std::vector<int32_t> arena(${prefix.toUpperCase()}_ARENA_BYTES / 4 + 1);
  return ${prefix}_self_test(arena.data()) == 1 ? 0 : 1;
}
`;
}

describe('a generated project', () => {
  it.each(seeds)('is the same, byte for byte, when it is generated again (seed %i)', (seed) => {
    expect([...project(planned(seed))]).toEqual([...project(planned(seed))]);
  });

  it.each(seeds)('compiles with gcc, links with a caller in C++, and passes its self-test (seed %i)', async (seed) => {
    const folder = mkdtempSync(join(tmpdir(), 'tessera-project-'));
    try {
      const files = project(planned(seed));
      for (const [name, text] of files) writeFileSync(join(folder, name), text);
      const prefix = [...files.keys()][0]?.replace('.h', '') ?? '';
      writeFileSync(join(folder, 'main.cpp'), callerText(prefix));
      const sources = [...files.keys()].filter((name) => name.endsWith('.c'));
      await runCompiler('gcc', [...warnings, '-O2', '-c', ...sources], folder);
      const objects = sources.map((name) => name.replace(/\.c$/, '.o'));
      const cpp = ['-std=c++11', '-Wall', '-Wextra', '-Wconversion', '-Werror'];
      await runCompiler('g++', [...cpp, 'main.cpp', ...objects, '-o', 'run'], folder);
      await runCompiler(join(folder, 'run'), [], folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.each(seeds)(
    'runs in WebAssembly through its JavaScript interface (seed %i)',
    async (seed) => {
      const made = planned(seed);
      const wasm = await buildWasm(made, project(made), 'npm');
      const model = await instantiateWasm(wasm, describeModel(made));
      expect(model.selfTest()).toBe(true);
      const steps = randomSteps(made.graph, randomFrom(seed));
      const inOnnxOrder = (
        tensor: string,
        permutation: readonly number[],
        shape: readonly number[],
        data: Int8Array,
      ): Int8Array => {
        const value: Value = { shape: tensorOf(made.graph, tensor).shape, dtype: 'int8', data };
        const back = permutation.map((_, axis) => permutation.indexOf(axis));
        return operatorNamed('Transpose').evaluate([value], { permutation: back }, { shape, dtype: 'int8' })
          .data as Int8Array;
      };
      const given = made.graph.inputs.map((port, i) =>
        inOnnxOrder(port.tensor, port.permutation, port.shape, steps[i] as Int8Array),
      );
      const expected = evaluateOutputs(made, steps).map((data, i) => {
        const port = made.graph.outputs[i] as (typeof made.graph.outputs)[number];
        return inOnnxOrder(port.tensor, port.permutation, port.shape, data);
      });
      expect(model.runSteps(given)).toEqual(expected);
    },
    60_000,
  );
});
