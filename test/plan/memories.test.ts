import { describe, expect, it } from 'vitest';
import { compileModel } from '../../src/api/pipeline.ts';
import { touchedBytes } from '../../src/plan/heat.ts';
import { placeInMemories } from '../../src/plan/memories.ts';
import type { ArenaMemory, PlacedBuffer, Plan } from '../../src/plan/types.ts';
import { validatePlan } from '../../src/plan/validate/validate.ts';

const compiled = (objective: 'time' | 'sram'): Plan =>
  compileModel('examples/part-sorter/model.onnx', { calibrate: 'random', objective }).plan;
/** Every layer whole; and in stages, with rings. */
const [whole, staged] = [compiled('time'), compiled('sram')];

const memory = (name: string, bytes: number, speed: ArenaMemory['speed'] = 'usual'): ArenaMemory => ({
  name,
  bytes,
  speed,
});

/** Memory by memory what was placed there. */
const sizes = (plan: Plan | null): unknown => plan?.regions.map(({ memory: of, bytes }) => [of?.name, bytes]);

describe('an arena in the memories of a target', () => {
  const bytes = whole.arenaBytes;

  it('stays as it is where the target says nothing', () => {
    expect(placeInMemories(whole, [])).toBe(whole);
    expect(whole.regions).toEqual([{ memory: null, bytes, bound: whole.allocationBound }]);
  });

  it('lies whole in the first that has room, of those that are as fast as any', () => {
    const placed = placeInMemories(whole, [memory('A', bytes - 4), memory('B', bytes), memory('C', bytes)]);
    expect(sizes(placed)).toEqual([['B', bytes]]);
    expect(placed?.buffers).toBe(whole.buffers);
    const fast = placeInMemories(whole, [memory('A', bytes), memory('B', bytes, 'fast')]);
    expect(sizes(fast)).toEqual([['B', bytes]]);
  });

  it('is divided where none takes it, and where the fastest does not', () => {
    const largest = Math.max(...whole.buffers.map((buffer) => buffer.bytes));
    for (const memories of [
      [memory('A', largest), memory('B', bytes >> 2)],
      [memory('FAST', bytes >> 2, 'fast'), memory('B', bytes)],
    ]) {
      const placed = placeInMemories(whole, memories) as Plan;
      validatePlan(placed);
      expect(placed.regions.map((region) => region.memory)).toEqual(memories);
      expect(placed.buffers.map(({ name, bytes: size }) => [name, size])).toEqual(
        whole.buffers.map(({ name, bytes: size }) => [name, size]),
      );
      expect(placed.arenaBytes).toBe(placed.regions.reduce((sum, region) => sum + region.bytes, 0));
      expect(placed.allocationBound).toBe(whole.allocationBound);
    }
  });

  it('has what is touched most for its size in the fastest memory', () => {
    const placed = placeInMemories(whole, [memory('SLOW', bytes, 'slow'), memory('FAST', bytes >> 1, 'fast')]) as Plan;
    const heat = touchedBytes(placed);
    const density = (name: string): number => {
      const inside = placed.buffers.flatMap((buffer, index) =>
        placed.regions[buffer.region]?.memory?.name === name ? [{ buffer, heat: heat[index] as number }] : [],
      );
      const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
      return sum(inside.map((one) => one.heat)) / sum(inside.map(({ buffer }) => buffer.bytes));
    };
    expect(placed.regions.map((region) => region.memory?.name)).toEqual(['FAST', 'SLOW']);
    expect(density('FAST')).toBeGreaterThan(1.2 * density('SLOW'));
    const hottest = heat.indexOf(Math.max(...heat.map((value, index) => value / (placed.buffers[index]?.bytes ?? 1))));
    expect(placed.buffers[hottest]?.region ?? 0).toBe(0);
  });

  it('counts rows as often as kernels are given them', () => {
    const heat = touchedBytes(whole);
    const input = whole.buffers.findIndex(({ name }) => name === whole.graph.inputs[0]?.tensor);
    // A 3 x 3 convolution of stride 2 over 96 rows of 288 bytes: 48 steps with three rows each.
    expect(heat[input]).toBe(48 * 3 * 288);
    // In a stage every ring is smaller than what goes through it.
    const rings = touchedBytes(staged).filter((value, index) => value > 3 * (staged.buffers[index]?.bytes ?? 0));
    expect(rings.length).toBeGreaterThan(3);
  });

  it('goes to a slower memory whole where it cannot be divided, and nowhere where there is none', () => {
    const largest = Math.max(...whole.buffers.map((buffer) => buffer.bytes));
    const tiny = memory('TINY', 16, 'fast');
    const placed = placeInMemories(whole, [tiny, memory('B', bytes)]) as Plan;
    validatePlan(placed);
    expect(placed.regions.at(-1)?.memory?.name).toBe('B');
    expect(placeInMemories(whole, [tiny, memory('B', largest - 4), memory('C', largest - 4)])).toBeNull();
    expect(placeInMemories(whole, [memory('A', bytes >> 2), memory('B', bytes >> 2)])).toBeNull();
  });
});

describe('the validator, of several regions', () => {
  const placed = placeInMemories(staged, [
    memory('A', 4 * Math.ceil(staged.arenaBytes / 16)),
    memory('B', staged.arenaBytes - 4),
    memory('C', 4 * Math.ceil(staged.arenaBytes / 32)),
  ]) as Plan;
  const changed = (change: (buffer: PlacedBuffer) => Partial<PlacedBuffer>): Plan => ({
    ...placed,
    buffers: placed.buffers.map((buffer) => ({ ...buffer, ...change(buffer) })),
  });

  it('takes a good one', () => {
    expect(placed.regions.length).toBeGreaterThan(1);
    expect(() => validatePlan(placed)).not.toThrow();
  });

  it.each<readonly [string, () => Plan, string]>([
    ['a region that there is not', () => changed(() => ({ region: 7 })), 'a region that there is not'],
    ['a buffer beyond its region', () => changed(({ region }) => (region === 1 ? { offset: 1e6 } : {})), 'leaves'],
    ['two that meet when they lie in one region', () => changed(() => ({ region: 1, offset: 0 })), 'overlap|leaves'],
    ['a sum that is wrong', () => ({ ...placed, arenaBytes: placed.arenaBytes - 4 }), 'the regions have'],
    [
      'a region larger than its memory',
      () => ({
        ...placed,
        regions: placed.regions.map((region) => ({ ...region, memory: memory('A', region.bytes - 4) })),
      }),
      'the region in A has',
    ],
    [
      'two regions in one memory',
      () => ({ ...placed, regions: placed.regions.map((region) => ({ ...region, memory: memory('A', 1e6) })) }),
      'the memories of the regions are A, A',
    ],
  ])('refuses %s', (_, plan, words) => {
    expect(() => validatePlan(plan())).toThrow(new RegExp(words));
  });
});
