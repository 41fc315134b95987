import { type Graph, type Node, tensorOf } from '../graph/types.ts';
import { present } from '../ops/define.ts';
import type { ReshapeAttributes } from '../ops/reshape.ts';
import type { TransposeAttributes } from '../ops/transpose.ts';
import type { UnaryAttributes } from '../ops/unary.ts';
import { quantizedAlike, withNodes } from './rewrite.ts';

/** Whether the node gives its input as it is, but for its quantisation. */
function isIdentity(graph: Graph, node: Node): boolean {
  if (node.op === 'Unary') return (node.attributes as UnaryAttributes).chain.length === 0;
  if (node.op === 'Transpose')
    return (node.attributes as TransposeAttributes).permutation.every((axis, i) => axis === i);
  if (node.op !== 'Reshape') return false;
  return (
    String(tensorOf(graph, present(node.inputs[0])).shape) === String((node.attributes as ReshapeAttributes).shape)
  );
}

/**
 * Removes reshapes, transposes and functions that do nothing, and makes one reshape of several in a row. One that makes
 * an output of the model stays, so that every output has bytes of its own.
 */
export function removeIdentities(graph: Graph): Graph {
  const outputs = new Set(graph.outputs.map((port) => port.tensor));
  const merged = mergeReshapes(graph);
  // Output of a node that is gone -> what stands for it.
  const instead = new Map<string, string>();
  const nodes: Node[] = [];
  for (const old of merged.nodes) {
    const node = { ...old, inputs: old.inputs.map((name) => (name === null ? null : (instead.get(name) ?? name))) };
    const input = node.inputs[0] ?? null;
    const keeps = input !== null && quantizedAlike(tensorOf(graph, input).quant, tensorOf(graph, node.output).quant);
    if (keeps && !outputs.has(node.output) && isIdentity(graph, node)) instead.set(node.output, input);
    else nodes.push(node);
  }
  return withNodes(merged, nodes);
}

function mergeReshapes(graph: Graph): Graph {
  const made = new Map<string, Node>();
  for (const node of graph.nodes) {
    const before = node.op === 'Reshape' ? made.get(present(node.inputs[0])) : undefined;
    made.set(
      node.output,
      before?.op === 'Reshape' && requantizesOnce(graph, before, node) ? { ...node, inputs: before.inputs } : node,
    );
  }
  return withNodes(graph, [...made.values()]);
}

/** Whether at most one of two reshapes in a row changes the quantisation. */
function requantizesOnce(graph: Graph, first: Node, second: Node): boolean {
  const [x, middle, y] = [present(first.inputs[0]), first.output, second.output].map(
    (name) => tensorOf(graph, name).quant,
  );
  return middle === undefined || quantizedAlike(x, middle) || quantizedAlike(middle, y);
}
