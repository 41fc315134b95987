import { readFileSync } from 'node:fs';
import type { Model, ModelDescription } from '../../targets/wasm/tessera.mjs';
import { modelPrefix } from '../codegen/model.ts';
import { wasmSource } from '../codegen/wasm.ts';
import type { Plan } from '../plan/types.ts';
import { compileWasm, type WasmCompiler } from './clang.ts';

export type { InputValues, Model, ModelDescription, PortDescription } from '../../targets/wasm/tessera.mjs';

const targetFolder = new URL('../../targets/wasm/', import.meta.url);

/** Compiles a planned model to WebAssembly. `files`: the model and its kernels, as modelFiles gives them. */
export async function buildWasm(
  plan: Plan,
  files: ReadonlyMap<string, string>,
  compiler: WasmCompiler,
): Promise<Uint8Array> {
  const target = JSON.parse(readFileSync(new URL('target.json', targetFolder), 'utf8')) as { compilerFlags: string[] };
  const sources = new Map([...files, ['wasm.c', wasmSource(plan, modelPrefix(plan.graph.name))]]);
  return compileWasm(sources, 'wasm.c', target.compilerFlags, compiler);
}

/** Loads a compiled model into this process: the simulator. */
export async function instantiateWasm(wasm: Uint8Array, description: ModelDescription): Promise<Model> {
  const runtime = (await import(
    new URL('tessera.mjs', targetFolder).href
  )) as typeof import('../../targets/wasm/tessera.mjs');
  return runtime.instantiate(wasm, description);
}
