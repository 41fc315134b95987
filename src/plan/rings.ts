import type { Tensor } from '../graph/types.ts';
import { alignUp, type Layer, type Ring, type Settling } from './types.ts';
import { type Flow, type Member, runWalk, type Schedule, startWalk, type Walk } from './walk.ts';

/** The bytes that a ring takes. */
export function ringBytes(
  ring: Pick<Ring, 'slots' | 'window'>,
  flow: { readonly width: number; readonly pixelBytes: number },
): number {
  return (ring.slots * flow.width + ring.window) * flow.pixelBytes;
}

interface PlacedRing {
  readonly bytes: number;
  readonly lane: number | null;
}

/** The bytes that rings of one stage take together, counted one by one: those of one lane lie at the same place. */
export function createRingSum(): { readonly add: (ring: PlacedRing) => void; readonly bytes: () => number } {
  const lanes: number[] = [];
  let sum = 0;
  return {
    add({ bytes, lane }) {
      const before = lane === null ? 0 : (lanes[lane] ?? 0);
      const after = Math.max(before, alignUp(bytes));
      if (lane !== null) lanes[lane] = after;
      sum += after - before;
    },
    bytes: () => sum,
  };
}

/** The bytes that the rings of a stage take together. */
export function bytesTogether(rings: Iterable<PlacedRing>): number {
  const sum = createRingSum();
  for (const ring of rings) sum.add(ring);
  return sum.bytes();
}

/** The first column of a row that some reader still needs; the width where none is. */
function firstNeeded({ readers, width }: Flow, row: number): number {
  let first = width;
  for (const { member, intake } of readers) {
    if (member.y >= member.steps) continue;
    const { firstRowFrom } = intake.demand;
    if (row >= (firstRowFrom[member.y + 1] as number)) return 0;
    if (row >= (firstRowFrom[member.y] as number) && intake.from < first) first = intake.from;
  }
  return first;
}

/** The oldest row of which some column before `to` is still needed. */
function oldestNeeded({ readers }: Flow, to: number): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { member, intake } of readers) {
    if (member.y >= member.steps) continue;
    const passed = to <= intake.from;
    oldest = Math.min(oldest, intake.demand.firstRowFrom[passed ? member.y + 1 : member.y] as number);
  }
  return oldest;
}

/** Whether nothing of what has been made of a flow is needed any more. */
function isEmpty({ readers, width, made }: Flow): boolean {
  for (const { member, intake } of readers) {
    if (member.y >= member.steps) continue;
    const { firstRowFrom } = intake.demand;
    if ((firstRowFrom[member.y] as number) * width + intake.from < made) return false;
    if (member.y + 1 < member.steps && (firstRowFrom[member.y + 1] as number) * width < made) return false;
  }
  return true;
}

/**
 * Finds the tensors of a stage of which nothing is left whenever a layer computes that neither makes nor reads them, and
 * gives each a lane: another one than those of the tensors that its layer reads.
 */
function findLanes(walk: Walk): { readonly step: (member: Member) => void; lanes(): ReadonlyMap<Flow, number> } {
  // Sums of single columns are written bit by bit while others compute.
  const isSummed = ({ accumulates, output }: Member): boolean => accumulates && output.width > 1;
  const passing = new Set(
    walk.members.flatMap((member) => (member.output.handed || isSummed(member) ? [] : [member.output])),
  );
  const full = new Set<Flow>();
  return {
    step(member) {
      for (const flow of full) {
        if (isEmpty(flow)) full.delete(flow);
        else if (flow !== member.output && !flow.readers.some((reader) => reader.member === member)) {
          full.delete(flow);
          passing.delete(flow);
        }
      }
      if (passing.has(member.output)) full.add(member.output);
    },
    lanes() {
      const lanes = new Map<Flow, number>();
      for (const { intakes, output } of walk.members) {
        if (!passing.has(output)) continue;
        const taken = intakes.map(({ flow }) => (flow === null ? undefined : lanes.get(flow)));
        let lane = 0;
        while (taken.includes(lane)) lane += 1;
        lanes.set(output, lane);
      }
      return lanes;
    },
  };
}

/** The state of a window while a stage runs: the row in it, and the column behind its last. */
interface WindowState {
  row: number;
  end: number;
  /** The columns that the window must hold at the least; infinity where no window will do. */
  columns: number;
  readonly settle: Settling[];
}

/**
 * The smallest ring of every tensor that is made or fetched inside a stage, found by running the stage's schedule.
 * Two ways are compared for each: whole rows in slots, and one slot fewer with a window. Rows that are fetched or handed
 * over lie whole in their slots, since the caller writes or reads them as a whole.
 */
export function fitRings(
  layers: readonly Layer[],
  stage: Schedule,
  tensors: (name: string) => Tensor,
): ReadonlyMap<string, Ring> {
  const first = startWalk(layers, stage, tensors);
  const slots = new Int32Array(first.consumers.size);
  runWalk(first, {
    step: () => {},
    write(flow, row, _from, to) {
      const untaken = flow.handed ? flow.taken : row;
      const needed = row - Math.min(row, untaken, oldestNeeded(flow, to)) + 1;
      if (needed > (slots[flow.index] as number)) slots[flow.index] = needed;
    },
  });

  const second = startWalk(layers, stage, tensors);
  const windows = Array.from(slots, (): WindowState => ({ row: 0, end: 0, columns: 1, settle: [] }));
  const fetched = new Set<Flow>(second.fetched);
  const passing = findLanes(second);
  runWalk(second, {
    write(flow, row, from, to) {
      const state = windows[flow.index] as WindowState;
      const kept = (slots[flow.index] as number) - 1;
      if (fetched.has(flow) || flow.handed) state.columns = Number.POSITIVE_INFINITY;
      // Before a new row, what is left of the last one goes to its slot, over a row that must be dead by then.
      // Without slots a row is gone when the next one begins.
      const replaced = kept > 0 ? row - 1 - kept : row - 1;
      if (from === 0 && row > 0 && firstNeeded(flow, replaced) < flow.width) {
        state.columns = Number.POSITIVE_INFINITY;
      }
      const dead = firstNeeded(flow, row - kept);
      state.columns = Math.max(state.columns, to - Math.min(dead, to), to - from);
      state.row = row;
      state.end = to;
    },
    step(member) {
      passing.step(member);
      for (const { flow, demand, from } of member.intakes) {
        if (flow === null) continue;
        const state = windows[flow.index] as WindowState;
        const last = demand.lastRow[member.y] as number;
        if (last < state.row || (demand.firstRow[member.y] as number) > state.row) continue;
        const kept = (slots[flow.index] as number) - 1;
        const settled = state.settle.some(({ layer, input }) => layer === member.layer.index && input === demand.input);
        if (settled) continue;
        const complete = flow.made === flow.rows * flow.width;
        if (kept > 0 && member.x === 0 && last === flow.rows - 1 && complete) {
          if (firstNeeded(flow, state.row - kept) === flow.width) {
            state.settle.push({ layer: member.layer.index, input: demand.input, from: member.y });
            continue;
          }
        }
        state.columns = Math.max(state.columns, state.end - from);
      }
    },
  });

  const rings = new Map<string, Ring>();
  const lanes = passing.lanes();
  for (const flow of [...second.fetched, ...second.members.map((member) => member.output)]) {
    const rows = Math.max(1, slots[flow.index] as number);
    const { columns, settle } = windows[flow.index] as WindowState;
    const windowed = columns < flow.width;
    rings.set(flow.tensor.name, {
      ...(windowed ? { slots: rows - 1, window: columns, settle } : { slots: rows, window: 0, settle: [] }),
      lane: settle.length > 0 ? null : (lanes.get(flow) ?? null),
    });
  }
  return rings;
}
