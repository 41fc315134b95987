import { describe, expect, it } from 'vitest';
import { liveBound } from '../../src/plan/allocate/problem.ts';
import { type HeatedBlock, placeInRegions, type Region, type Spot } from '../../src/plan/allocate/regions.ts';
import { solveAllocation } from '../../src/plan/allocate/solve.ts';
import { createDice, randomFrom } from '../support/random.ts';

const block = (lower: number, upper: number, size: number, heat = size): HeatedBlock => ({ lower, upper, size, heat });

/** That every block lies whole in its region, and none over another that lives there at the same time. */
function check(blocks: readonly HeatedBlock[], regions: readonly Region[], spots: readonly Spot[]): void {
  const wrong: string[] = [];
  blocks.forEach((a, i) => {
    const at = spots[i] as Spot;
    expect(at.offset, `block ${i}`).toBeGreaterThanOrEqual(0);
    expect(at.offset + a.size, `block ${i}`).toBeLessThanOrEqual((regions[at.region] as Region).size);
    blocks.slice(i + 1).forEach((b, j) => {
      const other = spots[i + 1 + j] as Spot;
      const together = a.lower < b.upper && b.lower < a.upper && at.region === other.region;
      const meet = at.offset < other.offset + b.size && other.offset < at.offset + a.size;
      if (together && meet) wrong.push(`${i} over ${i + 1 + j}`);
    });
  });
  expect(wrong).toEqual([]);
}

describe('placement in several regions', () => {
  const fast = { size: 100 };
  const slow = { size: 300 };

  it('takes the fast region alone where all fits', () => {
    const blocks = [block(0, 2, 60), block(1, 3, 40), block(2, 4, 60)];
    const spots = placeInRegions(blocks, [fast, slow]) as readonly Spot[];
    check(blocks, [fast], spots);
  });

  it('keeps the hottest in the fast region', () => {
    const blocks = [block(0, 4, 90, 10), block(0, 4, 80, 900), block(0, 4, 90, 20)];
    const spots = placeInRegions(blocks, [fast, slow]) as readonly Spot[];
    check(blocks, [fast, slow], spots);
    expect(spots[1]).toEqual({ region: 0, offset: 0 });
  });

  it('gives up heat where only so all fit', () => {
    // The hot block of 90 must not keep the one of 300 out of the slow region.
    const blocks = [block(0, 4, 300, 1), block(0, 4, 90, 900), block(4, 6, 100, 5)];
    check(blocks, [fast, slow], placeInRegions(blocks, [fast, slow]) as readonly Spot[]);
  });

  it('puts what only the largest region takes there, wherever it stands in the order', () => {
    const blocks = [block(0, 4, 100, 1), block(0, 4, 90, 900), block(0, 4, 150, 5)];
    check(blocks, [fast, { size: 80 }, slow], placeInRegions(blocks, [fast, { size: 80 }, slow]) as readonly Spot[]);
  });

  it('lets blocks share bytes where they may, and only in one region', () => {
    // Three of 80 and one of 100: they fit 260 bytes only if the output of 80 begins 20 below its input.
    const overlap = { input: 0, output: 1, distance: 20 };
    const blocks = [block(0, 2, 80), block(1, 3, 80), block(1, 2, 100)];
    const regions = [{ size: 100 }, { size: 100 }];
    expect(placeInRegions(blocks, regions)).toBeNull();
    const [input, output] = placeInRegions(blocks, regions, [overlap]) as readonly Spot[];
    expect(input?.region).toBe(output?.region);
    expect((input?.offset ?? 0) - (output?.offset ?? 0)).toBeGreaterThanOrEqual(20);
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
      const spots = placeInRegions(blocks, [fast, slow]);
      if (spots === null) continue;
      placed += 1;
      check(blocks, [fast, slow], spots);
    }
    expect(placed).toBeGreaterThan(60);
  });

  it('finds a way in nearly all tight problems that have one', () => {
    let possible = 0;
    let found = 0;
    for (let seed = 0; seed < 160; seed += 1) {
      const dice = createDice(randomFrom(seed));
      const blocks = Array.from({ length: dice.integer(5, 9) }, () => {
        const lower = dice.integer(0, 9);
        return block(lower, lower + dice.integer(1, 4), dice.integer(1, 70), dice.integer(0, 500));
      });
      // At most a fifth more than lives at one moment.
      const live = liveBound(blocks);
      const first = Math.round((live * dice.integer(30, 70)) / 100);
      const regions = [{ size: first }, { size: Math.round((live * dice.integer(100, 120)) / 100) - first }];
      const fits = (chosen: readonly HeatedBlock[], size: number): boolean =>
        liveBound(chosen) <= size && solveAllocation(chosen, { work: 200_000, target: size }).peak <= size;
      const divisions = Array.from({ length: 2 ** blocks.length }, (_, mask) =>
        regions.map((_, region) => blocks.filter((_, index) => ((mask >> index) & 1) === region)),
      );
      const isPossible = divisions.some((parts) =>
        parts.every((part, region) => fits(part, regions[region]?.size ?? 0)),
      );
      const spots = placeInRegions(blocks, regions);
      if (spots !== null) check(blocks, regions, spots);
      possible += isPossible ? 1 : 0;
      found += spots === null ? 0 : 1;
    }
    expect(possible).toBeGreaterThan(60);
    expect(found).toBeGreaterThanOrEqual(possible - 1);
  });

  it('fills regions with a thousand blocks in little time', () => {
    const dice = createDice(randomFrom(7));
    const blocks = Array.from({ length: 1000 }, (_, step) =>
      block(step, step + dice.integer(2, 8), dice.integer(1, 70), dice.integer(0, 500)),
    );
    const start = performance.now();
    const spots = placeInRegions(blocks, [fast, slow]) as readonly Spot[];
    const took = performance.now() - start;
    check(blocks, [fast, slow], spots);
    expect(took).toBeLessThan(10_000);
  });
});
