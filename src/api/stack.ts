import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { boardFlags, commonFlags, modelFlags } from '../codegen/board-project.ts';
import { loadTarget } from '../targets/load.ts';
import { withTemporaryFolder } from '../temporary.ts';
import { armCompiler } from './tools.ts';

/**
 * Bytes of stack that functions of newlib and libgcc take with all that they call, read from their disassembly (Debian
 * 12, armv7e-m): the compiler states those of what it compiles only.
 */
const libraryFrames: Readonly<Record<string, number>> = {
  memcpy: 16,
  memmove: 16,
  memset: 16,
  __aeabi_ldivmod: 48,
  __aeabi_uldivmod: 48,
};

/** What a call through a pointer is called: of the functions that give and take rows, or of one of the same file. */
const indirect = '__indirect_call';
const rowFunctions: readonly string[] = ['read_row', 'write_row'];

/** Frames of functions in bytes, and who calls whom. */
export interface CallGraph {
  readonly frames: ReadonlyMap<string, number>;
  readonly calls: ReadonlyMap<string, readonly string[]>;
}

/** Reads what gcc's -fcallgraph-info=su writes (VCG text). */
export function readCallGraph(texts: readonly string[]): CallGraph {
  const frames = new Map<string, number>();
  const calls = new Map<string, readonly string[]>();
  for (const text of texts) {
    const own: string[] = [];
    for (const [, name = '', label = ''] of text.matchAll(/node: \{ title: "([^"]*)" label: "([^"]*)"/g)) {
      const [, bytes, kind] = /(\d+) bytes \(([\w,]+)\)/.exec(label) ?? [];
      // A frame whose size is not known when it is compiled has no bound.
      if (bytes === undefined) continue;
      frames.set(name, kind === 'static' ? Number(bytes) : Number.POSITIVE_INFINITY);
      // The names of functions that no other file knows have that of their file before them.
      if (name.includes(':')) own.push(name);
    }
    const edges = [...text.matchAll(/edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"/g)];
    const called = new Set(edges.map(([, , to = '']) => to));
    // A function of the file that nothing calls by its name is one that a pointer may lead to.
    const hidden = own.filter((name) => !called.has(name));
    for (const [, from = '', to = ''] of edges) {
      calls.set(from, [...(calls.get(from) ?? []), to, ...(to === indirect ? hidden : [])]);
    }
  }
  return { frames, calls };
}

/** Bytes of stack on the deepest way from a function down; null where no bound is known: recursion, an unknown function. */
export function deepestStack(graph: CallGraph, entry: string, above: readonly string[] = []): number | null {
  if (above.includes(entry)) return null;
  if (entry === indirect) {
    const called = [...graph.frames.keys()].filter((name) => rowFunctions.includes(name.split(':').at(-1) as string));
    return called.length === 0 ? null : deepest(graph, called, above);
  }
  const own = graph.frames.get(entry) ?? libraryFrames[entry];
  if (own === undefined || own === Number.POSITIVE_INFINITY) return null;
  const below = deepest(graph, graph.calls.get(entry) ?? [], [...above, entry]);
  return below === null ? null : own + below;
}

/** The deepest of several functions; null where one has no bound. */
function deepest(graph: CallGraph, names: readonly string[], above: readonly string[]): number | null {
  let most = 0;
  for (const name of names) {
    const bytes = deepestStack(graph, name, above);
    if (bytes === null) return null;
    most = Math.max(most, bytes);
  }
  return most;
}

/**
 * A bound of the stack that the model `prefix` of a firmware takes, with the function of the firmware that gives it rows:
 * the compiler's own frames along the deepest way through the call graph. Null where the compiler cannot say.
 */
export async function stackBound(folder: string, prefix: string): Promise<number | null> {
  const { board, compilerFlags } = loadTarget(join(folder, 'target.json'));
  if (board === null) return null;
  return withTemporaryFolder('tessera-stack-', async (place) => {
    const parts = { model: modelFlags(board), board: boardFlags(board) };
    for (const [part, flags] of Object.entries(parts)) {
      const sources = readdirSync(join(folder, part)).filter((name) => name.endsWith('.c'));
      const include = ['model', 'board'].map((name) => `-I${resolve(folder, name)}`);
      const paths = sources.map((name) => resolve(folder, part, name));
      const args = [...compilerFlags, ...commonFlags, ...flags, ...include, '-fcallgraph-info=su', '-c', ...paths];
      if (spawnSync(armCompiler.name, args, { cwd: place }).status !== 0) return null;
    }
    const graphs = readdirSync(place).filter((name) => name.endsWith('.ci'));
    return deepestStack(readCallGraph(graphs.map((name) => readFileSync(join(place, name), 'utf8'))), `${prefix}_run`);
  });
}
