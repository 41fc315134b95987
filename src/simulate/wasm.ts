import { readFileSync } from 'node:fs';
import type { Model, ModelDescription, PortDescription } from '../../targets/wasm/tessera.mjs';
import { modelPrefix } from '../codegen/model.ts';
import { wasmProgram, wasmSource } from '../codegen/wasm.ts';
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
  const sources = new Map([...files, ['wasm.c', wasmSource(plan, modelPrefix(plan.graph.name))]]);
  return compileWasm(sources, 'wasm.c', wasmFlags(), compiler);
}

function wasmFlags(): readonly string[] {
  const target = JSON.parse(readFileSync(new URL('target.json', targetFolder), 'utf8')) as { compilerFlags: string[] };
  return target.compilerFlags;
}

/**
 * Compiles a model of a generated project to WebAssembly: the very C that a board's compiler sees.
 * @param files the C files of the project's models and kernels, by name
 */
export async function buildProjectWasm(
  files: ReadonlyMap<string, string>,
  description: ModelDescription,
  compiler: WasmCompiler,
): Promise<Uint8Array> {
  const kernels = [...files.keys()].filter((name) => name.startsWith('tsr_') && name.endsWith('.c'));
  const source = wasmProgram(description, modelPrefix(description.name), kernels);
  const sources = new Map([...distinct(files, kernels), ['wasm.c', source], ['string.h', stringHeader]]);
  return compileWasm(sources, 'wasm.c', [...wasmFlags(), '-I.'], compiler);
}

/** The name that a line of C keeps to its file: of a function, an array or a variable. */
const privateName = /^static (?:__attribute__\(\(.*?\)\) )?[^(=;]*?\b(\w+)(?:\(|\[| =)/gm;

/**
 * Kernels are compiled on their own for a board, and all together here, which is many times faster: a name that is private
 * to several files gets a number in each.
 */
function distinct(files: ReadonlyMap<string, string>, kernels: readonly string[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string[]>();
  for (const file of kernels) {
    for (const [, name = ''] of (files.get(file) ?? '').matchAll(privateName)) {
      owners.set(name, [...(owners.get(name) ?? []), file]);
    }
  }
  const changed = new Map(files);
  for (const [name, users] of owners) {
    if (users.length < 2) continue;
    for (const [index, file] of users.entries()) {
      const text = changed.get(file) as string;
      changed.set(file, text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `${name}_${index}`));
    }
  }
  return changed;
}

/** There is no C library here; what kernels for other machines want of it, the module has itself. */
const stringHeader = `#include <stddef.h>
void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memset(void *to, int value, size_t count);
`;

/** The steps of an input in the order of memory, as the generated code takes them. */
export async function inputSteps(values: Float32Array, port: PortDescription): Promise<Int8Array> {
  const runtime = (await import(
    new URL('tessera.mjs', targetFolder).href
  )) as typeof import('../../targets/wasm/tessera.mjs');
  return runtime.inputSteps(values, port);
}

/** Loads a compiled model into this process: the simulator. */
export async function instantiateWasm(wasm: Uint8Array, description: ModelDescription): Promise<Model> {
  const runtime = (await import(
    new URL('tessera.mjs', targetFolder).href
  )) as typeof import('../../targets/wasm/tessera.mjs');
  return runtime.instantiate(wasm, description);
}
