import { describe, expect, it } from 'vitest';
import { placeInMemories } from '../../src/plan/memories.ts';
import type { ArenaMemory, Plan } from '../../src/plan/types.ts';
import { validatePlan } from '../../src/plan/validate/validate.ts';
import { differences, type PlannedModel } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { createDice, type Dice, randomFrom } from '../support/random.ts';
import { wasmBackend } from '../support/wasm.ts';
import { randomPlans } from './plans.ts';

const count = Number(process.env.TESSERA_REGION_GRAPHS ?? 20);
const firstSeed = Number(process.env.TESSERA_SEED ?? 0);

/** Two or three memories, none of which takes the whole arena. */
function memoriesFor({ arenaBytes }: Plan, dice: Dice): readonly ArenaMemory[] {
  return Array.from(
    { length: dice.integer(2, 3) },
    (_, index): ArenaMemory => ({
      name: `M${index}`,
      bytes: Math.min(arenaBytes - 4, 4 * Math.round((arenaBytes * dice.integer(20, 95)) / 400)),
      speed: dice.pick(['fast', 'usual', 'slow'] as const),
    }),
  );
}

describe('arenas in several memories', () => {
  it(`give the same bytes, and leave those between the regions alone (${count} random graphs)`, async () => {
    const models: PlannedModel[] = [];
    let tried = 0;
    let overlapping = 0;
    const numbers = new Map<number, number>();
    for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
      const dice = createDice(randomFrom(seed ^ 0x1b873593));
      const { plans, samples } = randomPlans(seed);
      for (const { kind, plan } of plans) {
        if (plan.arenaBytes < 64) continue;
        tried += 1;
        const memories = memoriesFor(plan, dice);
        const placed = placeInMemories(plan, memories);
        if (placed === null) continue;
        validatePlan(placed);
        for (const { memory, bytes } of placed.regions) expect(bytes).toBeLessThanOrEqual(memory?.bytes ?? 0);
        numbers.set(placed.regions.length, (numbers.get(placed.regions.length) ?? 0) + 1);
        if (placed.overlapping.size > 0) overlapping += 1;
        const sizes = placed.regions.map(({ memory, bytes }) => `${bytes} of ${memory?.bytes}`).join(', ');
        models.push({ name: `seed ${seed} ${kind} in ${sizes}`, plan: placed, samples });
      }
    }
    console.log(`${tried} plans; in so many regions, so many: ${JSON.stringify([...numbers])}; ${overlapping} overlap`);
    const backends = [
      nativeBackend({ compiler: 'gcc', mode: 'sanitized' }),
      wasmBackend({ compiler: 'system', optimization: 'low' }),
    ];
    expect(await differences(models, backends)).toEqual([]);
    if (count < 20) return;
    expect(numbers.get(2)).toBeGreaterThan(tried / 4);
    expect(numbers.get(3)).toBeGreaterThan(2);
    expect(overlapping).toBeGreaterThan(0);
  }, 300_000);
});
