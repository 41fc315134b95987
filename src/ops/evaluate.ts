import { elementCount, type Graph, tensorOf, type Value } from '../graph/types.ts';
import { present } from './define.ts';
import { operatorNamed } from './index.ts';

export interface EvaluateOptions {
  /** Sees every tensor's value once, in the order of computation: inputs, then each node's output; not constants. */
  readonly visit?: (tensor: string, value: Value) => void;
  /**
   * `all` (the default): the result holds the value of every tensor that was computed;
   * `outputs`: that of the graph's outputs alone, and others are let go after their last use.
   */
  readonly keep?: 'all' | 'outputs';
}

/**
 * Computes a graph in float.
 * @param inputs values by the name of the tensor of each input port, laid out and shaped as that tensor is.
 * @returns values by tensor name.
 */
export function evaluateGraph(
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  { visit = () => {}, keep = 'all' }: EvaluateOptions = {},
): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const port of graph.inputs) {
    const { shape, dtype } = tensorOf(graph, port.tensor);
    const value = inputs.get(port.tensor);
    if (value === undefined) throw new Error(`no value for the input ${port.tensor}`);
    if (value.dtype !== dtype || String(value.shape) !== String(shape) || value.data.length !== elementCount(shape)) {
      throw new Error(
        `the input ${port.tensor} is ${dtype} [${shape}]; the value given is ${value.dtype} [${value.shape}]`,
      );
    }
    values.set(port.tensor, value);
    visit(port.tensor, value);
  }
  const lastUse = keep === 'all' ? new Map<number, readonly string[]>() : lastUses(graph);
  const look = (name: string): Value => {
    const { shape, dtype, data } = tensorOf(graph, name);
    return data === undefined ? present(values.get(name)) : { shape, dtype, data };
  };
  for (const [index, node] of graph.nodes.entries()) {
    const operands = node.inputs.map((name) => (name === null ? null : look(name)));
    const { shape, dtype } = tensorOf(graph, node.output);
    const value = operatorNamed(node.op).evaluate(operands, node.attributes, { shape, dtype });
    values.set(node.output, value);
    visit(node.output, value);
    for (const name of lastUse.get(index) ?? []) values.delete(name);
  }
  for (const { tensor } of graph.outputs) values.set(tensor, look(tensor));
  return values;
}

/** The tensors that nothing needs after node i, by i. */
function lastUses(graph: Graph): ReadonlyMap<number, readonly string[]> {
  const last = new Map<string, number>();
  for (const [index, node] of graph.nodes.entries()) {
    for (const name of [...node.inputs, node.output]) if (name !== null) last.set(name, index);
  }
  for (const { tensor } of graph.outputs) last.delete(tensor);
  const byNode = new Map<number, string[]>();
  for (const [name, index] of last) byNode.set(index, [...(byNode.get(index) ?? []), name]);
  return byNode;
}
