import { buildPlan, type RewrittenProgram } from './build.ts';
import {
  type Candidate,
  type Candidates,
  candidatesOf,
  type InputMode,
  type Memory,
  type Stretch,
} from './candidates.ts';
import type { Plan, Step } from './types.ts';

/**
 * Whether steps may count on outputs that begin in dying inputs. In a chain of such steps each output begins a little
 * lower than the one before, which no step knows: so plans that need none of it may need less in the end.
 */
export type Sharing = 'overlapping' | 'apart';

export interface SearchOptions {
  readonly sharing?: Sharing;
  /** Only these layers are cut into steps: what is said of plans and ways is said of them alone. */
  readonly stretch?: Stretch;
}

/** The plans that one program can have. Limits are bytes that no step may exceed. */
export interface Search {
  readonly program: RewrittenProgram;
  readonly macs: number;
  readonly candidates: Candidates;
  /** No plan has all its steps below. */
  readonly least: number;
  /** The limits at which the choice can change, from the least on, ascending. */
  limits(): readonly number[];
  /** The fastest way to cut the layers within a limit; null below the least. */
  within(limit: number): readonly Candidate[] | null;
  /** The way with the fewest steps above a limit, where it is below the least. */
  nearest(limit: number): readonly Candidate[];
  /** What a step of a way needs: as exactly as it has been looked at so far, never more than it really is. */
  bytesOf(candidate: Candidate): number;
  timeOf(way: readonly Candidate[]): number;
  planOf(way: readonly Candidate[]): Plan;
}

/** The cost of a way is built up step by step; of the ways to a layer the cheapest is kept. */
interface Cost {
  readonly first: number;
  readonly second: number;
}

const none: Cost = { first: Number.POSITIVE_INFINITY, second: Number.POSITIVE_INFINITY };
const nothing: Cost = { first: 0, second: 0 };

const isLess = (a: Cost, b: Cost): boolean => a.first < b.first || (a.first === b.first && a.second < b.second);

/** The cheapest way through the layers; null where there is none. */
function cheapest(
  candidates: readonly Candidate[],
  { start, end: length }: Stretch,
  add: (before: Cost, candidate: Candidate) => Cost | null,
): readonly Candidate[] | null {
  const best = new Array<Cost>(length + 1).fill(none);
  const last = new Array<Candidate | undefined>(length + 1).fill(undefined);
  best[start] = nothing;
  for (const candidate of candidates) {
    const before = best[candidate.start] as Cost;
    if (before === none) continue;
    const cost = add(before, candidate);
    if (cost === null || !isLess(cost, best[candidate.end] as Cost)) continue;
    best[candidate.end] = cost;
    last[candidate.end] = candidate;
  }
  const way: Candidate[] = [];
  for (let end = length; end > start; ) {
    const candidate = last[end];
    if (candidate === undefined) return null;
    way.push(candidate);
    end = candidate.start;
  }
  return way.reverse();
}

/**
 * Looks for the plans of a program. What outputs over dying inputs save is exactly known of the steps that were looked
 * at only, and at most what sizes allow of all others: so a way whose steps are known is proven to be the best.
 */
export function searchOf(
  program: RewrittenProgram,
  input: InputMode,
  memory: Memory,
  { sharing = 'overlapping', stretch = { start: 0, end: program.layers.length } }: SearchOptions = {},
): Search {
  const { layers } = program;
  const candidates = candidatesOf(program, input, memory, stretch);
  const { all } = candidates;
  const known = new Map<Candidate, number>();
  const bytesOf = (candidate: Candidate): number =>
    sharing === 'apart' ? candidate.apart : (known.get(candidate) ?? candidate.bytes);
  /** Looks closer at the steps of a way that do not fit for certain; whether all of them fit. */
  const holds = (way: readonly Candidate[], limit: number): boolean => {
    let fits = true;
    for (const candidate of way) {
      if (candidate.apart <= limit || known.has(candidate)) continue;
      const exact = candidates.exactBytes(candidate);
      known.set(candidate, exact);
      if (exact > limit) fits = false;
    }
    return fits;
  };
  const leastWay = (): number => {
    for (;;) {
      const way = cheapest(all, stretch, ({ first }, candidate) => ({
        first: Math.max(first, bytesOf(candidate)),
        second: 0,
      }));
      const peak = Math.max(0, ...(way ?? []).map(bytesOf));
      if (holds(way ?? [], peak)) return peak;
    }
  };
  let leastKnown: number | null = null;
  const least = (): number => {
    leastKnown ??= leastWay();
    return leastKnown;
  };
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  return {
    program,
    macs,
    candidates,
    get least() {
      return least();
    },
    bytesOf,
    limits() {
      const found = new Set<number>();
      for (const candidate of all) {
        for (const bytes of [candidate.apart, bytesOf(candidate)]) if (bytes >= least()) found.add(bytes);
      }
      return [...found].sort((a, b) => a - b);
    },
    within(limit) {
      for (;;) {
        const way = cheapest(all, stretch, ({ first }, candidate) =>
          bytesOf(candidate) > limit ? null : { first: first + candidate.time, second: 0 },
        );
        if (way === null || holds(way, limit)) return way;
      }
    },
    nearest(limit) {
      for (;;) {
        const way = cheapest(all, stretch, ({ first, second }, candidate) => {
          const over = Math.max(0, bytesOf(candidate) - limit);
          return { first: first + (over > 0 ? 1 : 0), second: second + over };
        });
        const before = (way ?? []).map(bytesOf).join();
        holds(way ?? [], limit);
        if (way !== null && way.map(bytesOf).join() === before) return way;
      }
    },
    timeOf: (way) => way.reduce((sum, { time }) => sum + time, 0),
    planOf: (way) => buildPlan(program, way.map(candidates.stepOf)),
  };
}

/** Every layer whole, one after the other. */
export function layerwisePlan(program: RewrittenProgram): Plan {
  return buildPlan(
    program,
    program.layers.map((layer): Step => ({ kind: 'call', layer: layer.index })),
  );
}

/** From the fastest plan downwards: each time the fastest of those that need less in every step. */
export function paretoWays(search: Search): readonly (readonly Candidate[])[] {
  const ways: (readonly Candidate[])[] = [];
  const limits = search.limits();
  const timeAt = (index: number): number => {
    const way = search.within(limits[index] as number);
    return way === null ? Number.POSITIVE_INFINITY : search.timeOf(way);
  };
  for (let index = limits.length - 1; index >= 0; ) {
    const time = timeAt(index);
    if (time === Number.POSITIVE_INFINITY) break;
    // The least limit that gives the same time.
    let low = 0;
    let high = index;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (timeAt(middle) <= time) high = middle;
      else low = middle + 1;
    }
    ways.push(search.within(limits[low] as number) as readonly Candidate[]);
    index = low - 1;
  }
  return ways;
}
