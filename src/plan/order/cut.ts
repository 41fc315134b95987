import type { OrderProblem } from './problem.ts';

/**
 * A lower bound of the peak of every order: while a node runs, all that it needs has run, and nothing that needs it;
 * among the sets of nodes that can have run then, the one that leaves the fewest bytes alive is a minimum cut.
 * @param chosen the nodes to look at; each costs a maximum flow
 */
export function cutBound(problem: OrderProblem, chosen: readonly number[]): number {
  const kept = problem.outputs.reduce((sum, tensor) => sum + (problem.tensors[tensor] as number), 0);
  return chosen.reduce((bound, node) => Math.max(bound, leastWhileRunning(problem, node)), kept);
}

function leastWhileRunning(problem: OrderProblem, running: number): number {
  const { tensors, nodes } = problem;
  const producer = new Map<number, number>();
  nodes.forEach((node, index) => {
    for (const tensor of node.outputs) producer.set(tensor, index);
  });
  // Vertices: the nodes; then the tensors; then what has run for certain, and what has not.
  const hasRun = nodes.length + tensors.length;
  const hasNotRun = hasRun + 1;
  const network = createNetwork(hasRun + 2);
  const vertex = (tensor: number): number => nodes.length + tensor;
  // A tensor is alive, and its edge cut, if its producer has run and a consumer has not.
  tensors.forEach((bytes, tensor) => {
    network.connect(producer.get(tensor) ?? hasRun, vertex(tensor), bytes);
  });
  for (const tensor of problem.outputs) network.connect(vertex(tensor), hasNotRun, unlimited);
  nodes.forEach((node, index) => {
    for (const tensor of new Set(node.inputs)) {
      network.connect(vertex(tensor), index, unlimited);
      // Where a consumer has run its producer has.
      network.connect(index, producer.get(tensor) ?? hasRun, unlimited);
    }
  });
  const node = problem.nodes[running] as OrderProblem['nodes'][number];
  network.connect(running, hasNotRun, unlimited);
  for (const tensor of node.inputs) network.connect(hasRun, producer.get(tensor) ?? hasRun, unlimited);
  const made = node.outputs.reduce((sum, tensor) => sum + (tensors[tensor] as number), 0);
  return network.flow(hasRun, hasNotRun) + made + (node.scratch ?? 0);
}

/** More than all bytes that a model can have, and still an exact number. */
const unlimited = 2 ** 50;

interface Network {
  readonly connect: (from: number, to: number, capacity: number) => void;
  /** The maximum flow; can be asked once. (Dinic's algorithm.) */
  readonly flow: (source: number, sink: number) => number;
}

function createNetwork(vertices: number): Network {
  const edges = Array.from({ length: vertices }, (): number[] => []);
  const target: number[] = [];
  const room: number[] = [];
  const level = new Int32Array(vertices);
  const next = new Int32Array(vertices);

  const rank = (source: number, sink: number): boolean => {
    level.fill(-1);
    level[source] = 0;
    const queue = [source];
    for (const vertex of queue) {
      for (const edge of edges[vertex] as number[]) {
        const to = target[edge] as number;
        if ((room[edge] as number) <= 0 || level[to] !== -1) continue;
        level[to] = (level[vertex] as number) + 1;
        queue.push(to);
      }
    }
    return level[sink] !== -1;
  };
  /** Sends flow along one path of rising levels, found without recursion: a path can be as long as the graph. */
  const push = (source: number, sink: number): number => {
    const path: number[] = [];
    let vertex = source;
    while (vertex !== sink) {
      const list = edges[vertex] as number[];
      const edge = list[next[vertex] as number];
      if (edge === undefined) {
        const last = path.pop();
        if (last === undefined) return 0;
        vertex = target[last ^ 1] as number;
        next[vertex] = (next[vertex] as number) + 1;
        continue;
      }
      const to = target[edge] as number;
      if ((room[edge] as number) > 0 && level[to] === (level[vertex] as number) + 1) {
        path.push(edge);
        vertex = to;
      } else {
        next[vertex] = (next[vertex] as number) + 1;
      }
    }
    const amount = path.reduce((least, edge) => Math.min(least, room[edge] as number), unlimited);
    for (const edge of path) {
      room[edge] = (room[edge] as number) - amount;
      room[edge ^ 1] = (room[edge ^ 1] as number) + amount;
    }
    return amount;
  };

  return {
    connect: (from, to, capacity) => {
      if (from === to) return;
      (edges[from] as number[]).push(target.length);
      target.push(to);
      room.push(capacity);
      (edges[to] as number[]).push(target.length);
      target.push(from);
      room.push(0);
    },
    flow: (source, sink) => {
      let total = 0;
      while (rank(source, sink)) {
        next.fill(0);
        for (let amount = push(source, sink); amount > 0; amount = push(source, sink)) total += amount;
      }
      return total;
    },
  };
}
