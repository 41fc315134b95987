import { describe, expect, it } from 'vitest';
import { overlapBound, placeOverlapping } from '../../src/plan/allocate/overlaps.ts';
import { type Block, liveBound, type Overlap, peakOf } from '../../src/plan/allocate/problem.ts';
import { findPlacement } from '../../src/plan/allocate/search.ts';
import { toSections } from '../../src/plan/allocate/sections.ts';
import { solveAllocation } from '../../src/plan/allocate/solve.ts';
import { createDice, type Dice, randomFrom } from '../support/random.ts';

const work = 20_000_000;

interface Problem {
  readonly blocks: readonly Block[];
  readonly overlaps: readonly Overlap[];
}

/** Blocks some of which are born when another dies, and may begin in it. */
function randomProblem(dice: Dice, count: number, times: number): Problem {
  const blocks = Array.from({ length: count }, (): Block => {
    const lower = dice.integer(0, times - 1);
    return { lower, upper: dice.integer(lower + 1, Math.min(times, lower + 3)), size: dice.integer(1, 8) };
  });
  const inputs = new Set<number>();
  const overlaps = blocks.flatMap((block, output): Overlap[] => {
    const dying = blocks.flatMap(({ lower, upper }, index) =>
      lower < block.lower && upper === block.lower + 1 && !inputs.has(index) ? [index] : [],
    );
    if (dying.length === 0 || !dice.chance(0.7)) return [];
    const input = dice.pick(dying);
    inputs.add(input);
    return [{ input, output, distance: dice.integer(0, 5) }];
  });
  return { blocks, overlaps };
}

/** How far above the start of one block another that lives with it must begin at the least, if it lies above. */
function gapOf({ blocks, overlaps }: Problem, under: number, over: number): number {
  const { size } = blocks[under] as Block;
  const pair = overlaps.find(({ input, output }) => output === under && input === over);
  return pair === undefined ? size : Math.min(size, pair.distance);
}

const meet = (a: Block, b: Block): boolean => a.lower < b.upper && b.lower < a.upper;

function check(problem: Problem, offsets: readonly number[], peak: number): void {
  const { blocks } = problem;
  const at = (index: number): number => offsets[index] as number;
  for (const [a, one] of blocks.entries()) {
    for (const [b, other] of blocks.entries()) {
      if (a === b || !meet(one, other)) continue;
      const isApart = at(b) >= at(a) + gapOf(problem, a, b) || at(a) >= at(b) + gapOf(problem, b, a);
      expect({ a, b, isApart }).toEqual({ a, b, isApart: true });
    }
  }
  expect(offsets.every((offset) => Number.isInteger(offset) && offset >= 0)).toBe(true);
  expect(peakOf(blocks, offsets)).toBe(peak);
}

/** The least peak, over all orders in which blocks can be put on top of what they meet. */
function leastPeak(problem: Problem): number {
  const { blocks } = problem;
  let best = Number.POSITIVE_INFINITY;
  const placed = new Map<number, number>();
  const put = (peak: number): void => {
    if (peak >= best) return;
    if (placed.size === blocks.length) best = peak;
    for (const [index, block] of blocks.entries()) {
      if (placed.has(index)) continue;
      let offset = 0;
      for (const [other, start] of placed) {
        if (meet(blocks[other] as Block, block)) offset = Math.max(offset, start + gapOf(problem, other, index));
      }
      placed.set(index, offset);
      put(Math.max(peak, offset + block.size));
      placed.delete(index);
    }
  };
  put(0);
  return best;
}

describe('outputs that begin in dying inputs', () => {
  it('are placed as low as can be, by proof', () => {
    let sharing = 0;
    let better = 0;
    for (let seed = 0; seed < 500; seed += 1) {
      const dice = createDice(randomFrom(seed));
      const problem = randomProblem(dice, dice.integer(2, 7), dice.integer(2, 6));
      const { offsets, peak, bound, optimal } = solveAllocation(problem.blocks, { work, overlaps: problem.overlaps });
      check(problem, offsets, peak);
      expect({ seed, peak, bound, optimal }).toEqual({ seed, peak: leastPeak(problem), bound: peak, optimal: true });
      if (problem.overlaps.length > 0) sharing += 1;
      if (peak < leastPeak({ ...problem, overlaps: [] })) better += 1;
    }
    expect(sharing).toBeGreaterThan(250);
    expect(better).toBeGreaterThan(100);
  });

  it('have a placement under their least peak in no search, whatever it tries first', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const dice = createDice(randomFrom(1000 + seed));
      const { blocks, overlaps } = randomProblem(dice, 7, 5);
      const problem = { blocks, overlaps: overlaps.map((one) => ({ ...one, distance: Math.max(1, one.distance) })) };
      const strategy = {
        priority: Float64Array.from(blocks, () => dice.integer(0, 9)),
        focus: dice.pick(['fewest', 'failed', 'near'] as const),
        memory: dice.pick(['none', 'exact'] as const),
      };
      const limits = { steps: 1e6, work: 1e8, expired: () => false };
      const least = leastPeak(problem);
      const sections = toSections(blocks, problem.overlaps);
      const found = findPlacement(sections, least, strategy, limits);
      expect({ seed, result: found.result }).toEqual({ seed, result: 'found' });
      check(problem, [...found.offsets], peakOf(blocks, [...found.offsets]));
      expect(findPlacement(sections, least - 1, strategy, limits).result).toBe('exhausted');
    }
  });

  it('have bounds that hold', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const dice = createDice(randomFrom(2000 + seed));
      const problem = randomProblem(dice, 6, 5);
      const { blocks, overlaps } = problem;
      const least = leastPeak(problem);
      const bound = overlapBound(blocks, overlaps);
      expect(bound).toBeLessThanOrEqual(least);
      expect(bound).toBeGreaterThanOrEqual(liveBound(blocks, overlaps));
      const placed = placeOverlapping(blocks, overlaps, bound);
      check(problem, placed.offsets, placed.peak);
    }
  });

  it('form chains, each a little below the one before', () => {
    // Ten outputs of eight bytes, each one byte below its input: the first lies nine bytes up.
    const blocks = Array.from({ length: 11 }, (_, index) => ({ lower: index, upper: index + 2, size: 8 }));
    const overlaps = blocks.slice(1).map((_, index) => ({ input: index, output: index + 1, distance: 1 }));
    const { offsets, peak, optimal } = solveAllocation(blocks, { work, overlaps });
    check({ blocks, overlaps }, offsets, peak);
    expect({ peak, optimal }).toEqual({ peak: 16, optimal: true });
    const few = solveAllocation(blocks.slice(0, 5), { work, overlaps: overlaps.slice(0, 4) });
    expect(few).toMatchObject({ peak: 12, optimal: true, offsets: [4, 3, 2, 1, 0] });
  });
});
