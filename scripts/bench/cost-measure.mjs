/** Measures the layers of many networks in one start of QEMU. The functions take the compiler's modules as `tessera`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { traceMarks } from './cycles.mjs';
import { buildProgram, runProgram } from './qemu.mjs';
import { modelFlags } from './speed-lib.mjs';

const measureText = readFileSync(new URL('qemu/measure-layers.c', import.meta.url), 'utf8');

/** What the generated C says of where it comes from; nobody runs its self-test here. */
const modelOptions = {
  front: { version: '0', target: 'bench', modelHash: '' },
  ...{ boundary: 'int8', selfTest: 0, byteArrays: 'text' },
};

function describeText(plans, names) {
  const layers = Math.max(...plans.map((plan) => plan.layers.length));
  const marks = Array.from({ length: layers }, (_, i) => `measure_mark_${i}`);
  return `#include "tsr.h"
${names.map((name) => `#include "${name}.h"`).join('\n')}
#define MEASURE_ARENA_BYTES ${Math.max(...plans.map((plan) => plan.arenaBytes))}
#define MEASURE_LAYERS ${layers}
static void (*const measured[])(int8_t *arena) = {${names.map((name) => `${name}_run`).join(', ')}};
#ifdef MEASURE_TRACE
${marks.map((mark) => `__attribute__((noinline, noclone)) void ${mark}(void);\n__attribute__((noinline, noclone)) void ${mark}(void) { __asm__ volatile("" ::: "memory"); }`).join('\n')}
static void (*const measure_marks[])(void) = {${marks.join(', ')}};
#endif
`;
}

/**
 * The layers of plans, each computed once.
 * @param {{ modelFiles: Function, modelPrefix: Function }} tessera
 * @param {readonly object[]} plans
 * @param {{ core: string, withCycles: boolean }} options cycles are for a Cortex-M4 alone, and take a trace
 * @returns {Promise<readonly (readonly { layer: number, instructions: number, cycles?: number }[])[]>} for each plan
 */
export async function measureLayers(tessera, plans, { core, withCycles }) {
  const named = plans.map((plan, i) => ({ ...plan, graph: { ...plan.graph, name: `network${i}` } }));
  const names = named.map((plan) => tessera.modelPrefix(plan.graph.name));
  const files = new Map([
    ...named.flatMap((plan) => [...tessera.modelFiles(plan, modelOptions)]),
    ['measure_models.h', describeText(named, names)],
    ['measure.c', measureText],
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'tessera-cost-'));
  try {
    const flags = [...modelFlags, '-DTSR_PROFILE', ...(withCycles ? ['-DMEASURE_TRACE'] : [])];
    const elf = await buildProgram({ core, files, flags }, folder);
    if (withCycles) return await traceMarks(elf, { begin: 'measure_begin', end: 'measure_end', mark: 'measure_mark_' });
    const { output, code } = await runProgram(elf, core, { seconds: 600 });
    if (code !== 0) throw new Error(`the program ended with ${code}: ${output.slice(-1000)}`);
    return output
      .split(/^model \d+$/m)
      .slice(1)
      .map((text) =>
        [...text.matchAll(/^layer (\d+) (\d+)$/gm)].map(([, layer, instructions]) => ({
          layer: Number(layer),
          instructions: Number(instructions),
        })),
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
