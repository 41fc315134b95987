/** A graph as far as its order of execution decides on memory. Tensors and nodes are numbered from 0. */
export interface OrderProblem {
  /** Bytes of each tensor. */
  readonly tensors: readonly number[];
  readonly nodes: readonly OrderNode[];
  /** Tensors that are there from the start; they die like all others. */
  readonly inputs: readonly number[];
  /** Tensors that live to the end. */
  readonly outputs: readonly number[];
}

export interface OrderNode {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Bytes that the node needs only while it runs. */
  readonly scratch?: number;
}

/**
 * The most bytes that live at one step of an order. While a node runs its inputs, its outputs and its scratch live, and
 * all that later nodes still need.
 * @throws Error if the order is not one of this problem's
 */
export function orderPeak(problem: OrderProblem, order: readonly number[]): number {
  const uses = new Array<number>(problem.tensors.length).fill(0);
  for (const node of problem.nodes)
    for (const tensor of new Set(node.inputs)) uses[tensor] = (uses[tensor] as number) + 1;
  for (const tensor of problem.outputs) uses[tensor] = Number.POSITIVE_INFINITY;
  const bytes = (tensor: number): number => problem.tensors[tensor] as number;
  const living = new Set(problem.inputs.filter((tensor) => (uses[tensor] as number) > 0));
  let live = [...living].reduce((sum, tensor) => sum + bytes(tensor), 0);
  let peak = live;
  const ran = new Set<number>();
  for (const index of order) {
    const node = problem.nodes[index];
    if (node === undefined || ran.has(index)) throw new Error(`node ${index} cannot run twice`);
    ran.add(index);
    for (const tensor of node.outputs) {
      living.add(tensor);
      live += bytes(tensor);
    }
    peak = Math.max(peak, live + (node.scratch ?? 0));
    for (const tensor of new Set(node.inputs)) {
      if (!living.has(tensor)) throw new Error(`node ${index} runs before its inputs are there`);
      uses[tensor] = (uses[tensor] as number) - 1;
    }
    for (const tensor of new Set([...node.inputs, ...node.outputs])) {
      if (uses[tensor] !== 0) continue;
      living.delete(tensor);
      live -= bytes(tensor);
    }
  }
  if (ran.size !== problem.nodes.length) throw new Error('not every node runs');
  return peak;
}
