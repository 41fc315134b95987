import { placeGreedily } from './greedy.ts';
import { overlapBound, placeOverlapping } from './overlaps.ts';
import { type Allocation, type Block, liveBound, type Overlap, peakOf } from './problem.ts';
import { withoutRepeats } from './repeats.ts';
import { findPlacement, type Strategy } from './search.ts';
import { type Joined, joinSuccessors, type Sections, toSections, withoutZeros } from './sections.ts';
import { isImpossible } from './windows.ts';

export interface SolveOptions {
  /** How much to search, in visits of a block (some hundred million a second). The same work gives the same answer. */
  readonly work: number;
  /** Blocks that may share bytes; each is the input of one other at most, and the output of one other at most. */
  readonly overlaps?: readonly Overlap[];
  /** Stop at the first placement of at most this peak. */
  readonly target?: number;
  /** Asked now and then: true ends the search with the best so far. An answer cut short so may differ next time. */
  readonly expired?: () => boolean;
}

/** Enough for most problems that a plan of a network makes; a plan that is kept may be worth more. */
export const defaultWork = 3_000_000;

/** What may be spent, beside the search, to prove that its first answer is the best; short searches go without. */
const proofWork = 16_000_000;

/** What a search takes before such a proof is tried: the search finds most that there is by then. */
const firstWork = 3_000_000;

/** The search keeps, for every block, a list of those that it meets; beyond this many entries greedy has to do. */
const mostNeighbours = 4_000_000;

/** Sums of the search stay within 32 bits. */
const mostUnits = 0x3fffffff;

/**
 * Finds offsets of the least peak, as far as the work allows; never worse than greedy by size. First the bound itself
 * is tried, since most problems reach it; then peaks between the bound and the best, by halves.
 * @param blocks of sizes that are whole numbers, and lives that are not empty
 */
export function solveAllocation(blocks: readonly Block[], options: SolveOptions): Allocation {
  const offsets = new Array<number>(blocks.length).fill(0);
  const kept = blocks.map((_, index) => index).filter((index) => (blocks[index] as Block).size > 0);
  const position = new Map(kept.map((index, at) => [index, at]));
  const overlaps = (options.overlaps ?? []).filter(({ input, output }) => position.has(input) && position.has(output));
  const units = [...kept.map((index) => (blocks[index] as Block).size), ...overlaps.map(({ distance }) => distance)];
  const unit = units.reduce(greatestCommonDivisor, 0) || 1;
  const scaled = kept.map((index) => {
    const { lower, upper, size } = blocks[index] as Block;
    return { lower, upper, size: size / unit };
  });
  const target = options.target === undefined ? undefined : Math.floor(options.target / unit);
  const repeated = withoutRepeats(
    scaled,
    overlaps.map(({ input, output, distance }) => ({
      input: position.get(input) as number,
      output: position.get(output) as number,
      distance: distance / unit,
    })),
  );
  const solved = solveScaled(repeated.blocks, {
    ...options,
    overlaps: repeated.overlaps,
    ...(target === undefined ? {} : { target }),
  });
  // What is greedy with all blocks may by chance be better than with some.
  const greedy = placeGreedily(scaled);
  const peak = Math.min(peakOf(scaled, greedy), solved.peak);
  (peak < solved.peak ? greedy : repeated.expand(solved.offsets)).forEach((offset, at) => {
    offsets[kept[at] as number] = offset * unit;
  });
  return { ...solved, offsets, peak: peak * unit, bound: solved.bound * unit, optimal: peak === solved.bound };
}

function solveScaled(blocks: readonly Block[], options: SolveOptions): Allocation {
  const { overlaps = [] } = options;
  let bound = overlaps.length === 0 ? liveBound(blocks) : overlapBound(blocks, overlaps);
  let offsets = placeGreedily(blocks);
  let peak = peakOf(blocks, offsets);
  if (overlaps.length > 0) {
    const shared = placeOverlapping(blocks, overlaps, bound);
    if (shared.peak < peak) ({ offsets, peak } = shared);
  }
  let work = 0;
  const isDone = (): boolean => peak <= Math.max(bound, options.target ?? 0);
  const answer = (): Allocation => ({ offsets, peak, bound, optimal: peak === bound, work });
  if (isDone() || countMeetings(blocks) > mostNeighbours || peak > mostUnits / (1 + overlaps.length)) return answer();

  const search = createRestarts(blocks, overlaps);
  /** Looks for a peak of at most `capacity` with a share of the work left. @returns whether there may still be one */
  const attempt = (capacity: number, share: number): 'found' | 'impossible' | 'unknown' => {
    const outcome = search(capacity, (options.work - work) * share, options.expired ?? (() => false));
    work += outcome.work;
    if (outcome.offsets !== null) {
      offsets = outcome.offsets;
      peak = peakOf(blocks, offsets);
      return 'found';
    }
    if (!outcome.impossible) return 'unknown';
    bound = Math.max(bound, capacity + 1);
    return 'impossible';
  };

  // A bound that turns out to be out of reach by proof is raised until it is not.
  const goal = Math.max(bound, Math.min(options.target ?? 0, peak - 1));
  let hopeless = goal;
  if (options.work >= proofWork) {
    if (attempt(goal, firstWork / options.work) === 'found' || isDone()) return answer();
    // What was found first may be the best that there is.
    if (isImpossible(blocks, overlaps, peak - 1, proofWork)) {
      bound = peak;
      return answer();
    }
  }
  if (attempt(goal, 0.4) === 'found' || isDone()) return answer();
  for (const rounds of [0.15, 0.5]) {
    // Peaks up to `hopeless` have been tried in this round.
    hopeless = Math.max(goal, bound - 1);
    while (!isDone() && hopeless + 1 < peak && work < options.work) {
      const middle = (hopeless + peak) >> 1;
      if (attempt(middle, rounds) !== 'found') hopeless = middle;
    }
    if (isDone()) break;
  }
  return answer();
}

interface RestartsOutcome {
  readonly offsets: readonly number[] | null;
  /** Proven: no placement has this capacity. */
  readonly impossible: boolean;
  readonly work: number;
}

type Restarts = (capacity: number, work: number, expired: () => boolean) => RestartsOutcome;

interface Run {
  readonly key: (width: number, size: number) => number;
  readonly form: 'plain' | 'joined';
  readonly focus: Strategy['focus'];
}

const byWidth = (width: number): number => width;
const bySize = (_: number, size: number): number => size;
const byArea = (width: number, size: number): number => width * size;
const betweenSizeAndArea = (width: number, size: number): number => Math.sqrt(width) * size;

/**
 * Short runs in turn: a run that succeeds does so with few steps back, and where one key is hopeless another one is
 * easy (heavy tails: Gomes, Selman, Kautz, "Boosting combinatorial search through randomization", AAAI 1998).
 */
const runs: readonly Run[] = [
  { key: byWidth, form: 'plain', focus: 'fewest' },
  { key: bySize, form: 'plain', focus: 'fewest' },
  { key: betweenSizeAndArea, form: 'joined', focus: 'fewest' },
  { key: byArea, form: 'plain', focus: 'failed' },
  { key: byArea, form: 'joined', focus: 'near' },
  { key: byWidth, form: 'joined', focus: 'fewest' },
  { key: betweenSizeAndArea, form: 'joined', focus: 'failed' },
  { key: byWidth, form: 'plain', focus: 'near' },
  { key: bySize, form: 'joined', focus: 'failed' },
];

/**
 * Runs that take as long as they take, when half of the work is done: where hundreds of small blocks lie between a few
 * large ones, a run has to settle the small ones first, however it begins.
 */
const longRuns: readonly Run[] = [
  { key: betweenSizeAndArea, form: 'joined', focus: 'fewest' },
  { key: bySize, form: 'plain', focus: 'fewest' },
];

/** Visits of a block in a long run, at most: what is not found by then is hard, and takes many tries. */
const longWork = 20_000_000;

/** How far priorities are shaken, in turn; not at all in the first round. */
const noises = [0.1, 0.3, 1, 0.2];

/** Prepares a problem for searches under several capacities. */
function createRestarts(given: readonly Block[], givenOverlaps: readonly Overlap[]): Restarts {
  const { blocks, overlaps, scale, scaled } = withoutZeros(given, givenOverlaps);
  const plain = toSections(blocks, overlaps);
  const joined: Joined = joinSuccessors(plain);
  const owner = (index: number): number => joined.owner[index] as number;
  const joinedOverlaps = overlaps.map((one) => ({ ...one, input: owner(one.input), output: owner(one.output) }));
  const joinedSections = toSections(joined.blocks, joinedOverlaps);
  const unscaled = (offsets: readonly number[]): readonly number[] =>
    scale === 1 ? offsets : offsets.map((offset) => Math.floor(offset / scale));
  return (wanted, work, expired) => {
    const capacity = scaled(wanted);
    const random = createRandom(wanted);
    const long = [...longRuns];
    let spent = 0;
    for (let index = 0; spent < work && !expired(); ) {
      const round = Math.floor(index / runs.length);
      const share = Math.min(longWork, (work - spent) / long.length);
      const longRun = spent < work / 2 ? undefined : long.shift();
      const { key, form, focus } = longRun ?? (runs[index % runs.length] as Run);
      const problem = form === 'plain' ? plain : joinedSections;
      const noise = round === 0 ? 0 : (noises[(round + index) % noises.length] as number);
      const priority = prioritize(
        problem,
        key,
        longRun === undefined ? noise : 0,
        longRun === undefined ? random : even,
      );
      const steps = longRun === undefined ? (3 + round / 8) * problem.blocks : Number.POSITIVE_INFINITY;
      const limits = { steps, work: longRun === undefined ? work - spent : share, expired };
      if (longRun === undefined) index += 1;
      const outcome = findPlacement(problem, capacity, { priority, focus, memory: 'hashed' }, limits);
      spent += outcome.work;
      if (outcome.result === 'found') {
        const offsets = form === 'plain' ? Array.from(outcome.offsets) : split(joined, outcome.offsets);
        return { offsets: unscaled(offsets), impossible: false, work: spent };
      }
      if (outcome.result === 'stopped' || form === 'joined') continue;
      // Nothing left to try: the hashes could only have hidden a placement by an accident, which is to be ruled out.
      const proof = findPlacement(
        problem,
        capacity,
        { priority, focus, memory: 'none' },
        { steps: 100 * steps, work: work - spent, expired },
      );
      spent += proof.work;
      if (proof.result === 'exhausted') return { offsets: null, impossible: true, work: spent };
      if (proof.result === 'found')
        return { offsets: unscaled(Array.from(proof.offsets)), impossible: false, work: spent };
    }
    return { offsets: null, impossible: false, work: spent };
  };
}

function split(joined: Joined, offsets: Int32Array): readonly number[] {
  return Array.from(joined.owner, (owner) => offsets[owner] as number);
}

function prioritize(problem: Sections, key: Run['key'], noise: number, random: () => number): Float64Array {
  const { first, end, size } = problem;
  return Float64Array.from({ length: problem.blocks }, (_, b) => {
    const value = key((end[b] as number) - (first[b] as number), size[b] as number);
    return value * (1 + noise * (random() - 0.5));
  });
}

/** A linear congruential generator, so that every run of the program gives the same answer. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 0x100000000;
  };
}

/** In place of a generator, where nothing is shaken: one that a search has drawn from is not disturbed. */
const even = (): number => 0.5;

function countMeetings(blocks: readonly Block[]): number {
  const changes = blocks.flatMap(({ lower, upper }) => [
    { time: lower, change: 1 },
    { time: upper, change: -1 },
  ]);
  changes.sort((a, b) => a.time - b.time || a.change - b.change);
  let live = 0;
  let meetings = 0;
  for (const { change } of changes) {
    if (change > 0) meetings += live;
    live += change;
  }
  return 2 * meetings;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
