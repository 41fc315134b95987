/**
 * The stack and the static data of generated C on a Cortex-M4, as its compiler states them. Nothing runs: the frames of
 * all functions are summed along the call graph, so the figure is a bound.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const compiler = 'arm-none-eabi-gcc';
/** The functions that give and take rows are the user's: of no size here. */
const usersFunctions = ['read_row', 'write_row'];

// Layers that compute the same at the same place would become one function, and then not all would have a frame.
const apart = '-fno-ipa-icf';
const flags = ['-mcpu=cortex-m4', '-mthumb', '-O2', '-std=c99', apart, '-fstack-usage', '-fcallgraph-info=su'];

/** Whether the compiler is there. */
export function hasArmCompiler() {
  try {
    execFileSync(compiler, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {{ readCallGraph: Function, deepestStack: Function }} tessera the compiler's modules
 * @param {ReadonlyMap<string, string>} files the C files of a model, which need no others
 * @param {string} entry the function that is called, such as kws_run
 * @returns {{ stackBytes: number, dataBytes: number }} the deepest way through the call graph, without what the user's
 *   functions take that fetch and take rows; and the bytes of .data and .bss
 */
export function measureStatic({ readCallGraph, deepestStack }, files, entry) {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-stack-'));
  try {
    for (const [path, text] of files) writeFileSync(join(folder, path), text);
    const sources = [...files.keys()].filter((path) => path.endsWith('.c'));
    execFileSync(compiler, [...flags, '-c', ...sources], { cwd: folder, stdio: 'pipe' });
    const made = readdirSync(folder);
    const graphs = made.filter((path) => path.endsWith('.ci')).map((path) => readFileSync(join(folder, path), 'utf8'));
    const objects = made.filter((path) => path.endsWith('.o'));
    const sizes = execFileSync('arm-none-eabi-size', objects, { cwd: folder, encoding: 'utf8' }).split('\n').slice(1);
    const dataBytes = sizes.reduce((sum, line) => {
      const [, data = 0, bss = 0] = line.trim().split(/\s+/).map(Number);
      return sum + data + bss;
    }, 0);
    const { frames, calls } = readCallGraph(graphs);
    const stackBytes = deepestStack(
      { frames: new Map([...frames, ...usersFunctions.map((name) => [name, 0])]), calls },
      entry,
    );
    if (stackBytes === null) throw new Error(`${entry}: the compiler states no bound of its stack`);
    return { stackBytes, dataBytes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
