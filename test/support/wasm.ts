import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runtimeFile } from '../../src/codegen/project.ts';
import { compileWasm, type WasmCompiler } from '../../src/simulate/clang.ts';
import { type Backend, type BackendRun, type Batch, outputSizes, problems, splitOutputs } from './batch.ts';
import { runCompiler } from './native.ts';
import { temporaryFolder } from './temporary.ts';

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

/**
 * WebAssembly in this process: many models in one module. The system's compiler compiles each kernel but once; that of npm
 * takes longer to start than to compile them anew.
 */
export function wasmBackend({ compiler, optimization }: WasmOptions): Backend {
  const flags = [...target.compilerFlags, ...(optimization === 'low' ? ['-O1'] : [])];
  const compile = compiler === 'system' ? inParts(flags) : inOne(flags);
  return {
    name: `wasm (${compiler} clang, ${optimization} optimisation)`,
    run: async (batch) => runWasm(batch, await compile(batch)),
  };
}

type Compile = (batch: Batch) => Promise<Uint8Array>;

const fileName = (path: string): string => path.split('/').at(-1) as string;

const isSource = (path: string): boolean => path.endsWith('.c');

/** The driver with a batch of models, and with kernels that are not compiled apart. */
function mainText(batch: Batch, kernels: readonly string[]): string {
  return [
    `#define HARNESS_BLOCK_BYTES ${batch.blockBytes}`,
    `#define HARNESS_INPUT_BYTES ${batch.inputBytes}`,
    `#define HARNESS_OUTPUT_BYTES ${batch.outputBytes}`,
    ...kernels.map((path) => `#include "${fileName(path)}"`),
    '#include "batch.c"',
    readFileSync(new URL('wasm.c', import.meta.url), 'utf8'),
  ].join('\n');
}

function inOne(flags: readonly string[]): Compile {
  return (batch) => {
    const files = new Map(batch.files);
    for (const path of ['tsr.h', ...batch.kernels]) files.set(fileName(path), runtimeFile(path));
    files.set('main.c', mainText(batch, batch.kernels.filter(isSource)));
    return compileWasm(files, 'main.c', flags, 'npm');
  };
}

function inParts(flags: readonly string[]): Compile {
  const folder = temporaryFolder();
  const clang = (args: readonly string[], place: string): Promise<void> =>
    runCompiler('clang', ['--target=wasm32', ...flags, '-nostdlib', ...args], place);
  const objects = new Map<string, Promise<string>>();
  const write = (path: string): void => writeFileSync(join(folder, fileName(path)), runtimeFile(path));
  const compiled = async (path: string): Promise<string> => {
    write(path);
    const object = join(folder, fileName(path).replace(/\.c$/, '.o'));
    await clang(['-c', fileName(path), '-o', object], folder);
    return object;
  };
  let batches = 0;
  return async (batch) => {
    for (const path of ['tsr.h', ...batch.kernels.filter((file) => !isSource(file))]) write(path);
    const kernels: string[] = [];
    for (const path of batch.kernels.filter(isSource)) {
      const object = objects.get(path) ?? compiled(path);
      objects.set(path, object);
      kernels.push(await object);
    }
    batches += 1;
    const place = join(folder, `batch${batches}`);
    mkdirSync(place);
    for (const [name, text] of batch.files) writeFileSync(join(place, name), text);
    writeFileSync(join(place, 'main.c'), mainText(batch, []));
    await clang(['-Wl,--no-entry', '-I', folder, 'main.c', ...kernels, '-o', 'model.wasm'], place);
    const binary = new Uint8Array(readFileSync(join(place, 'model.wasm')));
    rmSync(place, { recursive: true, force: true });
    return binary;
  };
}

async function runWasm(batch: Batch, binary: Uint8Array): Promise<readonly BackendRun[]> {
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
