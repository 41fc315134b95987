import { afterAll, describe, expect, it } from 'vitest';
import type { FirmwarePlaces } from '../../src/codegen/firmware-arena.ts';
import { plan as makePlan } from '../../src/compile.ts';
import { deviceError, streamLink } from '../../src/device/link.ts';
import { type DeviceModel, openSession, type Session } from '../../src/device/session.ts';
import { evaluateOutputs } from '../../src/plan/evaluate.ts';
import { placeInMemories } from '../../src/plan/memories.ts';
import type { ArenaMemory, Plan } from '../../src/plan/types.ts';
import { randomGraph } from '../random/generate.ts';
import { quantizedRandomGraph } from '../random/plans.ts';
import { randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';
import { buildHostFirmware, type HostFirmware } from './support/host-firmware.ts';

const memoriesFor = (bytes: number): readonly ArenaMemory[] =>
  ['A', 'B', 'C'].map((name) => ({ name, bytes: 4 * Math.ceil(bytes / 8), speed: 'usual' }));

/** Models whose arenas take two memories, of those that they can lie in. */
function dividedPlans(count: number): readonly Plan[] {
  const found: Plan[] = [];
  for (let seed = 1; found.length < count; seed += 1) {
    const graph = { ...quantizedRandomGraph(randomGraph(seed)).graph, name: `random${seed}` };
    const plan = makePlan(graph, { objective: 'time', input: 'resident' });
    const placed = plan.arenaBytes < 2000 ? null : placeInMemories(plan, memoriesFor(plan.arenaBytes));
    if (placed !== null && placed.regions.length > 1) found.push(placed);
  }
  return found;
}

/** One array in each memory, as large as the model that needs most there, and some bytes more or less in some. */
function placesFor(plans: readonly Plan[], more: Readonly<Record<string, number>> = {}): FirmwarePlaces {
  const arenas = ['A', 'B', 'C'].flatMap((name) => {
    const needed = plans.flatMap(({ regions }) => regions.filter(({ memory }) => memory?.name === name));
    const bytes = Math.max(0, ...needed.map((region) => region.bytes));
    return bytes === 0 ? [] : [{ name, bytes: bytes + (more[name] ?? 0) }];
  });
  return { arenas, copy: 'C', copyBytes: 2 ** 20 };
}

const firmwares: HostFirmware[] = [];
afterAll(() => {
  for (const firmware of firmwares) firmware.remove();
});

async function withFirmware(
  plans: readonly Plan[],
  places: FirmwarePlaces,
  use: (session: Session, models: readonly DeviceModel[]) => Promise<void>,
): Promise<void> {
  const firmware = await buildHostFirmware(plans, { places });
  firmwares.push(firmware);
  const { stream, process } = firmware.start();
  try {
    const session = await openSession(streamLink('test', stream, () => deviceError('it has ended')));
    await use(session, session.info.models);
  } finally {
    process.kill();
  }
}

describe('the firmware, of arenas in several memories', { timeout: 120_000 }, () => {
  const plans = dividedPlans(3);

  it('runs models whose arenas share arrays, and measures what each touches', async () => {
    await withFirmware(plans, placesFor(plans), async (session, models) => {
      for (const [index, plan] of plans.entries()) {
        await session.select(models[index] as DeviceModel);
        expect(await session.selfTest()).toBe(true);
        const inputs = randomSteps(plan.graph, randomFrom(index));
        await session.run(inputs);
        for (const [output, expected] of evaluateOutputs(plan, inputs).entries())
          expect(await session.output(output, expected.length)).toEqual(expected);
        const { arenaBytes } = await session.memory();
        expect(arenaBytes).toBeLessThanOrEqual(plan.arenaBytes);
        expect(arenaBytes).toBeGreaterThan(plan.arenaBytes - 4 * plan.regions.length);
      }
    });
  });

  it('notices bytes behind an array, though other regions are not used up', async () => {
    const [plan] = plans as [Plan];
    const places = placesFor([plan], { A: 64, B: -4 });
    await withFirmware([plan], places, async (session) => {
      const { arenaBytes } = await session.memory();
      expect(arenaBytes).toBeGreaterThan(places.arenas.reduce((sum, { bytes }) => sum + bytes, 0));
    });
  });
});
