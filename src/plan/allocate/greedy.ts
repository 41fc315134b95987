import { type Block, peakOf } from './problem.ts';

/**
 * Places the blocks one after the other, each in the lowest gap between those already placed that takes it.
 * @param order indices of the blocks, first to be placed first
 */
export function placeInOrder(blocks: readonly Block[], order: readonly number[]): readonly number[] {
  const offsets = new Array<number>(blocks.length).fill(0);
  // Indices of placed blocks by rising offset, so that the gaps come one after the other.
  const placed: number[] = [];
  for (const index of order) {
    const block = blocks[index] as Block;
    let offset = 0;
    for (const other of placed) {
      const { lower, upper, size } = blocks[other] as Block;
      if (lower >= block.upper || block.lower >= upper) continue;
      const start = offsets[other] as number;
      if (offset + block.size <= start) break;
      offset = Math.max(offset, start + size);
    }
    offsets[index] = offset;
    const after = placed.findIndex((other) => (offsets[other] as number) > offset);
    placed.splice(after < 0 ? placed.length : after, 0, index);
  }
  return offsets;
}

/**
 * Greedy by size: largest first. (Pisarchyk and Lee, "Efficient memory management for deep neural net inference",
 * arXiv 2001.03288.)
 */
export function placeBySize(blocks: readonly Block[]): readonly number[] {
  return placeInOrder(
    blocks,
    decreasing(blocks, (block) => block.size),
  );
}

/** The best of a few greedy orders; where several are as good, greedy by size. */
export function placeGreedily(blocks: readonly Block[]): readonly number[] {
  const life = (block: Block): number => block.upper - block.lower;
  const keys = [life, (block: Block): number => life(block) * block.size, (block: Block): number => -block.lower];
  let best = placeBySize(blocks);
  for (const key of keys) {
    const offsets = placeInOrder(blocks, decreasing(blocks, key));
    if (peakOf(blocks, offsets) < peakOf(blocks, best)) best = offsets;
  }
  return best;
}

function decreasing(blocks: readonly Block[], key: (block: Block) => number): readonly number[] {
  const keys = blocks.map(key);
  return keys.map((_, index) => index).sort((a, b) => (keys[b] as number) - (keys[a] as number) || a - b);
}
