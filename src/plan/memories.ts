import type { Overlap } from './allocate/overlaps.ts';
import { placeInRegions, type Spot } from './allocate/regions.ts';
import { allocateJoined, arenaBytes, toBlock } from './allocate.ts';
import { overlappingLayers } from './build.ts';
import { touchedBytes } from './heat.ts';
import { type ArenaMemory, type ArenaRegion, bufferAlignment, type PlacedBuffer, type Plan } from './types.ts';

const speeds: readonly ArenaMemory['speed'][] = ['fast', 'usual', 'slow'];

/**
 * Places the arena of a plan in the memories of a target: whole in one of the fastest if it fits there; else its buffers
 * are divided among the memories, those that are touched most in the fastest; else whole in a slower one. Steps and
 * buffers stay what they are.
 * @param memories in order of preference among those of one speed; none: the target says nothing, and the plan is kept
 * @returns null where no way was found to fit them
 */
export function placeInMemories(plan: Plan, memories: readonly ArenaMemory[]): Plan | null {
  if (memories.length === 0) return plan;
  const ordered = [...memories].sort((a, b) => speeds.indexOf(a.speed) - speeds.indexOf(b.speed));
  const holder = ordered.find(({ bytes }) => plan.arenaBytes <= bytes);
  if (holder !== undefined && holder.speed === ordered[0]?.speed) return inOne(plan, holder);
  const spots = spotsOf(plan, ordered);
  if (spots !== null) return divided(plan, ordered, spots);
  return holder === undefined ? null : inOne(plan, holder);
}

function inOne(plan: Plan, memory: ArenaMemory): Plan {
  return { ...plan, regions: plan.regions.map((region) => ({ ...region, memory })) };
}

/** Which memory each buffer goes to, and an offset there, in units of the alignment. */
function spotsOf(plan: Plan, memories: readonly ArenaMemory[]): readonly Spot[] | null {
  const heat = touchedBytes(plan);
  const blocks = plan.buffers.map((buffer, index) => ({ ...toBlock(buffer), heat: heat[index] as number }));
  const indexOf = new Map(plan.buffers.map(({ name }, index) => [name, index]));
  const overlaps = plan.joins.map(
    ({ input, output, distance }): Overlap => ({
      input: indexOf.get(input) as number,
      output: indexOf.get(output) as number,
      distance: distance / bufferAlignment,
    }),
  );
  const regions = memories.map(({ bytes }) => ({ size: Math.floor(bytes / bufferAlignment) }));
  return placeInRegions(blocks, regions, overlaps);
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
    overlapping: overlappingLayers(plan.layers, buffers, plan.joins),
    arenaBytes: regions.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
