import { type Overlap, placeOverlapping } from './overlaps.ts';
import { type Block, liveBound } from './problem.ts';
import { solveAllocation } from './solve.ts';

/** A stretch of memory that blocks can lie in, in the units of the blocks. */
export interface Region {
  readonly size: number;
}

/** A block, and how much it gains by fast memory: bytes read and written in an inference, say. */
export interface HeatedBlock extends Block {
  readonly heat: number;
}

/** The region of a block, and its offset there. */
export interface Spot {
  readonly region: number;
  readonly offset: number;
}

/** Searches of a region; there are many, so each is short. */
const regionWork = 2_000_000;

/** Searches for a region that may fail; then a block goes where there is a gap, and nothing is moved any more. */
const mostFailures = 100;

interface Problem {
  readonly blocks: readonly HeatedBlock[];
  readonly regions: readonly Region[];
  readonly overlaps: readonly Overlap[];
}

/**
 * Gives every block a place in one of several regions, of which the first is the fastest: as much heat as can be in the
 * first, of what is left as much as can be in the next. A heuristic: a region is filled block by block, the hottest for
 * its size first, as long as a search finds places for all that is in it.
 * @param overlaps blocks that may share bytes, if they lie in one region
 * @returns a spot for each block; null where no way was found to fit them
 */
export function placeInRegions(
  blocks: readonly HeatedBlock[],
  regions: readonly Region[],
  overlaps: readonly Overlap[] = [],
): readonly Spot[] | null {
  for (const spots of waysInRegions(blocks, regions, overlaps)) return spots;
  return null;
}

/** The same, and other ways to fit the blocks in the regions, with less heat in the first. */
export function* waysInRegions(
  blocks: readonly HeatedBlock[],
  regions: readonly Region[],
  overlaps: readonly Overlap[] = [],
): Generator<readonly Spot[]> {
  const problem = { blocks, regions, overlaps };
  const all = blocks.map((_, index) => index);
  const at = (index: number): HeatedBlock => blocks[index] as HeatedBlock;
  const byDensity = sorted(all, (index) => at(index).heat / Math.max(1, at(index).size));
  // Where the hottest first leaves something over, room counts more than heat.
  const bySize = sorted(all, (index) => at(index).size);
  const byArea = sorted(all, (index) => at(index).size * (at(index).upper - at(index).lower));
  const given = regions.map((_, index) => index);
  // What only the largest can hold must not find it taken; and what the smallest can hold must not take others' room.
  const fullest = sorted(given, (index) => (regions[index] as Region).size);
  const tightest = [...fullest].reverse();
  for (const [order, sequence] of [
    [byDensity, given],
    [bySize, given],
    [bySize, fullest],
    [byArea, given],
    [byArea, fullest],
    [bySize, tightest],
    [byArea, tightest],
  ] as const) {
    const spots = fill(problem, order, sequence);
    if (spots !== null) yield spots;
  }
}

function sorted(indices: readonly number[], value: (index: number) => number): readonly number[] {
  return [...indices].sort((a, b) => value(b) - value(a) || a - b);
}

/** Puts blocks in one region after the other as long as places are found, the rest in the next. */
function fill(problem: Problem, order: readonly number[], sequence: readonly number[]): readonly Spot[] | null {
  const spots = new Array<Spot>(problem.blocks.length);
  let rest = order;
  for (const region of sequence) {
    if (rest.length === 0) break;
    const { size } = problem.regions[region] as Region;
    let kept = together(problem, rest, size);
    if (kept === null) {
      kept = new Map();
      let failures = 0;
      for (const index of rest) {
        const offset = freeOffset(problem, kept, index, size);
        if (offset !== null) {
          kept.set(index, offset);
        } else if (failures < mostFailures) {
          const found = together(problem, [...kept.keys(), index], size);
          if (found === null) failures += 1;
          kept = found ?? kept;
        }
      }
    }
    for (const [index, offset] of kept) spots[index] = { region, offset };
    const taken = kept;
    rest = rest.filter((index) => !taken.has(index));
  }
  return rest.length === 0 ? spots : null;
}

/** The lowest place beside the blocks that have one; null where none ends within `size`. */
function freeOffset(
  { blocks }: Problem,
  placed: ReadonlyMap<number, number>,
  index: number,
  size: number,
): number | null {
  const block = blocks[index] as HeatedBlock;
  const meeting = [...placed].filter(([other]) => {
    const { lower, upper } = blocks[other] as HeatedBlock;
    return lower < block.upper && block.lower < upper;
  });
  meeting.sort((a, b) => a[1] - b[1]);
  let offset = 0;
  for (const [other, start] of meeting) {
    if (offset + block.size <= start) break;
    offset = Math.max(offset, start + (blocks[other] as HeatedBlock).size);
  }
  return offset + block.size <= size ? offset : null;
}

/** Offsets for blocks in one region; null where no search finds any. */
function together(problem: Problem, chosen: readonly number[], size: number): Map<number, number> | null {
  const position = new Map(chosen.map((index, at) => [index, at]));
  const overlaps = problem.overlaps.flatMap(({ input, output, distance }): Overlap[] => {
    const [a, b] = [position.get(input), position.get(output)];
    return a === undefined || b === undefined ? [] : [{ input: a, output: b, distance }];
  });
  const blocks = chosen.map((index) => problem.blocks[index] as Block);
  if (liveBound(blocks, overlaps) > size) return null;
  const apart = solveAllocation(blocks, { work: regionWork, target: size });
  const solved = apart.peak > size && overlaps.length > 0 ? placeOverlapping(blocks, overlaps, size) : apart;
  if (solved.peak > size) return null;
  return new Map(chosen.map((index, at) => [index, solved.offsets[at] as number]));
}
