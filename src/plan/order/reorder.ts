import { type Graph, type Node, tensorOf } from '../../graph/types.ts';
import { tensorBytes } from '../types.ts';
import { defaultOrderLimits, orderForMemory } from './order.ts';

/** Graphs of so many nodes are searched until their order is proven, which takes some seconds for very irregular ones. */
const fewNodes = 64;

/** How much to search larger ones, so that an irregular graph of a thousand nodes takes seconds. */
const limits = { moves: 500_000, width: 24, cuts: 16 };

/**
 * The graph with its nodes in the order of least peak memory, each computed whole; as it is where no order is better.
 * Streaming then starts from that order.
 */
export function reorderForMemory(graph: Graph): Graph {
  const indices = new Map<string, number>();
  const tensors: number[] = [];
  const indexOf = (name: string): number[] => {
    const tensor = tensorOf(graph, name);
    if (tensor.kind === 'constant') return [];
    const known = indices.get(name) ?? tensors.length;
    if (known === tensors.length) tensors.push(tensorBytes(tensor));
    indices.set(name, known);
    return [known];
  };
  const nodes = graph.nodes.map((node) => ({
    inputs: [...new Set(node.inputs.flatMap((name) => (name === null ? [] : indexOf(name))))],
    outputs: indexOf(node.output),
  }));
  const ports = (names: readonly { readonly tensor: string }[]): number[] => [
    ...new Set(names.flatMap((port) => indexOf(port.tensor))),
  ];
  const problem = { tensors, nodes, inputs: ports(graph.inputs), outputs: ports(graph.outputs) };
  const { order } = orderForMemory(problem, nodes.length <= fewNodes ? defaultOrderLimits : limits);
  if (order.every((index, position) => index === position)) return graph;
  return { ...graph, nodes: order.map((index) => graph.nodes[index] as Node) };
}
