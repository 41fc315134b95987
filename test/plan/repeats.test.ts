import { describe, expect, it } from 'vitest';
import { type Block, type Overlap, peakOf } from '../../src/plan/allocate/problem.ts';
import { withoutRepeats } from '../../src/plan/allocate/repeats.ts';
import { findPlacement } from '../../src/plan/allocate/search.ts';
import { toSections } from '../../src/plan/allocate/sections.ts';
import { solveAllocation } from '../../src/plan/allocate/solve.ts';
import { validateAllocation } from '../../src/plan/validate/allocation.ts';
import { createDice, type Dice, randomFrom } from '../support/random.ts';

const work = 20_000_000;

/** Blocks that come and go between a few that live on, some of them time and again. */
function repeating(dice: Dice): readonly Block[] {
  const blocks: { lower: number; upper: number; size: number }[] = [];
  let time = 0;
  for (let phase = dice.integer(1, 3); phase > 0; phase -= 1) {
    const start = time;
    const length = dice.integer(1, 3);
    const pattern = Array.from({ length: dice.integer(1, 3) }, () => {
      const lower = dice.integer(0, length - 1);
      return { lower, upper: dice.integer(lower + 1, length), size: dice.integer(1, 6) };
    });
    const times = dice.integer(1, 4);
    for (let count = 0; count < times; count += 1, time += length) {
      for (const { lower, upper, size } of pattern) {
        blocks.push({ lower: time + lower, upper: time + upper, size });
      }
    }
    // One that lives throughout, and one into the next phase.
    if (dice.chance(0.7)) blocks.push({ lower: start, upper: time, size: dice.integer(1, 6) });
    if (dice.chance(0.7)) blocks.push({ lower: start + dice.integer(0, 1), upper: time + 1, size: dice.integer(1, 6) });
  }
  return dice.shuffled(blocks);
}

function check(blocks: readonly Block[], offsets: readonly number[], peak: number): void {
  const placed = blocks.map((block, index) => ({ ...block, name: `${index}`, offset: offsets[index] as number }));
  validateAllocation(placed, peak, 1);
}

/**
 * Two gates over a whole map, one behind the other, as a network has them whose expansion and depthwise layer run in
 * fifteen groups of channels each (sizes of mcunetv2_large, in words).
 */
function gates(): { readonly blocks: readonly Block[]; readonly overlaps: readonly Overlap[] } {
  const blocks: Block[] = [];
  const overlaps: Overlap[] = [];
  const add = (lower: number, upper: number, size: number): number => blocks.push({ lower, upper, size }) - 1;
  const groups = 15;
  const length = 3 * groups + 7;
  for (const start of [1, 1 + length]) {
    const end = start + 3 * groups;
    add(start - 1, end + 7, 7840);
    const gated = add(start, end + 6, 47040);
    add(start + 2, end + 3, 60);
    for (let time = start; time < end; time += 3) {
      add(time, time + 1, 560);
      add(time, time + 1, 103);
      add(time + 1, time + 3, 112);
      add(time + 1, time + 2, 16);
      add(time + 2, time + 3, 16);
    }
    add(end + 2, end + 4, 2);
    add(end + 3, end + 5, 60);
    add(end + 3, end + 4, 16);
    add(end + 4, end + 6, 60);
    overlaps.push({ input: gated, output: add(end + 5, end + 7, 7840), distance: 260 });
    add(end + 5, end + 6, 120);
    add(end + 5, end + 6, 240);
  }
  return { blocks, overlaps };
}

describe('withoutRepeats', () => {
  it('keeps the least peak', () => {
    let fewer = 0;
    for (let seed = 0; seed < 300; seed += 1) {
      const blocks = repeating(createDice(randomFrom(seed)));
      const reduced = withoutRepeats(blocks, []);
      const solved = solveAllocation(reduced.blocks, { work });
      const offsets = reduced.expand(solved.offsets);
      check(blocks, offsets, solved.peak);
      expect(peakOf(blocks, offsets)).toBe(solved.peak);
      // The search through all blocks finds nothing lower.
      const priority = Float64Array.from(blocks, ({ size }) => size);
      const strategy = { priority, focus: 'fewest', memory: 'exact' } as const;
      const limits = { steps: 1e6, work: 1e8, expired: () => false };
      const { result } = findPlacement(toSections(blocks), solved.peak - 1, strategy, limits);
      expect({ seed, optimal: solved.optimal, result }).toEqual({ seed, optimal: true, result: 'exhausted' });
      if (reduced.blocks.length < blocks.length) fewer += 1;
    }
    expect(fewer).toBeGreaterThan(150);
  });

  it('leaves what comes once only, and what may share bytes', () => {
    const blocks = [0, 1, 2].map((lower) => ({ lower, upper: lower + 2, size: 4 }));
    expect(withoutRepeats(blocks, []).blocks).toEqual(blocks);
    const apart = [0, 2, 4].map((lower) => ({ lower, upper: lower + 2, size: 4 }));
    expect(withoutRepeats(apart, []).blocks).toHaveLength(1);
    const first = { lower: 0, upper: 2, size: 4 };
    const sharing = [first, { ...first, lower: 1 }, { ...first, lower: 2, upper: 4 }, { ...first, lower: 3, upper: 4 }];
    expect(withoutRepeats(sharing, [{ input: 0, output: 1, distance: 2 }]).blocks).toHaveLength(4);
  });

  it('solves layers in groups between the large tensors of gates', () => {
    const { blocks, overlaps } = gates();
    expect(withoutRepeats(blocks, overlaps).blocks.length).toBeLessThan(blocks.length / 3);
    const { offsets, peak, bound, optimal } = solveAllocation(blocks, { work: 40_000_000, overlaps });
    expect({ peak, bound, optimal }).toEqual({ peak: 55_603, bound: 55_603, optimal: true });
    expect(peakOf(blocks, offsets)).toBe(peak);
  });
});
