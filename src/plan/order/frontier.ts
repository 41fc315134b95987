import type { OrderNode, OrderProblem } from './problem.ts';

/**
 * Forward: nodes run, first to last. Backward: from the end of an order, nodes are taken back, last to first. What is
 * said below of running holds for taking back. Where memory rises towards the end the search is easier from there.
 */
export type Direction = 'forward' | 'backward';

/**
 * Which nodes have run, what lives, and what can run next: moved forth and back, node by node. One is made for a
 * problem and carried from state to state.
 */
export interface Frontier {
  readonly direction: Direction;
  /** Bytes that live between two nodes. */
  readonly live: () => number;
  /** The most bytes that have lived since `restore`, or what that was given. */
  readonly peak: () => number;
  /** Nodes that could run now. */
  readonly ready: () => readonly number[];
  readonly isReady: (node: number) => boolean;
  /** The nodes that have run since `restore`, in order. */
  readonly ran: () => readonly number[];
  /** The bytes of the step that would run this node now. */
  readonly stepPeak: (node: number) => number;
  /** How many more bytes live after this node than before it; fewer where it is negative. */
  readonly change: (node: number) => number;
  /** Whether some node waits for this one alone. */
  readonly opens: (node: number) => boolean;
  readonly run: (node: number) => void;
  /** Takes back the last nodes, until only `count` have run since `restore`. */
  readonly backTo: (count: number) => void;
  /** Nodes that have run, a bit each. */
  readonly bits: () => Uint32Array;
  readonly restore: (bits: Uint32Array, peak: number) => void;
  /** What has been done with it so far, in moves of a node: the same on every machine. */
  readonly work: () => number;
  /** Nodes that wait for this one. */
  readonly waiting: (node: number) => readonly number[];
}

interface Links {
  readonly inputs: readonly (readonly number[])[];
  /** Node -> nodes that make its inputs. */
  readonly producers: readonly (readonly number[])[];
  /** Node -> nodes that take its outputs. */
  readonly consumers: readonly (readonly number[])[];
  /** Tensor -> the node that makes it, or -1. */
  readonly producer: Int32Array;
}

function linksOf({ tensors, nodes }: OrderProblem): Links {
  const producer = new Int32Array(tensors.length).fill(-1);
  nodes.forEach((node, index) => {
    for (const tensor of node.outputs) producer[tensor] = index;
  });
  const inputs = nodes.map((node) => [...new Set(node.inputs)]);
  const producers = inputs.map((list) =>
    [...new Set(list.map((tensor) => producer[tensor] as number))].filter((p) => p >= 0),
  );
  const consumers = nodes.map((): number[] => []);
  producers.forEach((list, node) => {
    for (const maker of list) (consumers[maker] as number[]).push(node);
  });
  return { inputs, producers, consumers, producer };
}

export function createFrontier(problem: OrderProblem, direction: Direction): Frontier {
  const { tensors, nodes, outputs } = problem;
  const isForward = direction === 'forward';
  const { inputs, producers, consumers, producer } = linksOf(problem);
  const waiting = isForward ? consumers : producers;
  const awaited = isForward ? producers : consumers;
  /** Per tensor: nodes still to run (in the order's own direction) that take it; what is kept has one that never does. */
  const uses = new Int32Array(tensors.length);
  const missing = new Int32Array(nodes.length);
  const ready: number[] = [];
  const position = new Int32Array(nodes.length).fill(-1);
  const ran: number[] = [];
  const peaks: number[] = [];
  const bits = new Uint32Array(Math.ceil(nodes.length / 32));
  const bytesOf = (tensor: number): number => tensors[tensor] as number;
  const made = nodes.map((node) => node.outputs.reduce((sum, tensor) => sum + bytesOf(tensor), 0));
  const read = new Set([...outputs, ...nodes.flatMap((node) => node.inputs)]);
  /** Bytes of the outputs that live on after their node. */
  const lasting = nodes.map((node) => node.outputs.reduce((sum, t) => sum + (read.has(t) ? bytesOf(t) : 0), 0));
  const scratch = nodes.map((node: OrderNode) => node.scratch ?? 0);
  let live = 0;
  let peak = 0;
  let work = 0;

  const add = (node: number): void => {
    position[node] = ready.length;
    ready.push(node);
  };
  const remove = (node: number): void => {
    const at = position[node] as number;
    const last = ready.pop() as number;
    if (last !== node) {
      ready[at] = last;
      position[last] = at;
    }
    position[node] = -1;
  };
  const flip = (node: number): void => {
    bits[node >> 5] = (bits[node >> 5] as number) ^ (1 << (node & 31));
  };
  /** Bytes of the inputs that this node is the last to take, when it has `left` uses: 1 before it runs, 0 after. */
  const lastUses = (node: number, left: number): number => {
    let bytes = 0;
    for (const tensor of inputs[node] as readonly number[]) if (uses[tensor] === left) bytes += bytesOf(tensor);
    return bytes;
  };
  const countUses = (node: number, change: number): void => {
    for (const tensor of inputs[node] as readonly number[]) uses[tensor] = (uses[tensor] as number) + change;
  };
  const change = (node: number): number =>
    isForward ? (lasting[node] as number) - lastUses(node, 1) : lastUses(node, 0) - (lasting[node] as number);
  const opens = (node: number): boolean => {
    for (const other of waiting[node] as readonly number[]) if (missing[other] === 1) return true;
    return false;
  };
  /** Changes what lives from before a node to after it, or back. */
  const execute = (node: number): void => {
    live += (lasting[node] as number) - lastUses(node, 1);
    countUses(node, -1);
  };
  const revert = (node: number): void => {
    live += lastUses(node, 0) - (lasting[node] as number);
    countUses(node, 1);
  };
  const stepPeak = (node: number): number => {
    const before = isForward ? live : live + lastUses(node, 0) - (lasting[node] as number);
    return before + (made[node] as number) + (scratch[node] as number);
  };

  const run = (node: number): void => {
    work += 1;
    peaks.push(peak);
    peak = Math.max(peak, stepPeak(node));
    if (isForward) execute(node);
    else revert(node);
    remove(node);
    flip(node);
    ran.push(node);
    for (const other of waiting[node] as readonly number[]) {
      missing[other] = (missing[other] as number) - 1;
      if (missing[other] === 0) add(other);
    }
  };
  const back = (): void => {
    const node = ran.pop() as number;
    peak = peaks.pop() as number;
    for (const other of waiting[node] as readonly number[]) {
      if (missing[other] === 0) remove(other);
      missing[other] = (missing[other] as number) + 1;
    }
    if (isForward) revert(node);
    else execute(node);
    flip(node);
    add(node);
  };

  const restore = (state: Uint32Array, known: number): void => {
    // About what moves cost.
    work += nodes.length / 4;
    bits.set(state);
    ran.length = 0;
    peaks.length = 0;
    ready.length = 0;
    position.fill(-1);
    uses.fill(0);
    for (const tensor of outputs) uses[tensor] = 1;
    const isDone = (node: number): boolean => (((state[node >> 5] as number) >>> (node & 31)) & 1) === 1;
    nodes.forEach((_, node) => {
      if (isDone(node) !== isForward) countUses(node, 1);
      missing[node] = (awaited[node] as readonly number[]).reduce((count, other) => count + (isDone(other) ? 0 : 1), 0);
      if (!isDone(node) && missing[node] === 0) add(node);
    });
    live = tensors.reduce((sum, bytes, tensor) => {
      const maker = producer[tensor] as number;
      const isThere = maker < 0 || isDone(maker) === isForward;
      return isThere && (uses[tensor] as number) > 0 ? sum + bytes : sum;
    }, 0);
    peak = Math.max(known, live);
  };
  restore(new Uint32Array(bits.length), 0);

  return {
    direction,
    live: () => live,
    peak: () => peak,
    ready: () => ready,
    isReady: (node) => (position[node] as number) >= 0,
    ran: () => ran,
    stepPeak,
    change,
    opens,
    run,
    backTo: (count) => {
      while (ran.length > count) back();
    },
    bits: () => bits,
    work: () => work,
    restore,
    waiting: (node) => waiting[node] as readonly number[],
  };
}
