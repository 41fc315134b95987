import type { Partner, Sections } from './sections.ts';

/** A partial placement that can be taken back step by step. */
export interface State {
  readonly problem: Sections;
  readonly capacity: number;
  readonly placed: Uint8Array;
  readonly offset: Int32Array;
  /** Where an unplaced block may lie at the lowest, by what is placed and by the levels that were given up. */
  readonly floor: Int32Array;
  /** The same by what is placed alone. */
  readonly support: Int32Array;
  /** Per section: the least that its unplaced blocks take, on top of each other. */
  readonly rest: Int32Array;
  /** Per border between section k - 1 and k: the unplaced blocks that cross it. Where none does, the sides part. */
  readonly crossing: Int32Array;
  /** Changed floors: block, old floor, old support, three numbers each. */
  readonly trail: number[];
  readonly order: number[];
}

export function createState(problem: Sections, capacity: number): State {
  const { blocks, sections, first, end, size } = problem;
  const rest = new Int32Array(sections);
  const crossing = new Int32Array(sections + 1);
  for (let b = 0; b < blocks; b += 1) {
    for (let s = first[b] as number; s < (end[b] as number); s += 1) {
      rest[s] = (rest[s] as number) + (size[b] as number);
      if (s > (first[b] as number)) crossing[s] = (crossing[s] as number) + 1;
    }
  }
  for (let b = 0; b < blocks; b += 1) {
    for (const partner of problem.partners[b] as readonly Partner[]) {
      if (partner.block > b) changeRest(rest, partner, -partner.saved);
    }
  }
  const zeros = (): Int32Array => new Int32Array(blocks);
  const placed = new Uint8Array(blocks);
  return {
    problem,
    capacity,
    placed,
    offset: zeros(),
    floor: zeros(),
    support: zeros(),
    rest,
    crossing,
    trail: [],
    order: [],
  };
}

function changeRest(rest: Int32Array, { first, end }: Partner, bytes: number): void {
  for (let s = first; s < end; s += 1) rest[s] = (rest[s] as number) + bytes;
}

/** @returns whether the unplaced neighbours still fit under the capacity */
export function place(state: State, block: number, offset: number): boolean {
  const { problem, placed, floor, support, rest, crossing, trail, capacity } = state;
  const { first, end, size } = problem;
  placed[block] = 1;
  state.offset[block] = offset;
  state.order.push(block);
  const bytes = size[block] as number;
  const start = first[block] as number;
  for (let s = start; s < (end[block] as number); s += 1) {
    rest[s] = (rest[s] as number) - bytes;
    if (s > start) crossing[s] = (crossing[s] as number) - 1;
  }
  for (const partner of problem.partners[block] as readonly Partner[]) {
    if (placed[partner.block] === 0) changeRest(rest, partner, partner.saved);
  }
  let fits = true;
  const neighbours = problem.neighbours[block] as Int32Array;
  const above = problem.above[block] as Int32Array;
  for (let i = 0; i < neighbours.length; i += 1) {
    const other = neighbours[i] as number;
    if (placed[other] === 1) continue;
    const top = offset + (above[i] as number);
    const oldSupport = support[other] as number;
    if (oldSupport >= top) continue;
    const oldFloor = floor[other] as number;
    trail.push(other, oldFloor, oldSupport);
    support[other] = top;
    if (oldFloor < top) floor[other] = top;
    if (top + (size[other] as number) > capacity) fits = false;
  }
  return fits;
}

/** Forbids every unplaced block of a section to begin below `level`. @returns whether they still fit */
export function raise(state: State, section: number, level: number): boolean {
  const { problem, placed, floor, support, trail, capacity } = state;
  const members = problem.members[section] as Int32Array;
  let fits = true;
  for (let i = 0; i < members.length; i += 1) {
    const block = members[i] as number;
    if (placed[block] === 1 || (floor[block] as number) >= level) continue;
    trail.push(block, floor[block] as number, support[block] as number);
    floor[block] = level;
    if (level + (problem.size[block] as number) > capacity) fits = false;
  }
  return fits;
}

/** Takes back everything since the trail and the order had these lengths. */
export function undo(state: State, trailLength: number, orderLength: number): void {
  const { problem, placed, floor, support, rest, crossing, trail, order } = state;
  while (trail.length > trailLength) {
    const oldSupport = trail.pop() as number;
    const oldFloor = trail.pop() as number;
    const block = trail.pop() as number;
    support[block] = oldSupport;
    floor[block] = oldFloor;
  }
  while (order.length > orderLength) {
    const block = order.pop() as number;
    placed[block] = 0;
    const start = problem.first[block] as number;
    for (let s = start; s < (problem.end[block] as number); s += 1) {
      rest[s] = (rest[s] as number) + (problem.size[block] as number);
      if (s > start) crossing[s] = (crossing[s] as number) + 1;
    }
    for (const partner of problem.partners[block] as readonly Partner[]) {
      if (placed[partner.block] === 0) changeRest(rest, partner, -partner.saved);
    }
  }
}
