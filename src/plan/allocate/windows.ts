import type { Block, Overlap } from './problem.ts';
import { findPlacement } from './search.ts';
import { toSections, withoutZeros } from './sections.ts';

/** Sections of the time line that are looked at together around the busiest moments. */
const lengths = [2, 3, 4];

/** Windows of a length that are looked at, those of the most live bytes first. */
const mostWindows = 4;

/** Long windows: blocks that live one after the other may leave each other no room, though no moment is busy. */
const long = { length: 12, step: 4, workShare: 1 / 64 } as const;

/**
 * Whether there is no placement under a capacity, by proof: looked for in a part of the time alone, where a problem of a
 * few blocks, each as long as it lives there, may be out of reach already: a short look all along the time line, then a
 * thorough one around the busiest moments. False says nothing.
 */
export function isImpossible(
  blocks: readonly Block[],
  overlaps: readonly Overlap[],
  capacity: number,
  work: number,
): boolean {
  const { members, sections, size } = toSections(blocks, overlaps);
  const live = members.map((inside) => inside.reduce((sum, b) => sum + (size[b] as number), 0));
  const blocksOf = (start: number, length: number): ReadonlySet<number> =>
    new Set(members.slice(start, start + length).flatMap((inside) => [...inside]));
  const along = Array.from({ length: Math.ceil(sections / long.step) }, (_, index) => ({
    window: blocksOf(index * long.step, long.length),
    share: long.workShare,
  }));
  const busy = lengths.flatMap((length) => {
    const starts = Array.from({ length: Math.max(0, sections - length + 1) }, (_, start) => start);
    const most = (start: number): number => Math.max(...live.slice(start, start + length));
    return starts
      .sort((a, b) => most(b) - most(a) || a - b)
      .slice(0, mostWindows)
      .map((start) => ({ window: blocksOf(start, length), share: 0.8 }));
  });
  let spent = 0;
  for (const { window, share } of [...along, ...busy]) {
    if (spent >= work) break;
    const position = new Map([...window].map((index, at) => [index, at]));
    const inside = overlaps.flatMap((one): Overlap[] => {
      const [input, output] = [position.get(one.input), position.get(one.output)];
      return input === undefined || output === undefined ? [] : [{ ...one, input, output }];
    });
    const problem = withoutZeros(
      [...window].map((index) => blocks[index] as Block),
      inside,
    );
    const priority = Float64Array.from(problem.blocks, (block) => block.size);
    const outcome = findPlacement(
      toSections(problem.blocks, problem.overlaps),
      problem.scaled(capacity),
      { priority, focus: 'fewest', memory: 'exact' },
      { steps: Number.POSITIVE_INFINITY, work: share * (work - spent), expired: () => false },
    );
    spent += outcome.work;
    if (outcome.result === 'exhausted') return true;
  }
  return false;
}
