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
import type { Cut } from './widths.ts';

/**
 * Whether steps may count on outputs that begin in dying inputs. In a chain of such steps each output begins a little
 * lower than the one before, which no step knows: so plans that need none of it may need less in the end.
 */
export type Sharing = 'overlapping' | 'apart';

export interface SearchOptions {
  readonly sharing?: Sharing;
  /** Only these layers are cut into steps: what is said of plans and ways is said of them alone. */
  readonly stretch?: Stretch;
  /** Stages with layers in segments of different widths, beside those of one width. */
  readonly cuts?: readonly Cut[];
}

/** The plans that one program can have. Limits are bytes that no step may exceed. */
export interface Search {
  readonly program: RewrittenProgram;
  readonly macs: number;
  readonly candidates: Candidates;
  readonly sharing: Sharing;
  /** No plan has all its steps below. */
  readonly least: number;
  /** The limits at which the choice can change, from the least on, ascending. */
  limits(): readonly number[];
  /** The fastest way to cut the layers within a limit; null below the least. */
  within(limit: number): readonly Candidate[] | null;
  /** The way within a limit with the fewest steps that fit only where an output lies over an input. */
  calmest(limit: number): readonly Candidate[] | null;
  /** The way with the fewest steps above a limit, where it is below the least. */
  nearest(limit: number): readonly Candidate[];
  /** What a step of a way needs: as exactly as it has been looked at so far, never more than it really is. */
  bytesOf(candidate: Candidate): number;
  timeOf(way: readonly Candidate[]): number;
  planOf(way: readonly Candidate[]): Plan;
}

/**
 * The cheapest way through the layers, by two costs of which the first counts first; null where there is none.
 * @param costOf puts the costs of a way to the end of a candidate in `cost`, given those of the way before it; false
 *   where the candidate cannot be taken
 */
function cheapest(
  candidates: readonly Candidate[],
  { start, end: length }: Stretch,
  costOf: (before: readonly [number, number], candidate: Candidate, index: number, cost: [number, number]) => boolean,
): readonly Candidate[] | null {
  const first = new Float64Array(length + 1).fill(Number.POSITIVE_INFINITY);
  const second = new Float64Array(length + 1).fill(Number.POSITIVE_INFINITY);
  const last = new Array<Candidate | undefined>(length + 1).fill(undefined);
  first[start] = 0;
  second[start] = 0;
  const before: [number, number] = [0, 0];
  const cost: [number, number] = [0, 0];
  for (let index = 0; index < candidates.length; index += 1) {
    const candidate = candidates[index] as Candidate;
    const from = candidate.start;
    const to = candidate.end;
    before[0] = first[from] as number;
    before[1] = second[from] as number;
    if (before[0] === Number.POSITIVE_INFINITY || !costOf(before, candidate, index, cost)) continue;
    const known = first[to] as number;
    if (cost[0] > known || (cost[0] === known && cost[1] >= (second[to] as number))) continue;
    first[to] = cost[0];
    second[to] = cost[1];
    last[to] = candidate;
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
  { sharing = 'overlapping', stretch = { start: 0, end: program.layers.length }, cuts = [] }: SearchOptions = {},
): Search {
  const { layers } = program;
  const candidates = candidatesOf(program, input, memory, stretch, cuts);
  const { all } = candidates;
  const known = new Set<Candidate>();
  /** What each candidate needs, as far as it is known. */
  const bytes = Float64Array.from(all, (candidate) => (sharing === 'apart' ? candidate.apart : candidate.bytes));
  const position = new Map(all.map((candidate, index) => [candidate, index]));
  const bytesOf = (candidate: Candidate): number => bytes[position.get(candidate) as number] as number;
  /** Looks closer at the steps of a way that do not fit for certain; whether all of them fit. */
  const holds = (way: readonly Candidate[], limit: number): boolean => {
    let fits = true;
    for (const candidate of way) {
      if (candidate.apart <= limit || known.has(candidate)) continue;
      const exact = sharing === 'apart' ? candidate.apart : candidates.exactBytes(candidate);
      known.add(candidate);
      bytes[position.get(candidate) as number] = exact;
      if (exact > limit) fits = false;
    }
    return fits;
  };
  const leastWay = (): number => {
    for (;;) {
      const way = cheapest(all, stretch, ([before], _, index, cost) => {
        cost[0] = Math.max(before, bytes[index] as number);
        cost[1] = 0;
        return true;
      });
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
    sharing,
    get least() {
      return least();
    },
    bytesOf,
    limits() {
      if (all.length > many.candidates) return coarseLimits(least(), all);
      const found = new Set<number>();
      for (const candidate of all) {
        for (const bytes of [candidate.apart, bytesOf(candidate)]) if (bytes >= least()) found.add(bytes);
      }
      return [...found].sort((a, b) => a - b);
    },
    within(limit) {
      for (;;) {
        const way = cheapest(all, stretch, ([before], candidate, index, cost) => {
          cost[0] = before + candidate.time;
          cost[1] = 0;
          return (bytes[index] as number) <= limit;
        });
        if (way === null || holds(way, limit)) return way;
      }
    },
    calmest(limit) {
      for (;;) {
        const way = cheapest(all, stretch, ([before, time], candidate, index, cost) => {
          cost[0] = before + (candidate.apart > limit ? 1 : 0);
          cost[1] = time + candidate.time;
          return (bytes[index] as number) <= limit;
        });
        if (way === null || holds(way, limit)) return way;
      }
    },
    nearest(limit) {
      for (;;) {
        const way = cheapest(all, stretch, ([steps, sum], _, index, cost) => {
          const over = Math.max(0, (bytes[index] as number) - limit);
          cost[0] = steps + (over > 0 ? 1 : 0);
          cost[1] = sum + over;
          return true;
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

/** Above so many possible steps only limits that are apart by this factor are looked at. */
const many = { candidates: 20_000, factor: 1.03 };

function coarseLimits(least: number, candidates: readonly Candidate[]): readonly number[] {
  const most = candidates.reduce((largest, { apart }) => Math.max(largest, apart), 0);
  const limits = [least];
  while ((limits.at(-1) as number) < most) limits.push(Math.ceil((limits.at(-1) as number) * many.factor));
  return limits;
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
