import type { Sections } from './sections.ts';
import { createState, place, raise, type State, undo } from './state.ts';

/** How one run of the search decides. None of it changes which placements exist, only which are tried first. */
export interface Strategy {
  /** Per block: of those that fit, the highest goes first. */
  readonly priority: Float64Array;
  /** Which section is filled next: the one with the fewest choices; or the one that failed last; or one near it. */
  readonly focus: 'fewest' | 'failed' | 'near';
  /**
   * Remembering failed states makes the search faster. By a hash its failure is no longer a proof; by all that they
   * consist of it is one, and takes more memory.
   */
  readonly memory: 'hashed' | 'exact' | 'none';
}

export interface Limits {
  /** Nodes of the search tree. */
  readonly steps: number;
  /** Visits of a block. */
  readonly work: number;
  /** Asked now and then; a safety net, since what it answers differs from run to run. */
  readonly expired: () => boolean;
}

export interface Outcome {
  /** 'exhausted': there is no placement (a proof if the memory is 'none'). 'stopped': a limit was reached. */
  readonly result: 'found' | 'exhausted' | 'stopped';
  readonly offsets: Int32Array;
  readonly work: number;
}

const never = 0x7fffffff;
/** Each level is up to three calls; 2,500 levels are known to overflow the stack of Node. */
const deepest = 1000;

/**
 * Looks for a placement under a capacity, by depth first search from below. A step takes a section and the lowest free
 * level in it, and tries every block that can lie just there, and last that none does, so that the level is given up.
 * A section may be filled ahead of others as long as nothing still unplaced fits under what is placed; so a branch
 * loses no placement but those that another one, lower somewhere, makes superfluous. Where no unplaced block crosses
 * a border between sections, both sides are solved each for itself.
 *
 * Tests of a section's remaining sum and of dominance as in Moffitt, "MiniMalloc: a lightweight memory allocator for
 * hardware-accelerated machine learning", ASPLOS 2023; the choice of the section replaces its order of blocks.
 */
export function findPlacement(problem: Sections, capacity: number, strategy: Strategy, limits: Limits): Outcome {
  const { sections, first, end, size, neighbours, below, reach, partners, members, starts, twin } = problem;
  const state: State = createState(problem, capacity);
  const { placed, floor, support, rest, crossing, trail, order } = state;
  /** Per section: the lowest floor of its unplaced blocks. */
  const level = new Int32Array(sections);
  /** Per section: the lowest that another block can begin above an unplaced one. */
  const lowestEnd = new Int32Array(sections);
  const failed = new Set<number | string>();
  let failedSection = -1;
  let steps = 0;
  let work = 0;
  let depth = 0;
  let stopped = false;

  const solveParts = (from: number, to: number): boolean => {
    let start = from;
    for (let border = from + 1; border <= to; border += 1) {
      if (border < to && crossing[border] !== 0) continue;
      if (!solve(start, border)) return false;
      start = border;
    }
    return true;
  };

  /** Brings the levels of the sections up to date. @returns the lowest, or -1 where a section cannot take its rest */
  const updateLevels = (from: number, to: number): number => {
    let lowest = never;
    for (let s = from; s < to; s += 1) {
      let minimum = never;
      let minimumEnd = never;
      const inside = members[s] as Int32Array;
      work += inside.length;
      if (rest[s] !== 0) {
        for (let i = 0; i < inside.length; i += 1) {
          const b = inside[i] as number;
          if (placed[b] === 1) continue;
          const at = floor[b] as number;
          if (at < minimum) minimum = at;
          if (at + (reach[b] as number) < minimumEnd) minimumEnd = at + (reach[b] as number);
        }
        if (minimum + (rest[s] as number) > capacity) {
          failedSection = s;
          return -1;
        }
      }
      level[s] = minimum;
      lowestEnd[s] = minimumEnd;
      if (minimum < lowest) lowest = minimum;
    }
    return lowest;
  };

  /** Whether an unplaced block fits under everything that is still to come: this branch wastes its place. */
  const isDominated = (b: number): boolean => {
    const top = (support[b] as number) + (size[b] as number);
    for (let s = first[b] as number; s < (end[b] as number); s += 1) if ((level[s] as number) < top) return false;
    return true;
  };

  const hasDominated = (from: number, to: number): boolean => {
    for (let s = from; s < to; s += 1) {
      const begun = starts[s] as Int32Array;
      for (let i = 0; i < begun.length; i += 1) {
        if (placed[begun[i] as number] === 0 && isDominated(begun[i] as number)) return true;
      }
    }
    return false;
  };

  /** The state of a part is its unplaced blocks with their floors; 53 bits of hash stand for it. */
  const hashOf = (from: number, to: number): number => {
    let high = Math.imul(from + 1, 0x9e3779b1);
    let low = Math.imul(to + 1, 0x85ebca6b);
    for (let s = from; s < to; s += 1) {
      const begun = starts[s] as Int32Array;
      for (let i = 0; i < begun.length; i += 1) {
        const b = begun[i] as number;
        if (placed[b] === 1) continue;
        let mixed = Math.imul(b + 1, 0x9e3779b1) ^ Math.imul((floor[b] as number) + 1, 0x85ebca6b);
        mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
        high = (high + (mixed ^ (mixed >>> 12))) | 0;
        mixed = Math.imul(mixed ^ (mixed >>> 14), 0x297a2d39);
        low = (low + (mixed ^ (mixed >>> 15))) | 0;
      }
    }
    return (high >>> 0) * 0x200000 + (low & 0x1fffff);
  };

  /** All that the search of a part depends on: its unplaced blocks, and where each may lie. */
  const stateOf = (from: number, to: number): string => {
    const state = [from, to];
    for (let s = from; s < to; s += 1) {
      for (const b of starts[s] as Int32Array) {
        if (placed[b] === 0) state.push(b, floor[b] as number, support[b] as number);
      }
    }
    return state.join();
  };

  /** Of twins, the earlier one is placed first. */
  const isCandidate = (b: number, at: number): boolean =>
    placed[b] === 0 && floor[b] === at && (twin[b] === -1 || placed[twin[b] as number] === 1);

  /** Whether nothing unplaced fits under a block that would lie at `at`. */
  const isSettledUnder = (b: number, at: number): boolean => {
    for (let s = first[b] as number; s < (end[b] as number); s += 1) if ((lowestEnd[s] as number) <= at) return false;
    return true;
  };

  /** The choices that a section offers at its level; `never` where it must wait for others. */
  const countChoices = (section: number, lowest: number): number => {
    const at = level[section] as number;
    const inside = members[section] as Int32Array;
    let count = at + (rest[section] as number) < capacity ? 1 : 0;
    for (let i = 0; i < inside.length; i += 1) {
      const b = inside[i] as number;
      if (placed[b] === 1 || floor[b] !== at) continue;
      if (at !== lowest && !isSettledUnder(b, at)) return never;
      if (isCandidate(b, at)) count += 1;
    }
    return count;
  };

  const chooseSection = (from: number, to: number, lowest: number): number => {
    let chosen = -1;
    let best = Number.POSITIVE_INFINITY;
    let bestSlack = Number.POSITIVE_INFINITY;
    for (let s = from; s < to; s += 1) {
      if (level[s] === never) continue;
      const choices = countChoices(s, lowest);
      if (choices === never) continue;
      let score = choices;
      if (choices > 1 && failedSection >= 0) {
        if (strategy.focus === 'failed' && s === failedSection) score = 1.5;
        if (strategy.focus === 'near') score += Math.abs(s - failedSection) / 8;
      }
      const slack = capacity - (level[s] as number) - (rest[s] as number);
      if (score < best || (score === best && slack < bestSlack)) {
        best = score;
        bestSlack = slack;
        chosen = s;
      }
    }
    return chosen;
  };

  /** The next level at which a block of this section can lie, if none lies at `at`: it must lie on something. */
  const nextLevel = (section: number, at: number): number => {
    const inside = members[section] as Int32Array;
    let next = never;
    for (let i = 0; i < inside.length; i += 1) {
      const b = inside[i] as number;
      if (placed[b] === 1) continue;
      if ((floor[b] as number) > at) {
        next = Math.min(next, floor[b] as number);
        continue;
      }
      const others = neighbours[b] as Int32Array;
      const distances = below[b] as Int32Array;
      work += others.length;
      for (let j = 0; j < others.length; j += 1) {
        const other = others[j] as number;
        if (placed[other] === 1) continue;
        if ((first[other] as number) <= section && section < (end[other] as number)) continue;
        const top = (floor[other] as number) + (distances[j] as number);
        if (top < next) next = top;
      }
    }
    return next;
  };

  /**
   * A block that lives throughout a part all of whose floors are equal may as well lie lowest: whatever lies below it
   * can change places with it. So if it fails there, the part fails. Not where it may share bytes with another.
   */
  const isGround = (b: number, from: number, to: number, at: number): boolean => {
    if ((first[b] as number) > from || (end[b] as number) < to || (partners[b] as readonly unknown[]).length > 0)
      return false;
    const others = neighbours[b] as Int32Array;
    for (let i = 0; i < others.length; i += 1) {
      if (placed[others[i] as number] === 0 && floor[others[i] as number] !== at) return false;
    }
    return true;
  };

  const branch = (from: number, to: number, lowest: number): boolean => {
    const section = chooseSection(from, to, lowest);
    const at = level[section] as number;
    const candidates = [...(members[section] as Int32Array)].filter((b) => isCandidate(b, at));
    const { priority } = strategy;
    candidates.sort((a, b) => (priority[b] as number) - (priority[a] as number) || a - b);
    const mark = trail.length;
    const count = order.length;
    for (const b of candidates) {
      if (place(state, b, at) && solveParts(from, to)) return true;
      undo(state, mark, count);
      if (stopped || isGround(b, from, to, at)) return false;
    }
    const next = nextLevel(section, at);
    if (next + (rest[section] as number) > capacity) return false;
    if (raise(state, section, next) && solve(from, to)) return true;
    undo(state, mark, count);
    return false;
  };

  const solve = (from: number, to: number): boolean => {
    let open = false;
    for (let s = from; s < to && !open; s += 1) open = rest[s] !== 0;
    if (!open) return true;
    steps += 1;
    if (steps > limits.steps || work > limits.work || depth > deepest || ((steps & 255) === 0 && limits.expired())) {
      stopped = true;
    }
    if (stopped) return false;
    const lowest = updateLevels(from, to);
    if (lowest < 0 || hasDominated(from, to)) return false;
    const { memory } = strategy;
    const key = memory === 'hashed' ? hashOf(from, to) : memory === 'exact' ? stateOf(from, to) : null;
    if (key !== null && failed.has(key)) return false;
    depth += 1;
    const found = branch(from, to, lowest);
    depth -= 1;
    if (!found && !stopped && key !== null) failed.add(key);
    return found;
  };

  const found = solveParts(0, sections);
  return { result: found ? 'found' : stopped ? 'stopped' : 'exhausted', offsets: state.offset, work };
}
