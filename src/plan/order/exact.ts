import { descend } from './descend.ts';
import type { Frontier } from './frontier.ts';
import type { OrderProblem } from './problem.ts';
import { createSetTable } from './table.ts';

/**
 * A shortest path search over the sets of nodes that have run, the length of a path being its peak. (SERENITY does that
 * level by level: Ahn et al., "Ordering chaos", MLSys 2020.) It goes on bit by bit, so that two can take turns.
 */
export interface ExactSearch {
  /** Goes on for about so many moves of a node; what was found, or null. */
  readonly advance: (moves: number) => Found | null;
  /** No order has a lower peak. */
  readonly bound: () => number;
}

/** Nodes in the direction of the search, and the peak; null where no order is below the ceiling. */
export type Found = { readonly path: readonly number[]; readonly peak: number } | { readonly path: null };

/**
 * @param floor no order has a lower peak
 * @param ceiling only lower peaks are of interest
 */
export function createExactSearch(
  { nodes }: OrderProblem,
  frontier: Frontier,
  { floor, ceiling }: { readonly floor: number; readonly ceiling: number },
): ExactSearch {
  const total = nodes.length;
  const words = frontier.bits().length;
  const table = createSetTable(words);
  const bits = new Uint32Array(words);
  /** By the numbers of sets: the lowest peak by which each was reached, and by which node from which other. */
  const peaks: number[] = [];
  const lives: number[] = [];
  const counts: number[] = [];
  const parents: number[] = [];
  const nodesRun: number[] = [];
  const at = (list: readonly number[], set: number): number => list[set] as number;
  /** Sets that were left again, before and after what costs nothing. */
  const isLeft: boolean[] = [];
  // By peak the lowest first; of one peak the one that has come furthest.
  const queue = createQueue((a, b) => at(counts, b) - at(counts, a) || at(lives, a) - at(lives, b) || a - b);
  let bound = floor;
  const numberOf = (set: Uint32Array): number => {
    const number = table.numberOf(set);
    if (number === peaks.length) {
      peaks.push(Number.POSITIVE_INFINITY);
      lives.push(0);
      counts.push(0);
      parents.push(-1);
      nodesRun.push(-1);
      isLeft.push(false);
    }
    return number;
  };
  /** Brings the frontier to a set, and from there down as far as costs nothing. */
  const enter = (set: number): void => {
    table.read(set, bits);
    frontier.restore(bits, at(peaks, set));
    descend(frontier, frontier.peak());
  };
  const pathTo = (end: number): readonly number[] => {
    const sets: number[] = [];
    for (let set = end; set >= 0; set = at(parents, set)) sets.push(set);
    const path: number[] = [];
    for (const set of sets.reverse()) {
      if (at(nodesRun, set) >= 0) path.push(at(nodesRun, set));
      enter(set);
      path.push(...frontier.ran());
    }
    return path;
  };
  const start = numberOf(bits);
  peaks[start] = floor;
  queue.push(start, floor);

  return {
    bound: () => bound,
    advance(moves) {
      const allowed = frontier.work() + moves;
      for (let set = queue.pop(); set !== null; set = queue.pop()) {
        if (isLeft[set] === true) continue;
        bound = Math.max(bound, at(peaks, set));
        if (frontier.work() > allowed) {
          queue.push(set, at(peaks, set));
          return null;
        }
        enter(set);
        isLeft[set] = true;
        const count = at(counts, set) + frontier.ran().length;
        if (count === total) return { path: pathTo(set), peak: Math.max(at(peaks, set), frontier.peak()) };
        if (frontier.ran().length > 0) {
          const below = numberOf(frontier.bits());
          if (isLeft[below] === true) continue;
          isLeft[below] = true;
        }
        const mark = frontier.ran().length;
        for (const node of [...frontier.ready()]) {
          if (frontier.stepPeak(node) >= ceiling) continue;
          frontier.run(node);
          const next = numberOf(frontier.bits());
          const peak = frontier.peak();
          if (isLeft[next] === false && peak < at(peaks, next)) {
            peaks[next] = peak;
            lives[next] = frontier.live();
            counts[next] = count + 1;
            parents[next] = set;
            nodesRun[next] = node;
            queue.push(next, peak);
          }
          frontier.backTo(mark);
        }
      }
      bound = ceiling;
      return { path: null };
    },
  };
}

interface Queue {
  /** A set may be there several times: by each peak that it was reached by. */
  readonly push: (set: number, peak: number) => void;
  readonly pop: () => number | null;
}

/** A binary heap: by peak, and of one peak by `compare`. */
function createQueue(compare: (a: number, b: number) => number): Queue {
  const sets: number[] = [];
  const peaks: number[] = [];
  const isBefore = (set: number, peak: number, other: number): boolean => {
    const difference = peak - (peaks[other] as number) || compare(set, sets[other] as number);
    return difference < 0;
  };
  const put = (place: number, from: number): void => {
    sets[place] = sets[from] as number;
    peaks[place] = peaks[from] as number;
  };
  return {
    push(set, peak) {
      let i = sets.length;
      sets.push(set);
      peaks.push(peak);
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (!isBefore(set, peak, parent)) break;
        put(i, parent);
        i = parent;
      }
      sets[i] = set;
      peaks[i] = peak;
    },
    pop() {
      const top = sets[0];
      if (top === undefined) return null;
      const set = sets.pop() as number;
      const peak = peaks.pop() as number;
      if (sets.length === 0) return top;
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= sets.length) break;
        if (child + 1 < sets.length && isBefore(sets[child + 1] as number, peaks[child + 1] as number, child))
          child += 1;
        if (isBefore(set, peak, child)) break;
        put(i, child);
        i = child;
      }
      sets[i] = set;
      peaks[i] = peak;
      return top;
    },
  };
}
