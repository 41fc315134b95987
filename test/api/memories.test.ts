import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Compilation, compileModel, simulate } from '../../src/api/pipeline.ts';
import { planModel } from '../../src/api/plan.ts';
import { makeProject } from '../../src/api/project.ts';
import { overviewText } from '../../src/report/overview.ts';
import { smallModel } from '../cli/small-model.ts';
import { runCompiler, warnings } from '../support/native.ts';
import { randomFrom } from '../support/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'tessera-memories-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A target of the user's own: any machine with memories of these sizes for arenas. */
function machine(name: string, sizes: readonly number[], speeds: readonly string[] = []): string {
  const arena = sizes.map((bytes, index) => ({ name: `M${index}`, bytes, speed: speeds[index] ?? 'usual' }));
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ name, description: 'a machine of mine', kind: 'library', arena }));
  return path;
}

const known = new Map<string, Compilation>();

function compiled(target: string, arenaLimit?: number): Compilation {
  const key = `${target} ${arenaLimit}`;
  const compilation =
    known.get(key) ??
    compileModel('examples/part-sorter/model.onnx', {
      ...{ calibrate: 'random', name: 'parts', target, objective: 'sram', compiler: 'system', boundary: 'float' },
      ...(arenaLimit === undefined ? {} : { arenaLimit }),
    });
  known.set(key, compilation);
  return compilation;
}

/** Of which the input is 27,648 bytes. */
const least = compiled('wasm').plan.arenaBytes;

const caller = `#include "parts.h"

static int32_t one[PARTS_ARENA0_BYTES / 4];
static int32_t two[PARTS_ARENA1_BYTES / 4];

int main(void) {
  void *const arena[PARTS_ARENA_REGIONS] = {one, two};
  float scores[PARTS_OUTPUT0_BYTES];
  if (parts_self_test(arena) != 1) return 1;
  for (int i = 0; i < PARTS_INPUT0_BYTES; ++i) parts_input0(arena)[i] = 1;
  parts_run(arena);
  parts_read_output0(arena, scores);
  return PARTS_ARENA0_BYTES + PARTS_ARENA1_BYTES == PARTS_ARENA_BYTES ? 0 : 2;
}
`;

describe('a model for a machine with several small memories', { timeout: 120_000 }, () => {
  const target = machine('two-srams', [28_672, 8192]);

  it('fits only divided, and says so', async () => {
    const compilation = compiled(target);
    expect(compilation.plan.regions.map(({ memory, bytes }) => [memory?.name, bytes <= (memory?.bytes ?? 0)])).toEqual([
      ['M0', true],
      ['M1', true],
    ]);
    const files = await makeProject(compilation);
    const header = String(files.get('parts.h'));
    expect(header).toContain('void parts_run(void *const *arena);');
    expect(header).toMatch(/ {3}arena\[0\]: \d+ bytes, planned for M0\n.* {3}arena\[1\]: \d+ bytes, planned for M1\n/);
    const plan = String(files.get('plan.txt'));
    expect(plan).toMatch(/ {8}in 2 memories: M0 [\d,]+, M1 [\d,]+\n/);
    expect(plan).toMatch(/^memory +offset +bytes/m);
    const report = JSON.parse(String(files.get('report.json'))) as {
      arenaBytes: number;
      regions: { memory: string; bytes: number }[];
      buffers: { region: number; offset: number; bytes: number }[];
    };
    expect(report.regions.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(report.arenaBytes);
    for (const { region, offset, bytes } of report.buffers)
      expect(offset + bytes).toBeLessThanOrEqual(report.regions[region]?.bytes ?? 0);
  });

  it('runs natively, called from C and from C++', async () => {
    const files = await makeProject(compiled(target));
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
    const sources = [...files.keys()].filter((name) => name.endsWith('.c'));
    await runCompiler('gcc', [...warnings, '-O1', '-fsanitize=address,undefined', '-c', ...sources], folder);
    const objects = sources.map((name) => name.replace(/\.c$/, '.o'));
    for (const [compiler, file, standard] of [
      ['gcc', 'main.c', '-std=c99'],
      ['g++', 'main.cpp', '-std=c++11'],
    ] as const) {
      writeFileSync(join(folder, file), caller);
      const flags = [standard, '-Wall', '-Wextra', '-Werror', '-fsanitize=address,undefined'];
      await runCompiler(compiler, [...flags, file, ...objects, '-o', 'run'], folder);
      await runCompiler(join(folder, 'run'), [], folder);
    }
  });

  it('runs in WebAssembly, and gives the same bytes', async () => {
    const [whole, divided] = await Promise.all([simulate(compiled('wasm')), simulate(compiled(target))]);
    expect([whole.selfTest(), divided.selfTest()]).toEqual([true, true]);
    expect(divided.regionBytes).toHaveLength(2);
    expect(divided.arena()).toHaveLength(divided.arenaBytes);
    const random = randomFrom(5);
    const values = Float32Array.from({ length: 27_648 }, () => 4 * random() - 2);
    expect(divided.runSteps(values)).toEqual(whole.runSteps(values));
  });

  it('takes a limit of all memories together', () => {
    const whole = compiled(target).plan.arenaBytes;
    expect(compiled(target, whole).plan.arenaBytes).toBe(whole);
    expect(whole).toBeLessThanOrEqual(36_864);
    // More than the target has: what fits the target is taken.
    const { plan } = compiled(target, 2 ** 20);
    expect(plan.regions.length).toBe(2);
    expect(plan.arenaBytes).toBeGreaterThanOrEqual(least);
  });

  it('that is divided for speed stays undivided where only that is within the limit', () => {
    const fast = machine('fast', [16_384, 65_536], ['fast', 'usual']);
    const { regions, arenaBytes } = compiled(fast).plan;
    expect(regions.map(({ memory }) => memory?.name)).toEqual(['M0', 'M1']);
    expect(arenaBytes).toBeGreaterThan(least);
    const { plan } = compiled(fast, least);
    expect(plan.regions.map(({ memory }) => memory?.name)).toEqual(['M1']);
    expect(plan.arenaBytes).toBeLessThanOrEqual(least);
  });

  it('is told the least that its memories take, and that is so', () => {
    const small = (target: string, arenaLimit?: number): Compilation =>
      compileModel(smallModel, { calibrate: 'random', target, objective: 'sram', arenaLimit });
    const bytes = small('wasm').plan.arenaBytes;
    const memories = machine('least', [bytes - 4, bytes >> 1]);
    const { arenaBytes, regions } = small(memories).plan;
    expect([regions.length, arenaBytes >= bytes]).toEqual([2, true]);
    let message = '';
    try {
      small(memories, 16);
    } catch (error) {
      message = (error as Error).message;
    }
    const named = Number(/the least arena is ([\d,]+) bytes/.exec(message)?.[1]?.replaceAll(',', ''));
    expect(named).toBeGreaterThanOrEqual(bytes);
    expect(small(memories, named).plan.arenaBytes).toBeLessThanOrEqual(named);
    // Within the limit, but not within the memories: said at once.
    expect(() => small(machine('halves', [bytes >> 2, bytes >> 2]), bytes)).toThrow(
      expect.objectContaining({ code: 4, message: expect.stringContaining('the target has room for M0 ') }),
    );
  });

  it('that do not take it is refused: exit code 4, with what is missing and where', async () => {
    const refused = async (path: string): Promise<string> => {
      const error = (await makeProject(compiled(path)).catch((found: unknown) => found)) as Error;
      expect(error).toMatchObject({ code: 4 });
      return error.message;
    };
    expect(await refused(machine('tiny', [8192, 4096, 2048]))).toBe(
      'model.onnx does not fit tiny. Of 29,328 bytes of arena the target has room for M0 8,192, M1 4,096, M2 2,048: 14,992 bytes are missing in all',
    );
    expect(await refused(machine('halves', [20_480, 20_480]))).toContain(
      'M0 20,480, M1 20,480: image alone takes 27,648 bytes, 7,168 more than M0 has',
    );
  });
});

it('the table of plans shows the chosen one with all its parts', { timeout: 120_000 }, () => {
  const overview = planModel('examples/part-sorter/model.onnx', {
    ...{ calibrate: 'random', target: 'stm32f746g-disco', objective: 'time' },
  });
  expect(overview.chosen.regions.length).toBeGreaterThan(1);
  expect(overview.plans.find(({ isChosen }) => isChosen)?.arenaBytes).toBe(overview.chosen.arenaBytes);
  expect(overviewText(overview)).toContain('The chosen arena is divided');
});
