import { describe, expect, it } from 'vitest';
import { allocate, allocateThoroughly, allocationBound, arenaBytes } from '../../src/plan/allocate/allocate.ts';
import { placeBySize } from '../../src/plan/allocate/greedy.ts';
import { type Block, liveBound, peakOf } from '../../src/plan/allocate/problem.ts';
import { findPlacement } from '../../src/plan/allocate/search.ts';
import { toSections } from '../../src/plan/allocate/sections.ts';
import { solveAllocation } from '../../src/plan/allocate/solve.ts';
import { isImpossible } from '../../src/plan/allocate/windows.ts';
import { validateAllocation } from '../../src/plan/validate/allocation.ts';
import { createDice, type Dice, randomFrom } from '../support/random.ts';

const work = 20_000_000;

function check(blocks: readonly Block[], offsets: readonly number[], peak: number): void {
  const placed = blocks.map((block, index) => ({ ...block, name: `${index}`, offset: offsets[index] as number }));
  validateAllocation(placed, peak, 1);
  expect(peakOf(blocks, offsets)).toBe(peak);
}

function randomBlocks(dice: Dice, count: number, times: number, most: number): readonly Block[] {
  return Array.from({ length: count }, () => {
    const lower = dice.integer(0, times - 1);
    return { lower, upper: dice.integer(lower + 1, times), size: dice.integer(1, most) };
  });
}

/** The least peak, over all orders in which blocks can be put on top of what they meet. */
function leastPeak(blocks: readonly Block[]): number {
  let best = Number.POSITIVE_INFINITY;
  const tops: number[] = [];
  const rest = new Set(blocks.keys());
  const put = (peak: number): void => {
    if (peak >= best) return;
    if (rest.size === 0) best = peak;
    for (const index of [...rest]) {
      const block = blocks[index] as Block;
      let offset = 0;
      tops.forEach((top, other) => {
        const { lower, upper } = blocks[other] as Block;
        if (lower < block.upper && block.lower < upper) offset = Math.max(offset, top);
      });
      rest.delete(index);
      tops[index] = offset + block.size;
      put(Math.max(peak, offset + block.size));
      delete tops[index];
      rest.add(index);
    }
  };
  put(0);
  return best;
}

/** A rectangle cut up at random: the pieces fill it without a gap, so that the best peak is its height. */
function cutUp(dice: Dice, width: number, height: number, pieces: number): readonly Block[] {
  const parts = [{ lower: 0, upper: width, bottom: 0, size: height }];
  while (parts.length < pieces) {
    const index = dice.integer(0, parts.length - 1);
    const { lower, upper, bottom, size } = parts[index] as (typeof parts)[number];
    if (dice.chance(0.5) && upper - lower > 1) {
      const middle = dice.integer(lower + 1, upper - 1);
      parts.splice(index, 1, { lower, upper: middle, bottom, size }, { lower: middle, upper, bottom, size });
    } else if (size > 1) {
      const cut = dice.integer(1, size - 1);
      parts.splice(
        index,
        1,
        { lower, upper, bottom, size: cut },
        { lower, upper, bottom: bottom + cut, size: size - cut },
      );
    }
  }
  return dice.shuffled(parts).map(({ lower, upper, size }) => ({ lower, upper, size }));
}

describe('solveAllocation', () => {
  it('finds the least peak of small problems and proves it', () => {
    for (let seed = 0; seed < 400; seed += 1) {
      const dice = createDice(randomFrom(seed));
      const blocks = randomBlocks(dice, dice.integer(1, 7), dice.integer(2, 7), 6);
      const { offsets, peak, bound, optimal } = solveAllocation(blocks, { work });
      check(blocks, offsets, peak);
      expect({ seed, peak, bound, optimal }).toEqual({ seed, peak: leastPeak(blocks), bound: peak, optimal: true });
    }
  });

  it('proves that what lives at once is not always enough', () => {
    const lives = [
      [4, 6, 4],
      [0, 3, 3],
      [1, 4, 1],
      [3, 5, 2],
      [0, 1, 4],
      [2, 5, 2],
      [1, 4, 2],
      [5, 6, 4],
    ] as const;
    const blocks = lives.map(([lower, upper, size]) => ({ lower, upper, size }));
    expect(liveBound(blocks)).toBe(8);
    expect(leastPeak(blocks)).toBe(9);
    expect(solveAllocation(blocks, { work })).toMatchObject({ peak: 9, bound: 9, optimal: true });
    // The bound is in the unit of the sizes: nothing ends between two multiples of it.
    const scaled = blocks.map((block) => ({ ...block, size: block.size * 32 }));
    expect(solveAllocation(scaled, { work })).toMatchObject({ peak: 288, bound: 288, optimal: true });
  });

  it('fills rectangles that were cut up', () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const blocks = cutUp(createDice(randomFrom(seed)), 40, 1000, 60);
      const { offsets, peak, optimal } = solveAllocation(blocks, { work: 20 * work });
      check(blocks, offsets, peak);
      expect({ seed, peak, optimal }).toEqual({ seed, peak: 1000, optimal: true });
    }
  });

  it('is never worse than greedy by size, and never claims too much, with hardly any work', () => {
    for (let seed = 0; seed < 100; seed += 1) {
      const blocks = randomBlocks(createDice(randomFrom(seed)), 50, 40, 100);
      const { offsets, peak, bound, optimal } = solveAllocation(blocks, { work: 20_000 });
      check(blocks, offsets, peak);
      expect(peak).toBeLessThanOrEqual(peakOf(blocks, placeBySize(blocks)));
      expect(bound).toBeGreaterThanOrEqual(liveBound(blocks));
      expect(optimal).toBe(peak === bound);
    }
  });

  it('gives the same answer every time', () => {
    const blocks = randomBlocks(createDice(randomFrom(5)), 120, 60, 1000);
    const first = solveAllocation(blocks, { work: 5_000_000 });
    expect(solveAllocation(blocks, { work: 5_000_000 })).toEqual(first);
    expect(first.work).toBeGreaterThan(0);
  });

  it('stops at a target, and where time is up', () => {
    const blocks = cutUp(createDice(randomFrom(3)), 40, 1000, 60);
    const greedy = peakOf(blocks, placeBySize(blocks));
    expect(greedy).toBeGreaterThan(1000);
    expect(solveAllocation(blocks, { work, target: greedy }).work).toBe(0);
    const close = solveAllocation(blocks, { work, target: greedy - 1 });
    expect(close.peak).toBeLessThan(greedy);
    const cut = solveAllocation(blocks, { work, expired: () => true });
    check(blocks, cut.offsets, cut.peak);
  });

  it('takes empty problems, empty blocks and sizes beyond 32 bits', () => {
    expect(solveAllocation([], { work })).toMatchObject({ offsets: [], peak: 0, optimal: true });
    const empty = [{ lower: 0, upper: 2, size: 0 }];
    expect(solveAllocation(empty, { work })).toMatchObject({ offsets: [0], peak: 0, optimal: true });
    const large = [1, 2, 3].map((size) => ({ lower: 0, upper: 2, size: size * 2 ** 40 + 1 }));
    expect(solveAllocation(large, { work }).peak).toBe(6 * 2 ** 40 + 3);
  });

  it('takes thousands of blocks', () => {
    const blocks = randomBlocks(createDice(randomFrom(9)), 1500, 1500, 100);
    const { offsets, peak } = solveAllocation(blocks, { work: 1_000_000 });
    check(blocks, offsets, peak);
  });
});

describe('findPlacement', () => {
  it('fails only where there is no placement, whatever it tries first', () => {
    const focuses = ['fewest', 'failed', 'near'] as const;
    for (let seed = 0; seed < 300; seed += 1) {
      const dice = createDice(randomFrom(seed));
      const blocks = randomBlocks(dice, 6, 6, 5);
      const problem = toSections(blocks);
      const least = leastPeak(blocks);
      const strategy = {
        priority: Float64Array.from(blocks, () => dice.integer(0, 9)),
        focus: dice.pick(focuses),
        memory: 'none',
      } as const;
      const limits = { steps: 1e6, work: 1e8, expired: () => false };
      const found = findPlacement(problem, least, strategy, limits);
      expect({ seed, result: found.result }).toEqual({ seed, result: 'found' });
      check(blocks, [...found.offsets], peakOf(blocks, [...found.offsets]));
      expect(findPlacement(problem, least - 1, strategy, limits).result).toBe('exhausted');
    }
  });

  // Small problems of which every placement leaves a level free that a block could take; the second needs the next
  // level to be just the right one.
  it.each([
    [17, '1 4 2, 5 6 5, 4 6 1, 5 6 1, 1 4 3, 3 5 3, 0 4 2, 5 6 3, 3 4 5, 0 2 1, 1 4 2, 0 1 3'],
    [18, '8 9 2, 3 6 4, 4 8 4, 3 6 1, 6 8 3, 4 8 4, 4 5 5, 0 2 3, 2 3 2, 5 7 1, 2 4 2, 7 9 4, 5 8 3'],
  ])('gives levels up where it must: peak %i', (peak, text) => {
    const blocks = text.split(', ').map((block) => {
      const [lower, upper, size] = block.split(' ').map(Number) as [number, number, number];
      return { lower, upper, size };
    });
    const priority = new Float64Array(blocks.length);
    const strategy = { priority, focus: 'fewest', memory: 'none' } as const;
    const found = findPlacement(toSections(blocks), peak, strategy, { steps: 1e6, work: 1e8, expired: () => false });
    expect(found.result).toBe('found');
    check(blocks, [...found.offsets], peak);
  });
});

describe('allocate', () => {
  const buffers = Array.from({ length: 30 }, (_, index) => {
    const first = (index * 7) % 20;
    return { name: `b${index}`, bytes: 1 + ((index * 37) % 90), first, last: first + (index % 5) };
  });

  it('aligns every buffer and keeps apart what lives at one step', () => {
    const thorough = allocateThoroughly(buffers);
    for (const placed of [allocate(buffers), thorough.buffers]) {
      const blocks = placed.map((b) => ({
        name: b.name,
        lower: b.first,
        upper: b.last + 1,
        size: b.bytes,
        offset: b.offset,
      }));
      validateAllocation(blocks, arenaBytes(placed), 4);
    }
    expect(arenaBytes(thorough.buffers)).toBeLessThanOrEqual(arenaBytes(allocate(buffers)));
    expect(thorough.bound).toBeGreaterThanOrEqual(allocationBound(buffers));
    expect(thorough.optimal).toBe(arenaBytes(thorough.buffers) === thorough.bound);
  });

  it('counts what lives at a step in units of the alignment', () => {
    const pair = [
      { name: 'a', bytes: 5, first: 0, last: 1 },
      { name: 'b', bytes: 3, first: 1, last: 2 },
    ];
    expect(allocationBound(pair)).toBe(12);
    expect(arenaBytes(allocate(pair))).toBe(12);
    expect(allocationBound([])).toBe(0);
    expect(arenaBytes([])).toBe(0);
  });
});

describe('validateAllocation', () => {
  const a = { name: 'a', lower: 0, upper: 4, size: 8, offset: 0 };
  const b = { name: 'b', lower: 3, upper: 5, size: 8, offset: 8 };

  it('takes a placement, and blocks that follow each other in one place', () => {
    expect(() => validateAllocation([a, b], 16, 4)).not.toThrow();
    expect(() => validateAllocation([a, { ...b, lower: 4, offset: 4 }], 16, 4)).not.toThrow();
  });

  it.each([
    [{ ...b, offset: 7 }, 'a and b live at one time and share bytes'],
    [{ ...b, offset: 0, size: 1 }, 'share bytes'],
    [{ ...b, offset: 9 }, 'ends at 17, beyond 16'],
    [{ ...b, offset: 6, lower: 4 }, 'no multiple of 4'],
    [{ ...b, offset: -4 }, 'lies at -4'],
    [{ ...b, offset: Number.NaN }, 'lies at NaN'],
  ])('refuses %o', (wrong, message) => {
    expect(() => validateAllocation([a, wrong], 16, message.includes('multiple') ? 4 : 1)).toThrow(message);
  });
});

describe('isImpossible', () => {
  it('sees that blocks one after the other leave no room, however busy other moments are', () => {
    // Pairs of 42, the second over the first, and blocks of 7 that outlive them: as MobileNetV2's bottlenecks of 14 x 14.
    const sizes = [7, 42, 42, 7, 7, 42, 42, 7, 7, 42, 42];
    const lowers = [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const uppers = [5, 3, 4, 5, 9, 7, 8, 9, 11, 11, 11];
    const chain = sizes.map((size, index) => ({ lower: lowers[index] ?? 0, upper: uppers[index] ?? 0, size }));
    const overlaps = [1, 5, 9].map((input) => ({ input, output: input + 1, distance: 6 }));
    const busy = Array.from({ length: 8 }, (_, index) => ({ lower: 12 + index, upper: 13 + index, size: 61 }));
    const blocks = [...chain, ...busy];
    expect(solveAllocation(blocks, { work: 0, overlaps }).bound).toBe(61);
    expect(isImpossible(blocks, overlaps, 61, 100_000)).toBe(true);
    expect(isImpossible(blocks, overlaps, 62, 100_000)).toBe(false);
  });
});
