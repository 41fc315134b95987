import { type Block, type Overlap, savedTogether } from './problem.ts';

/**
 * A problem on the sections of its time line. Only moments at which the living blocks are no subset of those of
 * another moment need a section: every two blocks that live together meet in one of them.
 *
 * That an output may begin in its dying input changes how far above the output the input must begin at the least, and
 * nothing else: of two blocks that live together one is the lower, and each placement in which no block can be pushed
 * down is given by which of two is the lower.
 */
export interface Sections {
  readonly blocks: number;
  readonly sections: number;
  /** Block b lives in the sections first[b] to end[b] - 1. */
  readonly first: Int32Array;
  readonly end: Int32Array;
  readonly size: Int32Array;
  /** Per block: the others that it meets. */
  readonly neighbours: readonly Int32Array[];
  /** For each neighbour: how far above the block it must begin at the least, where it lies above. */
  readonly above: readonly Int32Array[];
  /** For each neighbour: how far above it the block must begin at the least, where it lies below. */
  readonly below: readonly Int32Array[];
  /** Per block: the least of `above`. */
  readonly reach: Int32Array;
  /** Per block: those that it may share bytes with. */
  readonly partners: readonly (readonly Partner[])[];
  /** Per section: the blocks that live there. */
  readonly members: readonly Int32Array[];
  /** Per section: the blocks that begin there. */
  readonly starts: readonly Int32Array[];
  /** Per block: the nearest earlier one of the same life and size, or -1. The two are interchangeable. */
  readonly twin: Int32Array;
}

/** A block that another may share bytes with, in the sections [first, end). */
export interface Partner {
  readonly block: number;
  readonly first: number;
  readonly end: number;
  /** What the two can take less than both apart. */
  readonly saved: number;
}

/**
 * @param blocks with integer sizes below 2^31 in total
 * @param overlaps with distances above zero
 */
export function toSections(blocks: readonly Block[], overlaps: readonly Overlap[] = []): Sections {
  const times = sectionTimes(blocks);
  const count = blocks.length;
  const first = Int32Array.from(blocks, (block) => firstAtLeast(times, block.lower));
  const end = Int32Array.from(blocks, (block) => firstAtLeast(times, block.upper));
  const indices = blocks.map((_, index) => index);
  const members = times.map((_, section) =>
    Int32Array.from(indices.filter((b) => (first[b] as number) <= section && section < (end[b] as number))),
  );
  const starts = members.map((inside, section) => inside.filter((b) => first[b] === section));
  const neighbours = indices.map((b) => {
    const met = new Set<number>();
    for (const other of members[first[b] as number] as Int32Array) met.add(other);
    for (let s = (first[b] as number) + 1; s < (end[b] as number); s += 1) {
      for (const other of starts[s] as Int32Array) met.add(other);
    }
    met.delete(b);
    return Int32Array.from(met);
  });
  const size = Int32Array.from(blocks, (block) => block.size);
  const above = neighbours.map((others, b) => new Int32Array(others.length).fill(size[b] as number));
  const below = neighbours.map((others) => others.map((other) => size[other] as number));
  const reach = size.slice();
  const partners = blocks.map((): Partner[] => []);
  for (const { input, output, distance } of overlaps) {
    const least = Math.min(distance, size[output] as number);
    const meeting = (neighbours[output] as Int32Array).indexOf(input);
    if (meeting < 0) continue;
    (above[output] as Int32Array)[meeting] = least;
    (below[input] as Int32Array)[(neighbours[input] as Int32Array).indexOf(output)] = least;
    reach[output] = Math.min(reach[output] as number, least);
    const shared = {
      first: Math.max(first[input] as number, first[output] as number),
      end: Math.min(end[input] as number, end[output] as number),
      saved: savedTogether(size[input] as number, size[output] as number, distance),
    };
    (partners[input] as Partner[]).push({ block: output, ...shared });
    (partners[output] as Partner[]).push({ block: input, ...shared });
  }
  const latest = new Map<string, number>();
  const twin = new Int32Array(count).fill(-1);
  blocks.forEach((block, b) => {
    if ((partners[b] as readonly Partner[]).length > 0) return;
    const key = `${first[b]} ${end[b]} ${block.size}`;
    twin[b] = latest.get(key) ?? -1;
    latest.set(key, b);
  });
  const sections = times.length;
  return {
    blocks: count,
    sections,
    first,
    end,
    size,
    neighbours,
    above,
    below,
    reach,
    partners,
    members,
    starts,
    twin,
  };
}

/** The starts of lives after which a life ends before the next one starts. */
function sectionTimes(blocks: readonly Block[]): readonly number[] {
  const starts = [...new Set(blocks.map((block) => block.lower))].sort((a, b) => a - b);
  const ends = [...new Set(blocks.map((block) => block.upper))].sort((a, b) => a - b);
  // Lives are not empty, so that every start has an end after it.
  let next = 0;
  return starts.filter((start, index) => {
    while ((ends[next] as number) <= start) next += 1;
    return index + 1 === starts.length || (ends[next] as number) <= (starts[index + 1] as number);
  });
}

/** The index of the first element of a rising list that is at least `value`. */
function firstAtLeast(list: readonly number[], value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A problem in smaller units, in which no distance is zero. */
export interface Scaled {
  readonly blocks: readonly Block[];
  readonly overlaps: readonly Overlap[];
  readonly scale: number;
  /** The capacity in these units: offsets that it takes are, rounded down, offsets that the given one takes. */
  readonly scaled: (capacity: number) => number;
}

/**
 * The search places blocks from below: so an output that may begin at the very place of its input gets to lie below it by
 * a part of a unit, of which all such outputs together make less than one.
 */
export function withoutZeros(blocks: readonly Block[], overlaps: readonly Overlap[]): Scaled {
  const scale = 1 + overlaps.filter(({ distance }) => distance === 0).length;
  return {
    blocks: scale === 1 ? blocks : blocks.map((block) => ({ ...block, size: block.size * scale })),
    overlaps: overlaps.map((one) => ({ ...one, distance: one.distance === 0 ? 1 : one.distance * scale })),
    scale,
    scaled: (capacity) => capacity * scale + scale - 1,
  };
}

export interface Joined {
  readonly blocks: readonly Block[];
  /** For each original block the joined one that it is part of. */
  readonly owner: Int32Array;
}

/**
 * Joins blocks of one size of which each begins in the section in which the last has just ended. A placement of
 * the joined blocks is one of the original blocks, but not the other way round: this loses solutions, and
 * often makes the search much easier, since in tightly packed stretches a block's successor has no other place. Blocks
 * that may share bytes with others are left as they are.
 */
export function joinSuccessors(problem: Sections): Joined {
  const { first, end, size, partners } = problem;
  const owner = new Int32Array(problem.blocks).fill(-1);
  const blocks: { lower: number; upper: number; size: number }[] = [];
  const byStart = Array.from({ length: problem.blocks }, (_, b) => b);
  byStart.sort((a, b) => (first[a] as number) - (first[b] as number) || a - b);
  const ended = new Map<string, number[]>();
  for (const b of byStart) {
    const alone = (partners[b] as readonly Partner[]).length === 0;
    const before = alone ? ended.get(`${first[b]} ${size[b]}`)?.shift() : undefined;
    const index = before ?? blocks.length;
    const upper = end[b] as number;
    if (before === undefined) blocks.push({ lower: first[b] as number, upper, size: size[b] as number });
    else (blocks[before] as { upper: number }).upper = upper;
    owner[b] = index;
    if (!alone) continue;
    const key = `${upper} ${size[b]}`;
    ended.set(key, [...(ended.get(key) ?? []), index]);
  }
  return { blocks, owner };
}
