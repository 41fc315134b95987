/**
 * The stack and the static data of generated C on a Cortex-M4, as its compiler states them. Nothing runs: the frames of
 * all functions are summed along the call graph, so the figure is a bound.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const compiler = 'arm-none-eabi-gcc';
const flags = ['-mcpu=cortex-m4', '-mthumb', '-O2', '-std=c99', '-fstack-usage', '-fcallgraph-info=su'];

/**
 * Bytes of stack that functions of newlib and libgcc take with all that they call, read from their disassembly (Debian
 * 12, armv7e-m): the compiler states those of what it compiles only.
 */
const libraryFrames = { memcpy: 16, memmove: 16, memset: 16, __aeabi_ldivmod: 48, __aeabi_uldivmod: 48 };

/** What calls through a pointer are called: here only the rows that the user's own function fetches. */
const indirect = '__indirect_call';

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
 * @param {ReadonlyMap<string, string>} files the C files of a model, which need no others
 * @param {string} entry the function that is called, such as kws_run
 * @returns {{ stackBytes: number, path: readonly string[], dataBytes: number }} the deepest way through the call graph,
 *   without what the user's function takes that fetches rows; and the bytes of .data and .bss
 */
export function measureStatic(files, entry) {
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
    return { ...deepest(readCallGraph(graphs), entry), dataBytes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The frames and calls of -fcallgraph-info=su (VCG text).
 * @param {readonly string[]} texts
 */
export function readCallGraph(texts) {
  const frames = new Map();
  const calls = new Map();
  for (const text of texts) {
    for (const [, name, label] of text.matchAll(/node: \{ title: "([^"]*)" label: "([^"]*)"/g)) {
      const stated = /(\d+) bytes \((\w+)\)/.exec(label);
      if (stated === null) continue;
      if (stated[2] !== 'static') throw new Error(`${name} takes ${stated[2]} stack: no bound is known`);
      frames.set(name, Number(stated[1]));
    }
    for (const [, from, to] of text.matchAll(/edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"/g)) {
      calls.set(from, [...(calls.get(from) ?? []), to]);
    }
  }
  return { frames, calls };
}

/** The way from a function down that takes the most stack. */
export function deepest({ frames, calls }, entry, above = []) {
  if (above.includes(entry)) throw new Error(`${entry} calls itself: no bound is known`);
  if (entry === indirect) return { stackBytes: 0, path: [] };
  const own = frames.get(entry) ?? libraryFrames[entry];
  if (own === undefined) throw new Error(`nothing is known of the stack of ${entry}`);
  const below = (calls.get(entry) ?? []).map((name) => deepest({ frames, calls }, name, [...above, entry]));
  const most = below.reduce((a, b) => (b.stackBytes > a.stackBytes ? b : a), { stackBytes: 0, path: [] });
  return { stackBytes: own + most.stackBytes, path: [`${entry} ${own}`, ...most.path] };
}
