import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readProject, withBoard } from '../../src/api/board.ts';
import { buildFirmware } from '../../src/api/build.ts';
import { type Compilation, compileModel } from '../../src/api/pipeline.ts';
import { makeProject, sharedReport } from '../../src/api/project.ts';
import { verifyProject } from '../../src/api/verify.ts';
import { describeModel, type PortDescription } from '../../src/codegen/wasm.ts';
import type { DeviceModel } from '../../src/device/session.ts';
import { elementCount } from '../../src/graph/types.ts';
import { touchedBytes } from '../../src/plan/heat.ts';
import { loadTarget } from '../../src/targets/load.ts';
import { kit, kitPath } from '../kit.ts';
import { npyOf } from '../numpy/make-npy.ts';
import { randomFrom } from '../support/random.ts';
import { createBench, examples } from './project.ts';

const bench = createBench();
afterAll(() => bench.remove());

/** QEMU's Cortex-M4 with two small memories for arenas, far from each other; the second is the faster one. */
function twoMemories(): string {
  const target = JSON.parse(loadTarget('qemu-cortex-m4').text) as { board: Record<string, unknown> };
  const purpose = 'arenas';
  const memory = [
    { name: 'SRAM', address: '0x20000000', bytes: 65_536, purpose: 'stack and data' },
    { name: 'ONE', address: '0x20100000', bytes: 28_672, purpose },
    { name: 'TWO', address: '0x20200000', bytes: 16_384, speed: 'fast', purpose },
  ];
  const placement = { data: 'SRAM', stack: 'SRAM', stackBytes: 4096, arena: ['ONE', 'TWO'] };
  const text = JSON.stringify({ ...target, name: 'two-memories', board: { ...target.board, memory, placement } });
  return join(bench.write('targets', new Map([['two.json', text]])), 'two.json');
}

const compiled = (example: string, target: string, objective: 'sram' | 'time'): Compilation =>
  compileModel(`examples/${example}/model.onnx`, {
    ...{ calibrate: 'random', name: example.replace('-', '_'), target, objective, compiler: 'system' },
  });

/** The bytes of the sections for arenas, by memory. */
function arenaSections(folder: string): ReadonlyMap<string, readonly (readonly [string, number])[]> {
  const { regions, warnings, fits } = buildFirmware(folder);
  expect([warnings, fits]).toEqual([[], true]);
  const arenas = regions.map(({ name, sections }) => {
    const found = sections.filter((section) => section.name.startsWith('.arena'));
    return [name, found.map((section) => [section.name, section.bytes] as const)] as const;
  });
  return new Map(arenas.filter(([, sections]) => sections.length > 0));
}

describe('a firmware whose arena lies in two memories', { timeout: 240_000 }, () => {
  const target = twoMemories();
  // One model fits the fast memory; the other fits neither, but both together.
  const models = examples.map((example) => compiled(example, target, 'sram'));

  it('was divided only where it had to be', () => {
    const [sounds, parts] = models.map(({ plan }) => plan.regions.map(({ memory }) => memory?.name));
    expect([sounds, parts]).toEqual([['TWO'], ['TWO', 'ONE']]);
    expect(models[1]?.plan.arenaBytes).toBeGreaterThan(28_672);
  });

  it('runs in an emulator: touches what was planned, no byte behind, and answers as WebAssembly does', async () => {
    const folder = bench.write('emulated', await makeProject(models));
    for (const { source, plan } of models) {
      const { shape } = describeModel(plan).inputs[0] as PortDescription;
      const random = randomFrom(1);
      const values = Float32Array.from({ length: elementCount(shape) }, () => 4 * random() - 2);
      const file = bench.write('samples', new Map([[`${source.name}.npy`, npyOf(shape, values)]]));
      const options = { inputs: [join(file, `${source.name}.npy`)], model: source.name, compiler: 'system' } as const;
      expect(await verifyProject(folder, options)).toMatchObject({ samples: 1, difference: null });
    }
    await withBoard(readProject(folder), {}, async (session) => {
      for (const [index, { plan }] of models.entries()) {
        await session.select(session.info.models[index] as DeviceModel);
        expect(await session.selfTest()).toBe(true);
        const { arenaBytes } = await session.memory();
        expect(arenaBytes).toBeLessThanOrEqual(plan.arenaBytes);
        // Scratch at the end of a region may be a few bytes more than its kernel takes of it.
        expect(arenaBytes).toBeGreaterThan(plan.arenaBytes - 16);
      }
    });
  });

  it('is reported memory by memory', async () => {
    const folder = bench.write('two', await makeProject(models));
    const sections = arenaSections(folder);
    expect([...sections.keys()]).toEqual(['ONE', 'TWO']);
    const [one, two] = [...sections.values()].map(([section]) => section);
    expect([one?.[0], two?.[0]]).toEqual(['.arena', '.arena_two']);
    const largest = (name: string): number =>
      Math.max(
        ...models.flatMap(({ plan }) => plan.regions).map(({ memory, bytes }) => (memory?.name === name ? bytes : 0)),
      );
    // An array is as large as the model that needs most there, and its guard; a copy of the input has no room.
    expect((one?.[1] ?? 0) - largest('ONE')).toBeLessThanOrEqual(32);
    expect((two?.[1] ?? 0) - largest('TWO')).toBeLessThanOrEqual(32);
    expect(sharedReport(models).arenaBytes).toBe(largest('ONE') + largest('TWO'));
  });
});

describe('boards with a fast memory', { timeout: 240_000 }, () => {
  /** Bytes touched in an inference, for each byte of the buffers that lie in a memory. */
  const density = ({ plan }: Compilation, region: number): number => {
    const heat = touchedBytes(plan);
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const inside = plan.buffers.flatMap((buffer, index) => (buffer.region === region ? [index] : []));
    return (
      sum(inside.map((index) => heat[index] as number)) / sum(inside.map((index) => plan.buffers[index]?.bytes ?? 0))
    );
  };
  const check = async (compilation: Compilation, other: string): Promise<void> => {
    const { plan } = compilation;
    expect(plan.regions.map(({ memory }) => memory?.name)).toEqual(['DTCM', other]);
    expect(density(compilation, 0)).toBeGreaterThan(1.5 * density(compilation, 1));
    const folder = bench.write(plan.graph.name, await makeProject(compilation));
    const sections = arenaSections(folder);
    expect([...sections.keys()].slice(0, 2)).toEqual(['DTCM', other]);
    const [first] = sections.get('DTCM') ?? [];
    expect(first?.[1]).toBe(16 * Math.ceil((plan.regions[0]?.bytes ?? 0) / 16) + 16);
  };

  it('STM32F746: the hot part of a large arena lies in DTCM', async () => {
    await check(compiled('part-sorter', 'stm32f746g-disco', 'time'), 'SRAM1');
  });

  it.skipIf(kit === null)('STM32H743: the hot part of a large arena lies in DTCM', async () => {
    const file = kitPath('mcunet', 'detection', 'detection_int8_qdq.onnx');
    // Of interleaved rows depthwise layers have scratch, which is the hottest of all.
    const options = { target: 'nucleo-h743zi', objective: 'time', optimize: 'size', name: 'detection' } as const;
    await check(compileModel(file, options), 'AXI');
  });
});
