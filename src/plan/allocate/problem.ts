/**
 * Dynamic storage allocation: blocks with fixed lives get offsets such that no two that live together share bytes, and
 * the highest end is as low as can be. Several regions of memory are in regions.ts.
 */
export interface Block {
  /** The first moment of its life. */
  readonly lower: number;
  /** The first moment after its life. */
  readonly upper: number;
  readonly size: number;
}

/** Two blocks that may share bytes: `output` begins at least `distance` below `input`, or the two lie apart. */
export interface Overlap {
  readonly input: number;
  readonly output: number;
  readonly distance: number;
}

export interface Allocation {
  /** One for each block, in the order of the blocks. */
  readonly offsets: readonly number[];
  /** The end of the highest block. */
  readonly peak: number;
  /** No placement has a lower peak: the most that lives at one moment, or more where the search has proven it. */
  readonly bound: number;
  /** The peak is the bound. */
  readonly optimal: boolean;
  /** What the search has cost, in visits of a block: the same on every machine. */
  readonly work: number;
}

/** What an input and an output that begins in it take less than the two apart. */
export function savedTogether(input: number, output: number, distance: number): number {
  return input + output - Math.max(input + Math.min(distance, output), output);
}

/** The most that lives at one moment, two that may share bytes as close as they can be. */
export function liveBound(blocks: readonly Block[], overlaps: readonly Overlap[] = []): number {
  const changes = blocks.flatMap(({ lower, upper, size }) => [
    { time: lower, change: size },
    { time: upper, change: -size },
  ]);
  for (const { input, output, distance } of overlaps) {
    const [a, b] = [blocks[input] as Block, blocks[output] as Block];
    const [from, to] = [Math.max(a.lower, b.lower), Math.min(a.upper, b.upper)];
    const saved = savedTogether(a.size, b.size, distance);
    if (from < to) changes.push({ time: from, change: -saved }, { time: to, change: saved });
  }
  // Lives are half open: what lives at a moment is what there is when all its changes are made.
  changes.sort((a, b) => a.time - b.time);
  let live = 0;
  let most = 0;
  changes.forEach(({ time, change }, index) => {
    live += change;
    if (time !== changes[index + 1]?.time) most = Math.max(most, live);
  });
  return most;
}

export function peakOf(blocks: readonly Block[], offsets: readonly number[]): number {
  return blocks.reduce((peak, block, index) => Math.max(peak, (offsets[index] as number) + block.size), 0);
}
