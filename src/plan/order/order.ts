import { cutBound } from './cut.ts';
import { descend } from './descend.ts';
import { createExactSearch } from './exact.ts';
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

export const defaultOrderLimits: OrderLimits = { moves: 16_000_000, width: 24, cuts: 64 };

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
 * First the given order and a beam search; then a bound by minimum cuts; then, as long as they do not meet, an exact
 * search from both ends.
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
  const floor = Math.max(need, cutBound(problem, hungriest(problem, best.order, limits.cuts)));
  if (best.peak === floor) return answer(floor);
  // Which direction is the easier one is not known, and often by far: they take turns.
  const searches = frontiers.map((frontier) => ({
    frontier,
    search: createExactSearch(problem, frontier, { floor, ceiling: best.peak }),
  }));
  const bound = (): number => Math.max(...searches.map(({ search }) => search.bound()));
  for (let moves = 0; moves < limits.moves && bound() < best.peak; moves += turn) {
    for (const { frontier, search } of searches) {
      const found = search.advance(turn);
      if (found === null) continue;
      if (found.path === null) return answer(best.peak);
      const { path, peak } = found;
      best = { order: frontier.direction === 'forward' ? path : [...path].reverse(), peak };
      return answer(peak);
    }
  }
  return answer(Math.min(bound(), best.peak));
}

/** Moves of a node that a direction makes before the other has its turn. */
const turn = 20_000;

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
