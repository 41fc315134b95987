import type { ArenaRegion, Plan } from '../plan/types.ts';

/**
 * How C is given the arena. An arena of one region is a pointer to it. One of several regions is an array of pointers,
 * one a region: where the functions of a model of one region take `void *arena`, those of the other take
 * `void *const *arena`, so that a compiler tells who mistakes the one for the other.
 */
const isDivided = ({ regions }: Plan): boolean => regions.length > 1;

/** The parameter of a function of the header. */
export function arenaParameter(plan: Plan): string {
  return isDivided(plan) ? 'void *const *arena' : 'void *arena';
}

/** The same where the function only reads. */
export function readArenaParameter(plan: Plan): string {
  return isDivided(plan) ? 'void *const *arena' : 'const void *arena';
}

/** The parameter of the functions of layers and stages. */
export function baseParameter(plan: Plan): string {
  return isDivided(plan) ? 'int8_t *const *arena' : 'int8_t *arena';
}

/** The same where the function only reads. */
export function readBaseParameter(plan: Plan): string {
  return isDivided(plan) ? 'int8_t *const *arena' : 'const int8_t *arena';
}

/** The definition of `base`, which layers and stages get, from the parameter of the header's function. */
export function baseText(plan: Plan): string {
  if (!isDivided(plan)) return 'int8_t *base = (int8_t *)arena;';
  return `int8_t *const base[] = {${plan.regions.map((_, index) => `(int8_t *)arena[${index}]`).join(', ')}};`;
}

/** The address of a byte of a buffer, as a C expression. */
export function addressText({ regions, buffers }: Plan, index: number, offset = 0): string {
  const buffer = buffers[index];
  if (buffer === undefined) throw new Error(`there is no buffer ${index}`);
  const base = regions.length > 1 ? `arena[${buffer.region}]` : 'arena';
  const at = buffer.offset + offset;
  return at === 0 ? base : `${base} + ${at}`;
}

/** What the header says of the arena: how many bytes it takes, and where. */
export function arenaMacros(plan: Plan, upper: string): string {
  if (!isDivided(plan)) {
    return `/* Memory for activations, rings and scratch: the caller's, aligned to ${upper}_ARENA_ALIGNMENT. */
#define ${upper}_ARENA_BYTES ${plan.arenaBytes}
#define ${upper}_ARENA_ALIGNMENT 4`;
  }
  return `/*
 * Memory for activations, rings and scratch: the caller's, in ${plan.regions.length} regions, each aligned to ${upper}_ARENA_ALIGNMENT.
 * \`arena\` is an array of their addresses, in this order:
${plan.regions.map((region, index) => ` *   arena[${index}]: ${regionText(region)}`).join('\n')}
 */
#define ${upper}_ARENA_REGIONS ${plan.regions.length}
${plan.regions.map(({ bytes }, index) => `#define ${upper}_ARENA${index}_BYTES ${bytes}`).join('\n')}
#define ${upper}_ARENA_BYTES ${plan.arenaBytes} /* of all regions */
#define ${upper}_ARENA_ALIGNMENT 4`;
}

const speedTexts = { fast: ', the fastest memory', usual: '', slow: ', a slower memory' } as const;

function regionText({ memory, bytes }: ArenaRegion): string {
  return `${bytes} bytes${memory === null ? '' : `, planned for ${memory.name}${speedTexts[memory.speed]}`}`;
}
