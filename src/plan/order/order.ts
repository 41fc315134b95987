import { cutBound } from './cut.ts';
import { createFrontier, type Direction, type Frontier } from './frontier.ts';
import { type OrderProblem, orderPeak } from './problem.ts';

export type { OrderNode, OrderProblem } from './problem.ts';
export { orderPeak } from './problem.ts';

export interface Order {
  /** Indices of nodes. */
  readonly order: readonly number[];
  /** The most bytes that live at one step of it. */
  readonly peak: number;
  /** No order has a lower peak. */
  readonly bound: number;
  /** The peak is the bound. */
  readonly exact: boolean;
}

export interface OrderLimits {
  /** Moves of a node that the exact search may make in each direction, some millions a second. */
  readonly moves: number;
  /** States that the heuristic keeps from step to step. */
  readonly width: number;
  /** Nodes whose minimum cut is computed for the bound. */
  readonly cuts: number;
}

export const defaultOrderLimits: OrderLimits = { moves: 4_000_000, width: 24, cuts: 64 };

/** A set of nodes that can have run, with a way to it. */
interface Reached {
  readonly bits: Uint32Array;
  readonly count: number;
  readonly live: number;
  readonly peak: number;
  readonly from: Reached | null;
  /** What ran since `from`. */
  readonly ran: readonly number[];
}

/**
 * The order of least peak memory: exact where the search can prove it, otherwise the best that was found, with a bound.
 * First the given order and a beam search; then a bound by minimum cuts; then, as long as they do not meet, a shortest
 * path search over the sets of nodes that have run, the length of a path being its peak. (SERENITY does that level by
 * level: Ahn et al., "Ordering chaos", MLSys 2020.)
 * @param problem acyclic, nodes in an order that can run
 */
export function orderForMemory(problem: OrderProblem, limits: OrderLimits = defaultOrderLimits): Order {
  const natural = problem.nodes.map((_, index) => index);
  let best = { order: natural as readonly number[], peak: orderPeak(problem, natural) };
  const answer = (bound: number): Order => ({ ...best, bound, exact: best.peak === bound });
  const improve = (end: Reached, direction: Direction): void => {
    // Of two orders of one peak the given one, which is what the reader of the model expects.
    if (end.peak < best.peak) best = { order: pathTo(end, direction), peak: end.peak };
  };
  const needs = needsOfNodes(problem);
  const need = needs.reduce((most, bytes) => Math.max(most, bytes), 0);
  if (problem.nodes.length === 0) return answer(best.peak);
  if (best.peak === need) return answer(need);

  const frontiers = directions.map((direction) => createFrontier(problem, direction));
  for (const frontier of frontiers) {
    improve(searchByBeam(problem, frontier, need, 1), frontier.direction);
    // A wider beam costs as many times more.
    const width = Math.min(limits.width, Math.floor(limits.moves / frontier.work()));
    if (width > 1) improve(searchByBeam(problem, frontier, need, width), frontier.direction);
  }
  let bound = Math.max(need, cutBound(problem, hungriest(problem, best.order, limits.cuts)));
  // Which direction is the easier one is not known: both have a little try before either has a long one.
  for (const moves of [limits.moves / 10, limits.moves]) {
    for (const frontier of frontiers) {
      if (best.peak === bound) return answer(bound);
      const searched = searchExactly(problem, frontier, { floor: bound, ceiling: best.peak, moves });
      bound = searched.bound;
      if (searched.end !== null) improve(searched.end, frontier.direction);
    }
  }
  return answer(bound);
}

const directions: readonly Direction[] = ['forward', 'backward'];

/** What each node needs for itself. */
function needsOfNodes({ nodes, tensors }: OrderProblem): readonly number[] {
  return nodes.map((node) => {
    const touched = [...new Set([...node.inputs, ...node.outputs])];
    return touched.reduce((sum, tensor) => sum + (tensors[tensor] as number), node.scratch ?? 0);
  });
}

/** The nodes at whose steps an order needs most: their cuts are likely to bound it best. */
function hungriest(problem: OrderProblem, order: readonly number[], count: number): readonly number[] {
  const frontier = createFrontier(problem, 'forward');
  const steps = order.map((node) => {
    const peak = frontier.stepPeak(node);
    frontier.run(node);
    return { node, peak };
  });
  steps.sort((a, b) => b.peak - a.peak);
  return steps.slice(0, count).map(({ node }) => node);
}

/**
 * Runs, again and again, nodes after which no more lives than before, and whose steps do not pass `allowed`. That loses
 * no order: what lives is a submodular function of the set of nodes that have run, so that to run such nodes first
 * makes no later step higher. It also takes linear stretches down to their next valley in one go.
 */
function descend(frontier: Frontier, allowed: number): void {
  let moved = true;
  while (moved) {
    moved = false;
    for (const node of [...frontier.ready()]) {
      if (frontier.isReady(node) && runDown(frontier, node, allowed)) moved = true;
    }
  }
}

/** Runs a node, and then nodes that it made ready, until no more lives than before; or nothing. */
function runDown(frontier: Frontier, first: number, allowed: number): boolean {
  const start = frontier.live();
  const mark = frontier.ran().length;
  let node: number | undefined = first;
  while (node !== undefined && frontier.stepPeak(node) <= allowed) {
    frontier.run(node);
    if (frontier.live() <= start) return true;
    node = frontier.waiting(node).find((reader) => frontier.isReady(reader));
  }
  frontier.backTo(mark);
  return false;
}

/** The state before anything has run. */
function startOf({ nodes }: OrderProblem, floor: number): Reached {
  return { bits: new Uint32Array(Math.ceil(nodes.length / 32)), count: 0, live: 0, peak: floor, from: null, ran: [] };
}

/** Brings the frontier to a state, and from there down as far as costs nothing. */
function enter(frontier: Frontier, state: Reached): void {
  frontier.restore(state.bits, state.peak);
  descend(frontier, frontier.peak());
}

/** The state that the frontier is in, which it came to from `from`. */
function reach(frontier: Frontier, from: Reached): Reached {
  const ran = [...frontier.ran()];
  const bits = frontier.bits().slice();
  return { bits, count: from.count + ran.length, live: frontier.live(), peak: frontier.peak(), from, ran };
}

/**
 * Goes to each state that one more node leads to from where the frontier is, without steps that reach the ceiling.
 * @param visit called while the frontier is there
 */
function forEachNext(frontier: Frontier, ceiling: number, visit: () => void): void {
  const mark = frontier.ran().length;
  for (const node of [...frontier.ready()].sort((x, y) => x - y)) {
    if (frontier.stepPeak(node) >= ceiling) continue;
    frontier.run(node);
    visit();
    frontier.backTo(mark);
  }
}

interface Searched {
  readonly end: Reached | null;
  readonly bound: number;
}

interface SearchBounds {
  /** No order has a lower peak. */
  readonly floor: number;
  /** Only lower peaks are of interest. */
  readonly ceiling: number;
  readonly moves: number;
}

function searchExactly(problem: OrderProblem, frontier: Frontier, bounds: SearchBounds): Searched {
  const { floor, ceiling } = bounds;
  const total = problem.nodes.length;
  // By peak the lowest first; of one peak the one that has come furthest.
  const queue = createQueue((a, b) => a.peak - b.peak || b.count - a.count || a.live - b.live);
  /** The lowest peak by which a state was reached; lower than all where it has been left again. */
  const known = new Map<string, number>();
  queue.push(startOf(problem, floor));
  const allowed = frontier.work() + bounds.moves;
  let bound = floor;
  for (let state = queue.pop(); state !== null; state = queue.pop()) {
    const from = state;
    bound = Math.max(bound, from.peak);
    if (frontier.work() > allowed) return { end: null, bound };
    enter(frontier, from);
    if (from.count + frontier.ran().length === total) return { end: reach(frontier, from), bound };
    const key = keyOf(frontier.bits());
    if (known.get(key) === -1) continue;
    known.set(key, -1);
    forEachNext(frontier, ceiling, () => {
      const nextKey = keyOf(frontier.bits());
      const peak = frontier.peak();
      if ((known.get(nextKey) ?? ceiling) <= peak) return;
      known.set(nextKey, peak);
      queue.push(reach(frontier, from));
    });
  }
  // Nothing is left below the ceiling.
  return { end: null, bound: ceiling };
}

/** Keeps the best states of each number of nodes run; of these the lowest peak counts, and then what lives. */
function searchByBeam(problem: OrderProblem, frontier: Frontier, floor: number, width: number): Reached {
  const total = problem.nodes.length;
  const levels = Array.from({ length: total + 1 }, () => new Map<string, Reached>());
  const add = (state: Reached): void => {
    const level = levels[state.count] as Map<string, Reached>;
    const key = keyOf(state.bits);
    const known = level.get(key);
    if (known === undefined || state.peak < known.peak) level.set(key, state);
  };
  add(startOf(problem, floor));
  for (let count = 0; count < total; count += 1) {
    const level = levels[count] as Map<string, Reached>;
    const kept = [...level.values()].sort((a, b) => a.peak - b.peak || a.live - b.live).slice(0, width);
    level.clear();
    for (const state of kept) {
      enter(frontier, state);
      if (state.count + frontier.ran().length === total) add(reach(frontier, state));
      forEachNext(frontier, Number.POSITIVE_INFINITY, () => add(reach(frontier, state)));
    }
  }
  const [end] = (levels[total] as Map<string, Reached>).values();
  return end as Reached;
}

function pathTo(state: Reached, direction: Direction): readonly number[] {
  const parts: (readonly number[])[] = [];
  for (let at: Reached | null = state; at !== null; at = at.from) parts.push(at.ran);
  const path = parts.reverse().flat();
  return direction === 'forward' ? path : path.reverse();
}

function keyOf(bits: Uint32Array): string {
  return String.fromCharCode(...new Uint16Array(bits.buffer));
}

interface Queue {
  readonly push: (state: Reached) => void;
  readonly pop: () => Reached | null;
}

/** A binary heap. */
function createQueue(compare: (a: Reached, b: Reached) => number): Queue {
  const heap: Reached[] = [];
  const at = (index: number): Reached => heap[index] as Reached;
  const swap = (a: number, b: number): void => {
    const kept = at(a);
    heap[a] = at(b);
    heap[b] = kept;
  };
  return {
    push: (state) => {
      heap.push(state);
      for (let i = heap.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (compare(at(parent), at(i)) <= 0) break;
        swap(parent, i);
        i = parent;
      }
    },
    pop: () => {
      const top = heap[0];
      if (top === undefined) return null;
      const last = heap.pop() as Reached;
      if (heap.length > 0) {
        heap[0] = last;
        for (let i = 0; ; ) {
          let least = i;
          for (const child of [2 * i + 1, 2 * i + 2]) {
            if (child < heap.length && compare(at(child), at(least)) < 0) least = child;
          }
          if (least === i) break;
          swap(least, i);
          i = least;
        }
      }
      return top;
    },
  };
}
