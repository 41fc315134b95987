import type { Block, Overlap } from './problem.ts';
import { findPlacement } from './search.ts';
import { toSections, withoutZeros } from './sections.ts';

/** Sections of the time line that are looked at together. */
const lengths = [2, 3, 4];

/** Windows that are looked at, those of the most live bytes first. */
const mostWindows = 4;

/**
 * Whether there is no placement under a capacity, by proof: looked for around the busiest moments alone, where a problem
 * of a few blocks, each as long as it lives there, may be out of reach already. False says nothing.
 */
export function isImpossible(
  blocks: readonly Block[],
  overlaps: readonly Overlap[],
  capacity: number,
  work: number,
): boolean {
  const { members, sections, size } = toSections(blocks, overlaps);
  const live = members.map((inside) => inside.reduce((sum, b) => sum + (size[b] as number), 0));
  const windows = lengths.flatMap((length) => {
    const starts = Array.from({ length: Math.max(0, sections - length + 1) }, (_, start) => start);
    const most = (start: number): number => Math.max(...live.slice(start, start + length));
    return starts
      .sort((a, b) => most(b) - most(a) || a - b)
      .slice(0, mostWindows)
      .map((start) => new Set(members.slice(start, start + length).flatMap((inside) => [...inside])));
  });
  let spent = 0;
  for (const window of windows) {
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
      { steps: Number.POSITIVE_INFINITY, work: 0.8 * (work - spent), expired: () => false },
    );
    spent += outcome.work;
    if (outcome.result === 'exhausted') return true;
  }
  return false;
}
