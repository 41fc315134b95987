import { type Block, liveBound, type Overlap, savedTogether } from './problem.ts';

export type { Overlap } from './problem.ts';

export interface Placement {
  readonly offsets: readonly number[];
  readonly peak: number;
}

/** How often the blocks are placed anew, in another order, until the peak is the bound. */
const rounds = 600;

/**
 * Places blocks of which some may share bytes so that the highest end is low: each in the lowest place that is free, in
 * several orders; and again with what came to lie highest placed earlier, until the bound is reached or the rounds are
 * over. The backwards order is the natural one for a chain of blocks each of which begins in the one before.
 * @param bound a peak that cannot be lower
 */
export function placeOverlapping(blocks: readonly Block[], overlaps: readonly Overlap[], bound: number): Placement {
  const indices = blocks.map((_, index) => index);
  const at = (index: number): Block => blocks[index] as Block;
  const life = (index: number): number => at(index).upper - at(index).lower;
  const keys = [
    (i: number): number => -at(i).upper,
    (i: number): number => -at(i).size,
    (i: number): number => -life(i),
    (i: number): number => -at(i).size * life(i),
    (i: number): number => at(i).lower,
  ];
  const neighbours = neighboursOf(blocks, overlaps);
  let best: Placement | null = null;
  for (const key of keys) {
    let order = [...indices].sort((a, b) => key(a) - key(b) || at(b).size - at(a).size || a - b);
    for (let round = 0; round < rounds / keys.length; round += 1) {
      const found = placeInOrder(blocks, order, neighbours);
      if (best === null || found.peak < best.peak) best = found;
      if (best.peak <= bound) return best;
      const highest = indices.filter((i) => (found.offsets[i] as number) + at(i).size === found.peak);
      order = moveForward(order, highest[round % highest.length] as number, round);
    }
  }
  return best ?? { offsets: [], peak: 0 };
}

/** The order with one element further to the front, by a distance that changes from round to round. */
function moveForward(order: readonly number[], element: number, round: number): number[] {
  const at = order.indexOf(element);
  const to = Math.max(0, at - 1 - ((round * round * 7 + round) % Math.max(1, at)));
  const rest = order.filter((other) => other !== element);
  return [...rest.slice(0, to), element, ...rest.slice(to)];
}

/** A block that lives with another: its offset must not lie in the open interval (other - below, other + above). */
interface Neighbour {
  readonly block: number;
  readonly below: number;
  readonly above: number;
}

function neighboursOf(blocks: readonly Block[], overlaps: readonly Overlap[]): readonly (readonly Neighbour[])[] {
  const distances = new Map(overlaps.map(({ input, output, distance }) => [`${input} ${output}`, distance]));
  return blocks.map((block, index) =>
    blocks.flatMap((other, position): Neighbour[] => {
      if (position === index || block.lower >= other.upper || other.lower >= block.upper) return [];
      const under = distances.get(`${position} ${index}`) ?? block.size;
      const over = distances.get(`${index} ${position}`) ?? other.size;
      return [{ block: position, below: Math.min(under, block.size), above: Math.min(over, other.size) }];
    }),
  );
}

function placeInOrder(
  blocks: readonly Block[],
  order: readonly number[],
  neighbours: readonly (readonly Neighbour[])[],
): Placement {
  const offsets = new Array<number>(blocks.length).fill(-1);
  let peak = 0;
  for (const index of order) {
    const forbidden: (readonly [number, number])[] = [];
    for (const { block, below, above } of neighbours[index] as readonly Neighbour[]) {
      const other = offsets[block] as number;
      if (other >= 0) forbidden.push([other - below, other + above]);
    }
    forbidden.sort((a, b) => a[0] - b[0]);
    let offset = 0;
    for (const [below, above] of forbidden) if (below < offset && offset < above) offset = above;
    offsets[index] = offset;
    peak = Math.max(peak, offset + (blocks[index] as Block).size);
  }
  return { offsets, peak };
}

/**
 * A peak that no placement is below: the most that lives at one moment; and, along a chain of blocks each of which must
 * share bytes with the next since there is no room for both, the first one with all distances and with what lives
 * beside the whole chain.
 */
export function overlapBound(blocks: readonly Block[], overlaps: readonly Overlap[]): number {
  const next = new Map(overlaps.map((overlap) => [overlap.input, overlap]));
  let bound = liveBound(blocks, overlaps);
  for (let raised = true; raised; ) {
    raised = false;
    for (const first of next.keys()) {
      const least = chainBound(blocks, overlaps, next, first, bound);
      if (least <= bound) continue;
      bound = least;
      raised = true;
      break;
    }
  }
  return bound;
}

/** The least peak above `bound` that the chain from `first` on allows; `bound` where it fits. */
function chainBound(
  blocks: readonly Block[],
  overlaps: readonly Overlap[],
  next: ReadonlyMap<number, Overlap>,
  first: number,
  bound: number,
): number {
  const head = blocks[first] as Block;
  const members = new Set([first]);
  let distances = 0;
  // Where one pair has room to lie apart, the chain ends: the least such room is another way to go up.
  let apart = Number.POSITIVE_INFINITY;
  for (let overlap = next.get(first); overlap !== undefined; overlap = next.get(overlap.output)) {
    const [input, output] = [blocks[overlap.input] as Block, blocks[overlap.output] as Block];
    members.add(overlap.output);
    const beside = besideBytes(blocks, overlaps, members, head.upper - 1, output.lower + 1);
    const pair = input.size + output.size + beside;
    if (pair <= bound) return bound;
    apart = Math.min(apart, pair);
    distances += Math.min(overlap.distance, output.size);
    const least = head.size + distances + beside;
    if (least > bound) return Math.min(least, apart);
  }
  return bound;
}

/** The bytes that blocks outside a chain, and apart from it, take throughout [from, to). */
function besideBytes(
  blocks: readonly Block[],
  overlaps: readonly Overlap[],
  chain: ReadonlySet<number>,
  from: number,
  to: number,
): number {
  const beside = new Set(blocks.keys());
  blocks.forEach(({ lower, upper }, index) => {
    if (chain.has(index) || lower > from || to > upper) beside.delete(index);
  });
  for (const { input, output } of overlaps) {
    if (chain.has(input)) beside.delete(output);
    if (chain.has(output)) beside.delete(input);
  }
  const size = (index: number): number => (blocks[index] as Block).size;
  const shared = overlaps.reduce((sum, { input, output, distance }) => {
    if (!beside.has(input) || !beside.has(output)) return sum;
    return sum + savedTogether(size(input), size(output), distance);
  }, 0);
  return [...beside].reduce((sum, index) => sum + size(index), 0) - shared;
}
