import type { Block } from './problem.ts';
import { solveAllocation } from './solve.ts';

/** A stretch of memory that blocks can lie in: from `offset` on, in the units of the blocks. */
export interface Region {
  readonly offset: number;
  readonly size: number;
}

/** A block, and how much it gains by fast memory: bytes read and written in an inference, say. */
export interface HeatedBlock extends Block {
  readonly heat: number;
}

/** Searches of a region; there are many, so each is short. */
const regionWork = 2_000_000;

/**
 * Gives every block a place in one of several regions, of which the first is the fastest: as much heat as can be in the
 * first, of what is left as much as can be in the next.
 * @returns an offset for each block, in the same units as those of the regions; null where no way was found to fit them
 */
export function placeInRegions(blocks: readonly HeatedBlock[], regions: readonly Region[]): readonly number[] | null {
  const all = blocks.map((_, index) => index);
  const byDensity = sorted(all, (index) => heatOf(blocks, index) / Math.max(1, sizeOf(blocks, index)));
  // Where the hottest first leaves something over, room counts more than heat: the largest first.
  const bySize = sorted(all, (index) => sizeOf(blocks, index));
  return fill(blocks, byDensity, regions) ?? fill(blocks, bySize, regions) ?? fill(blocks, bySize, fullest(regions));
}

const sizeOf = (blocks: readonly HeatedBlock[], index: number): number => (blocks[index] as HeatedBlock).size;
const heatOf = (blocks: readonly HeatedBlock[], index: number): number => (blocks[index] as HeatedBlock).heat;

function sorted(indices: readonly number[], value: (index: number) => number): readonly number[] {
  return [...indices].sort((a, b) => value(b) - value(a) || a - b);
}

/** The largest region first: what only it can hold must not find it taken. */
function fullest(regions: readonly Region[]): readonly Region[] {
  return [...regions].sort((a, b) => b.size - a.size);
}

/** Puts blocks in the first region one after the other as long as a search finds places, the rest in the next. */
function fill(
  blocks: readonly HeatedBlock[],
  order: readonly number[],
  regions: readonly Region[],
): readonly number[] | null {
  const offsets = new Array<number>(blocks.length).fill(0);
  let rest = order;
  for (const region of regions) {
    if (rest.length === 0) break;
    let kept: readonly number[] = [];
    let places: readonly number[] = [];
    const tryWith = (chosen: readonly number[]): boolean => {
      const solved = solveAllocation(
        chosen.map((index) => blocks[index] as Block),
        { work: regionWork, target: region.size },
      );
      if (solved.peak > region.size) return false;
      kept = chosen;
      places = solved.offsets;
      return true;
    };
    if (!tryWith(rest)) for (const index of rest) tryWith([...kept, index]);
    kept.forEach((index, position) => {
      offsets[index] = region.offset + (places[position] as number);
    });
    const taken = new Set(kept);
    rest = rest.filter((index) => !taken.has(index));
  }
  return rest.length === 0 ? offsets : null;
}
