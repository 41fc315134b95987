import { describe, expect, it } from 'vitest';
import { type HeatedBlock, placeInRegions, type Region } from '../../src/plan/allocate/regions.ts';
import { createDice, randomFrom } from '../support/random.ts';

const block = (lower: number, upper: number, size: number, heat = size): HeatedBlock => ({ lower, upper, size, heat });

/** That every block lies whole in one region, and none over another that lives at the same time. */
function check(blocks: readonly HeatedBlock[], regions: readonly Region[], offsets: readonly number[]): void {
  blocks.forEach((a, i) => {
    const at = offsets[i] as number;
    const home = regions.filter(({ offset, size }) => at >= offset && at + a.size <= offset + size);
    expect(home, `block ${i} at ${at}`).toHaveLength(1);
    blocks.slice(i + 1).forEach((b, j) => {
      const other = offsets[i + 1 + j] as number;
      const together = a.lower < b.upper && b.lower < a.upper;
      expect(together && at < other + b.size && other < at + a.size, `${i} over ${i + 1 + j}`).toBe(false);
    });
  });
}

describe('placement in several regions', () => {
  const fast = { offset: 0, size: 100 };
  const slow = { offset: 10_000, size: 300 };

  it('takes the fast region alone where all fits', () => {
    const blocks = [block(0, 2, 60), block(1, 3, 40), block(2, 4, 60)];
    const offsets = placeInRegions(blocks, [fast, slow]) as readonly number[];
    check(blocks, [fast], offsets);
  });

  it('keeps the hottest in the fast region', () => {
    const blocks = [block(0, 4, 90, 10), block(0, 4, 80, 900), block(0, 4, 90, 20)];
    const offsets = placeInRegions(blocks, [fast, slow]) as readonly number[];
    check(blocks, [fast, slow], offsets);
    expect(offsets[1]).toBe(0);
  });

  it('gives up heat where only so all fit', () => {
    // The hot block of 90 must not keep the one of 300 out of the slow region.
    const blocks = [block(0, 4, 300, 1), block(0, 4, 90, 900), block(4, 6, 100, 5)];
    check(blocks, [fast, slow], placeInRegions(blocks, [fast, slow]) as readonly number[]);
  });

  it('says so where they cannot fit', () => {
    expect(placeInRegions([block(0, 2, 301)], [fast, slow])).toBeNull();
    expect(placeInRegions([block(0, 2, 250), block(0, 2, 250)], [fast, slow])).toBeNull();
  });

  it('places random problems without overlap', () => {
    let placed = 0;
    for (let seed = 0; seed < 100; seed += 1) {
      const dice = createDice(randomFrom(seed));
      const blocks = Array.from({ length: dice.integer(1, 20) }, () => {
        const lower = dice.integer(0, 15);
        return block(lower, lower + dice.integer(1, 6), dice.integer(1, 70), dice.integer(0, 500));
      });
      const offsets = placeInRegions(blocks, [fast, slow]);
      if (offsets === null) continue;
      placed += 1;
      check(blocks, [fast, slow], offsets);
    }
    expect(placed).toBeGreaterThan(60);
  });
});
