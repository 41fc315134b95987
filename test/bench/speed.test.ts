import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { estimateCycles, instructionCycles } from '../../scripts/bench/cycles.mjs';
import { mobilenetV2 } from '../../scripts/bench/mobilenet.mjs';
import { buildProgram, cores, hasQemu, runOnQemu } from '../../scripts/bench/qemu.mjs';
import { compareWithBaseline, measureSpeed, targets } from '../../scripts/bench/speed-lib.mjs';
import { modelPrefix } from '../../src/codegen/model.ts';
import { modelFiles } from '../../src/codegen/project.ts';
import { modelOptions, optimize, plan, quantize } from '../../src/compile.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';

type Core = keyof typeof cores;
const allCores = Object.keys(cores) as readonly Core[];
const tessera = {
  ...{ modelFiles, modelOptions, modelPrefix, optimize, plan, quantize },
  ...{ createGraphBuilder, plainPort },
};

/** 1 + 3 * 1000 + 1 instructions. */
const known = `#include "qemu.h"
__attribute__((naked, noinline)) void known(void *context);
__attribute__((naked, noinline)) void known(void *context) {
  (void)context;
  __asm__ volatile("mov r0, #1000\\n1: nop\\nsubs r0, #1\\nbne 1b\\nbx lr");
}
__attribute__((noinline)) void finish(void);
__attribute__((noinline)) void finish(void) { __asm__ volatile(""); }
`;

if (!hasQemu()) console.log('left out: counting instructions (QEMU or arm-none-eabi-gcc is not installed)');

describe.skipIf(!hasQemu())('the emulator', () => {
  it.each(allCores)('counts instructions exactly: %s', async (core) => {
    const main = `${known}
int main(void) {
  qemu_calibrate();
  qemu_print_number((int64_t)qemu_measure(known, NULL));
  return 7;
}`;
    expect(await runOnQemu({ core, files: new Map([['main.c', main]]) })).toEqual({ output: '3002', code: 7 });
  });

  it('says what a fault is', async () => {
    const main = '#include "qemu.h"\nint main(void) { return *(volatile int *)0xdeadbee0; }';
    const { output, code } = await runOnQemu({ core: 'cortex-m4', files: new Map([['main.c', main]]) });
    expect(code).toBe(91);
    expect(output).toContain('fault: status');
  });

  it('stops a program that does not end', async () => {
    const main = '#include "qemu.h"\nint main(void) { for (;;) __asm__ volatile("nop"); }';
    const run = runOnQemu({ core: 'cortex-m4', files: new Map([['main.c', main]]), seconds: 2 });
    await expect(run).rejects.toThrow('did not end within 2 s');
  });

  it('gives estimated cycles block by block', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
    try {
      const main = `${known}\nint main(void) {\n  known(NULL);\n  finish();\n  return 0;\n}`;
      const elf = await buildProgram({ core: 'cortex-m4', files: new Map([['main.c', main]]) }, folder);
      const { functions, instructions } = await estimateCycles(elf, { from: 'known', to: 'finish' });
      // mov, 1000 times nop, subs, bne, of which 999 are taken (2 more), and bx (3).
      expect(functions.get('known')).toBe(1 + 3 * 1000 + 2 * 999 + 3);
      expect(instructions).toBeLessThan(3002 + 5);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const graph = mobilenetV2(tessera, { width: 0.35, size: 32, classes: 10 });
  const made = plan(graph, { objective: 'time', input: 'resident' });
  const options = modelOptions(made, new Uint8Array(), 'test', '0', 'int8');
  const model = { name: 'MobileNetV2 0.35, 32', competitor: [] };

  it.each(allCores)(
    'runs a model with the kernels for %s: its self-test passes',
    async (core) => {
      const settings = { core, isas: targets[core], plan: 'balanced', withLayers: true, withCycles: true };
      const row = await measureSpeed(tessera, model, { graph, options }, settings);
      const layers = row.layers.reduce((sum: number, { instructions }) => sum + instructions, 0);
      // Between the last layer's mark and the end there is little.
      expect(Math.abs(layers - row.instructions) / row.instructions).toBeLessThan(0.02);
      if (core === 'cortex-m4') expect(row.estimatedCycles).toBeGreaterThan(row.instructions);
      else expect(row.estimatedCycles).toBeNull();
    },
    120_000,
  );
});

describe('estimated cycles of a Cortex-M4', () => {
  const before = { mnemonic: 'ldr', operands: 'r1, [r2]' };
  it.each([
    ['adds', 'r0, r1, r2', null, 1],
    ['smlad', 'r0, r1, r2, r3', null, 1],
    ['ldr', 'r0, [r1]', null, 2],
    ['ldr.w', 'r0, [r3], #4', before, 1],
    ['ldr', 'r0, [r1]', before, 2],
    ['ldrd', 'r0, r1, [r2], #8', null, 3],
    ['ldm.w', 'r0!, {r1, r3-r5}', null, 5],
    ['pop', '{r4, r5, pc}', null, 6],
    ['push', '{r4, lr}', null, 3],
    ['bl', '#0x100', null, 3],
    ['bne', '#0x100', null, 1],
    ['udiv', 'r0, r1, r2', null, 7],
  ] as const)('%s %s', (mnemonic, operands, previous, cycles) => {
    expect(instructionCycles(mnemonic, operands, previous)).toBe(cycles);
  });
});

it('a regression of more than 1 % in instructions is noticed', () => {
  const row = (model: string, instructions: number) => ({ model, target: 'cortex-m4', plan: 'balanced', instructions });
  const baseline = { 'a cortex-m4 balanced': 1000, 'b cortex-m4 balanced': 1000, 'c cortex-m4 balanced': 1000 };
  const rows = [row('a', 1010), row('b', 1011), row('c', 900), row('d', 5)];
  expect(compareWithBaseline(rows, baseline)).toEqual({
    worse: ['b cortex-m4 balanced: 1011, was 1000'],
    better: ['c cortex-m4 balanced: 900, was 1000'],
    unknown: ['d cortex-m4 balanced'],
  });
});
