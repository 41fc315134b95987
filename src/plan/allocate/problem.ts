/**
 * Dynamic storage allocation: blocks with fixed lives get offsets such that no two that live together share bytes, and
 * the highest end is as low as can be. Pairs of blocks that may share bytes are in overlaps.ts, several regions of memory
 * in regions.ts.
 */
export interface Block {
  /** The first moment of its life. */
  readonly lower: number;
  /** The first moment after its life. */
  readonly upper: number;
  readonly size: number;
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

/** The most that lives at one moment. */
export function liveBound(blocks: readonly Block[]): number {
  const changes = blocks.flatMap(({ lower, upper, size }) => [
    { time: lower, change: size },
    { time: upper, change: -size },
  ]);
  // At one moment, what dies goes before what is born: lives are half open.
  changes.sort((a, b) => a.time - b.time || a.change - b.change);
  let live = 0;
  let most = 0;
  for (const { change } of changes) {
    live += change;
    most = Math.max(most, live);
  }
  return most;
}

export function peakOf(blocks: readonly Block[], offsets: readonly number[]): number {
  return blocks.reduce((peak, block, index) => Math.max(peak, (offsets[index] as number) + block.size), 0);
}
