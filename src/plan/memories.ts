import { allocateJoined, arenaBytes, overlapsOf, toBlock } from './allocate/allocate.ts';
import { type Spot, waysInRegions } from './allocate/regions.ts';
import { placedJoins } from './build.ts';
import { touchedBytes } from './heat.ts';
import { overlappingLayers } from './joined.ts';
import { type ArenaMemory, type ArenaRegion, bufferAlignment, type PlacedBuffer, type Plan } from './types.ts';

const speeds: readonly ArenaMemory['speed'][] = ['fast', 'usual', 'slow'];

/**
 * Places the arena of a plan in the memories of a target: whole in one of the fastest if it fits there; else its buffers
 * are divided among the memories, those that are touched most in the fastest; else whole in a slower one. Steps and
 * buffers stay what they are.
 * @param memories in order of preference among those of one speed; none: the target says nothing, and the plan is kept
 * @param limit the most bytes that the parts of a divided arena may have together: more than undivided, where each part
 *   has a busiest step of its own
 * @returns null where no way was found to fit them
 */
export function placeInMemories(
  plan: Plan,
  memories: readonly ArenaMemory[],
  limit: number = Number.POSITIVE_INFINITY,
): Plan | null {
  if (memories.length === 0) return plan;
  const ordered = [...memories].sort((a, b) => speeds.indexOf(a.speed) - speeds.indexOf(b.speed));
  const holder = ordered.find(({ bytes }) => plan.arenaBytes <= bytes);
  if (holder !== undefined && holder.speed === ordered[0]?.speed) return inOne(plan, holder);
  const hasFaster = ordered.some(({ speed }) => speed !== ordered[0]?.speed);
  const ways = waysOf(plan, ordered);
  // Where one memory is as good as another, the fewest bytes in all.
  const tried = hasFaster ? ways : [...ways].sort((a, b) => bytesOf(plan, a) - bytesOf(plan, b)).slice(0, 1);
  for (const spots of tried) {
    const parts = divided(plan, ordered, spots);
    if (parts.arenaBytes <= limit) return parts;
  }
  return holder === undefined ? null : inOne(plan, holder);
}

function inOne(plan: Plan, memory: ArenaMemory): Plan {
  return { ...plan, regions: plan.regions.map((region) => ({ ...region, memory })) };
}

/** Bytes that the buffers take in all memories. */
function bytesOf({ buffers }: Plan, spots: readonly Spot[]): number {
  const ends = new Map<number, number>();
  spots.forEach(({ region, offset }, index) => {
    const end = offset * bufferAlignment + (buffers[index]?.bytes ?? 0);
    ends.set(region, Math.max(ends.get(region) ?? 0, end));
  });
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

/** Which memory each buffer may go to, and an offset there, in units of the alignment. */
function waysOf(plan: Plan, memories: readonly ArenaMemory[]): Iterable<readonly Spot[]> {
  const heat = touchedBytes(plan);
  const blocks = plan.buffers.map((buffer, index) => ({ ...toBlock(buffer), heat: heat[index] as number }));
  const regions = memories.map(({ bytes }) => ({ size: Math.floor(bytes / bufferAlignment) }));
  return waysInRegions(blocks, regions, overlapsOf(plan.buffers, plan.joins));
}

/** The plan with its buffers in the memories that were found; those of each are packed again, as low as they go. */
function divided(plan: Plan, memories: readonly ArenaMemory[], spots: readonly Spot[]): Plan {
  const regions: ArenaRegion[] = [];
  const placed = new Map<string, PlacedBuffer>();
  memories.forEach((memory, index) => {
    const found = plan.buffers.flatMap((buffer, at): PlacedBuffer[] => {
      const { region, offset } = spots[at] as Spot;
      return region === index ? [{ ...buffer, offset: offset * bufferAlignment }] : [];
    });
    if (found.length === 0) return;
    const names = new Set(found.map(({ name }) => name));
    const joins = plan.joins.filter(({ input, output }) => names.has(input) && names.has(output));
    const packed = allocateJoined(found, joins);
    const buffers = arenaBytes(packed.buffers) <= memory.bytes ? packed.buffers : found;
    for (const buffer of buffers) placed.set(buffer.name, { ...buffer, region: regions.length });
    regions.push({ memory, bytes: arenaBytes(buffers), bound: packed.bound });
  });
  const buffers = plan.buffers.map(({ name }) => placed.get(name) as PlacedBuffer);
  return {
    ...plan,
    buffers,
    regions,
    overlapping: overlappingLayers(plan.layers, placedJoins(plan.joins, buffers), plan.storage),
    arenaBytes: regions.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
