import { goesInRows } from './boundary.ts';
import { buildPlan, type Draft, draftPlan, type RewrittenProgram } from './build.ts';
import { type Candidate, type Candidates, candidatesOf } from './candidates.ts';
import { stepWidth } from './demand.ts';
import type { Findings } from './findings.ts';
import type { InputMode, Stretch } from './stages.ts';
import type { Layer, Plan, Step } from './types.ts';
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
  draftOf(way: readonly Candidate[]): Draft;
}

/** Candidates as columns of numbers: there are thousands, and a search goes through all of them again and again. */
interface Table {
  readonly candidates: readonly Candidate[];
  readonly stretch: Stretch;
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly time: Float64Array;
  readonly apart: Float64Array;
}

function tableOf(candidates: readonly Candidate[], stretch: Stretch): Table {
  return {
    candidates,
    stretch,
    start: Int32Array.from(candidates, ({ start }) => start),
    end: Int32Array.from(candidates, ({ end }) => end),
    time: Float64Array.from(candidates, ({ time }) => time),
    apart: Float64Array.from(candidates, ({ apart }) => apart),
  };
}

/**
 * The cheapest way through the layers, by two costs of which the first counts first; null where there is none.
 * @param join how the first costs of the steps of a way are put together
 * @param first for each candidate; infinite where it cannot be taken
 */
function cheapest(
  { candidates, stretch, start, end }: Table,
  join: 'sum' | 'most',
  first: Float64Array,
  second: Float64Array | null,
): readonly Candidate[] | null {
  const one = new Float64Array(stretch.end + 1).fill(Number.POSITIVE_INFINITY);
  const other = new Float64Array(stretch.end + 1).fill(Number.POSITIVE_INFINITY);
  const last = new Int32Array(stretch.end + 1).fill(-1);
  one[stretch.start] = 0;
  other[stretch.start] = 0;
  for (let index = 0; index < candidates.length; index += 1) {
    const from = start[index] as number;
    const to = end[index] as number;
    const before = one[from] as number;
    const own = first[index] as number;
    const cost = join === 'sum' ? before + own : Math.max(before, own);
    const known = one[to] as number;
    if (cost === Number.POSITIVE_INFINITY || cost > known) continue;
    const rest = second === null ? 0 : (other[from] as number) + (second[index] as number);
    if (cost === known && rest >= (other[to] as number)) continue;
    one[to] = cost;
    other[to] = rest;
    last[to] = index;
  }
  const way: Candidate[] = [];
  for (let at = stretch.end; at > stretch.start; ) {
    const candidate = candidates[last[at] as number];
    if (candidate === undefined) return null;
    way.push(candidate);
    at = candidate.start;
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
  findings: Findings,
  { sharing = 'overlapping', stretch = { start: 0, end: program.layers.length }, cuts = [] }: SearchOptions = {},
): Search {
  const candidates = candidatesOf(program, input, findings, stretch, cuts);
  const { all } = candidates;
  const table = tableOf(all, stretch);
  const { time, apart: aparts } = table;
  const known = new Set<Candidate>();
  /** By limit. What is found out later about other steps makes none of them smaller. */
  const fastest = new Map<number, readonly Candidate[] | null>();
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
      const way = cheapest(table, 'most', bytes, null);
      const peak = Math.max(0, ...(way ?? []).map(bytesOf));
      if (holds(way ?? [], peak)) return peak;
    }
  };
  /** The program with the kernels that a way takes. */
  const withKernels = (way: readonly Candidate[]): RewrittenProgram => {
    const chosen = new Map(way.flatMap(candidates.layersOf).map((layer) => [layer.index, layer]));
    return { ...program, layers: program.layers.map((layer) => chosen.get(layer.index) ?? layer) };
  };
  let leastKnown: number | null = null;
  const least = (): number => {
    leastKnown ??= leastWay();
    return leastKnown;
  };
  return {
    program,
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
        const before = fastest.get(limit);
        if (before !== undefined) return before;
        const allowed = time.map((cost, index) =>
          (bytes[index] as number) <= limit ? cost : Number.POSITIVE_INFINITY,
        );
        const way = cheapest(table, 'sum', allowed, null);
        if (way === null || holds(way, limit)) fastest.set(limit, way);
      }
    },
    calmest(limit) {
      for (;;) {
        const lying = aparts.map((apart, index) =>
          (bytes[index] as number) > limit ? Number.POSITIVE_INFINITY : apart > limit ? 1 : 0,
        );
        const way = cheapest(table, 'sum', lying, time);
        if (way === null || holds(way, limit)) return way;
      }
    },
    nearest(limit) {
      for (;;) {
        const over = bytes.map((needed) => Math.max(0, needed - limit));
        const steps = over.map((excess) => (excess > 0 ? 1 : 0));
        const way = cheapest(table, 'sum', steps, over);
        const before = (way ?? []).map(bytesOf).join();
        holds(way ?? [], limit);
        if (way !== null && way.map(bytesOf).join() === before) return way;
      }
    },
    timeOf: (way) => way.reduce((sum, { time }) => sum + time, 0),
    planOf: (way) => buildPlan(withKernels(way), way.map(candidates.stepOf)),
    draftOf: (way) => draftPlan(withKernels(way), way.map(candidates.stepOf)),
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

/** Every layer whole, one after the other; but what is handed over in rows is made in rows. */
export function layerwisePlan(program: RewrittenProgram): Plan {
  const stepOf = (layer: Layer): Step => {
    if (!goesInRows(program, layer)) return { kind: 'call', layer: layer.index };
    const { output } = layer.node;
    return { kind: 'stage', layers: [layer.index], segments: [stepWidth(layer)], fetched: [], handed: [output] };
  };
  return buildPlan(program, program.layers.map(stepOf));
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
