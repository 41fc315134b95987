/** A block of memory with its life, from `lower` on and before `upper`, and its place. */
export interface PlacedBlock {
  readonly name: string;
  readonly lower: number;
  readonly upper: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * Checks a placement by comparing every two blocks. Shares nothing with the code that makes placements.
 * @param alignment that every offset must be a multiple of
 * @param end that no block may pass: the stated peak, or a capacity
 * @throws Error (our bug) that says what is wrong
 */
export function validateAllocation(blocks: readonly PlacedBlock[], end: number, alignment: number): void {
  blocks.forEach((a, index) => {
    if (!Number.isSafeInteger(a.offset) || a.offset < 0) fail(`${a.name} lies at ${a.offset}`);
    if (a.offset % alignment !== 0) fail(`${a.name} lies at ${a.offset}, which is no multiple of ${alignment}`);
    if (a.offset + a.size > end) fail(`${a.name} ends at ${a.offset + a.size}, beyond ${end}`);
    for (let other = 0; other < index; other += 1) {
      const b = blocks[other] as PlacedBlock;
      const shareTime = Math.max(a.lower, b.lower) < Math.min(a.upper, b.upper);
      const shareBytes = Math.max(a.offset, b.offset) < Math.min(a.offset + a.size, b.offset + b.size);
      if (shareTime && shareBytes) fail(`${b.name} and ${a.name} live at one time and share bytes`);
    }
  });
}

function fail(message: string): never {
  throw new Error(`the allocation is wrong: ${message}`);
}
