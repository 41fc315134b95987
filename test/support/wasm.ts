import { readFileSync } from 'node:fs';
import { runtimeFile } from '../../src/codegen/project.ts';
import { compileWasm, type WasmCompiler } from '../../src/simulate/clang.ts';
import { type Backend, type BackendRun, type Batch, outputSizes, problems, splitOutputs } from './batch.ts';

interface Exports {
  readonly memory: WebAssembly.Memory;
  input(): number;
  output(): number;
  check(model: number): number;
}

const target = JSON.parse(readFileSync(new URL('../../targets/wasm/target.json', import.meta.url), 'utf8')) as {
  readonly compilerFlags: readonly string[];
};

export interface WasmOptions {
  readonly compiler: WasmCompiler;
  /** `target`: that of the flags of the target, -O3; `low`: -O1, which compiles in a third of the time. */
  readonly optimization: 'target' | 'low';
}

/** WebAssembly in this process: many models and the kernels in one module. */
export function wasmBackend({ compiler, optimization }: WasmOptions): Backend {
  const flags = [...target.compilerFlags, ...(optimization === 'low' ? ['-O1'] : [])];
  return {
    name: `wasm (${compiler} clang, ${optimization} optimisation)`,
    run: (batch) => runWasm(batch, flags, compiler),
  };
}

async function runWasm(batch: Batch, flags: readonly string[], compiler: WasmCompiler): Promise<readonly BackendRun[]> {
  const files = new Map(batch.files);
  files.set('tsr.h', runtimeFile('tsr.h'));
  for (const path of batch.kernels) files.set(path.split('/').at(-1) as string, runtimeFile(path));
  files.set(
    'main.c',
    [
      `#define HARNESS_BLOCK_BYTES ${batch.blockBytes}`,
      `#define HARNESS_INPUT_BYTES ${batch.inputBytes}`,
      `#define HARNESS_OUTPUT_BYTES ${batch.outputBytes}`,
      ...batch.kernels.filter((path) => path.endsWith('.c')).map((path) => `#include "${path.split('/').at(-1)}"`),
      '#include "batch.c"',
      readFileSync(new URL('wasm.c', import.meta.url), 'utf8'),
    ].join('\n'),
  );
  const binary = await compileWasm(files, 'main.c', flags, compiler);
  const { instance } = (await WebAssembly.instantiate(binary as Uint8Array<ArrayBuffer>)) as unknown as {
    readonly instance: { readonly exports: unknown };
  };
  const exports = instance.exports as Exports;
  return batch.models.map(({ plan, samples }, index): BackendRun => {
    const bytes = outputSizes(plan).reduce((sum, size) => sum + size, 0);
    let problem: string | null = null;
    const outputs = samples.map((inputs): Int8Array[] => {
      let at = exports.input();
      for (const input of inputs) {
        new Int8Array(exports.memory.buffer, at, input.length).set(input);
        at += input.length;
      }
      try {
        const result = exports.check(index);
        if (result !== 0) problem = problems[result] ?? `problem ${result}`;
      } catch (error) {
        problem = `trapped: ${(error as Error).message}`;
      }
      return splitOutputs(plan, new Int8Array(exports.memory.buffer, exports.output(), bytes).slice());
    });
    return { outputs, problem };
  });
}
