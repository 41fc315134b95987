import type { Graph, Node, Quantization, Tensor } from '../graph/types.ts';

/** Tensor name -> the nodes that read it, in order; graph outputs count as no node. */
export function consumersOf(graph: Graph): ReadonlyMap<string, readonly Node[]> {
  const consumers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      if (input === null) continue;
      const known = consumers.get(input);
      if (known === undefined) consumers.set(input, [node]);
      else known.push(node);
    }
  }
  return consumers;
}

/** Tensor name -> the node that makes it. */
export function producersOf(graph: Graph): ReadonlyMap<string, Node> {
  return new Map(graph.nodes.map((node) => [node.output, node]));
}

/** Whether a tensor is read by exactly one node and is no output of the graph. */
export function readOnce(graph: Graph, consumers: ReadonlyMap<string, readonly Node[]>, name: string): boolean {
  return consumers.get(name)?.length === 1 && !graph.outputs.some((port) => port.tensor === name);
}

/** Whether the same bytes stand for the same values in both: neither is quantised, or both with one equal scale. */
export function quantizedAlike(a: Quantization | undefined, b: Quantization | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const single = a.scales.length === 1 && b.scales.length === 1;
  return single && a.scales[0] === b.scales[0] && a.zeroPoints[0] === b.zeroPoints[0];
}

/** Gives names that neither the graph nor an earlier call has, as close to the wanted one as can be. */
export function freshNames(graph: Graph): (wanted: string) => string {
  const taken = new Set(graph.tensors.keys());
  return (wanted) => {
    let name = wanted;
    for (let suffix = 2; taken.has(name); suffix += 1) name = `${wanted}#${suffix}`;
    taken.add(name);
    return name;
  };
}

/** The graph with other nodes and further tensors; nodes and tensors that no output depends on go. */
export function withNodes(graph: Graph, nodes: readonly Node[], added: readonly Tensor[] = []): Graph {
  const needed = new Set(graph.outputs.map((port) => port.tensor));
  const kept: Node[] = [];
  for (let index = nodes.length - 1; index >= 0; index -= 1) {
    const node = nodes[index] as Node;
    if (!needed.has(node.output)) continue;
    for (const input of node.inputs) if (input !== null) needed.add(input);
    kept.unshift(node);
  }
  for (const port of graph.inputs) needed.add(port.tensor);
  const tensors = new Map<string, Tensor>();
  for (const tensor of [...graph.tensors.values(), ...added])
    if (needed.has(tensor.name)) tensors.set(tensor.name, tensor);
  return { ...graph, nodes: kept, tensors };
}
