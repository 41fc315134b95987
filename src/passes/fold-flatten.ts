import { elementCount, type Graph, type Node, type Tensor, tensorOf, type Value } from '../graph/types.ts';
import { present } from '../ops/define.ts';
import type { TransposeAttributes } from '../ops/transpose.ts';
import { transpose } from '../ops/transpose.ts';
import { consumersOf, freshNames, producersOf, quantizedAlike, readOnce, withNodes } from './rewrite.ts';

/**
 * Drops the transpose before a flatten and a dense layer, and puts the columns of the weights in the order in which the
 * elements lie then.
 */
export function foldFlatten(graph: Graph): Graph {
  const consumers = consumersOf(graph);
  const producers = producersOf(graph);
  const fresh = freshNames(graph);
  const added: Tensor[] = [];
  const replaced = new Map<string, Node>();

  for (const dense of graph.nodes) {
    if (dense.op !== 'FullyConnected') continue;
    const weights = tensorOf(graph, present(dense.inputs[1]));
    const flatten = producers.get(present(dense.inputs[0]));
    const move = flatten?.op === 'Reshape' ? producers.get(present(flatten.inputs[0])) : undefined;
    if (flatten === undefined || move?.op !== 'Transpose' || weights.data === undefined) continue;
    if (![flatten.output, move.output].every((name) => readOnce(graph, consumers, name))) continue;
    // Without the transpose, one step of requantisation at most is left.
    const [x, moved, flat] = [present(move.inputs[0]), move.output, flatten.output].map(
      (name) => tensorOf(graph, name).quant,
    );
    if (moved !== undefined && !quantizedAlike(x, moved) && !quantizedAlike(moved, flat)) continue;
    const columns = reordered(
      weights,
      tensorOf(graph, move.output).shape,
      (move.attributes as TransposeAttributes).permutation,
    );
    if (columns === null) continue;
    const constant = { ...columns, name: fresh(`${weights.name}_reordered`) };
    added.push(constant);
    replaced.set(flatten.output, { ...flatten, inputs: move.inputs, from: [...move.from, ...flatten.from] });
    replaced.set(dense.output, { ...dense, inputs: [flatten.output, constant.name, ...dense.inputs.slice(2)] });
  }
  const nodes = graph.nodes.map((node) => replaced.get(node.output) ?? node);
  return withNodes(graph, nodes, added);
}

/**
 * Weights [outputs, columns] for elements as they lie before a transpose to `shape`, whose last axes become the columns;
 * null where it moves any other axes too.
 */
function reordered(weights: Tensor, shape: readonly number[], permutation: readonly number[]): Tensor | null {
  const [outputs, columns] = weights.shape as [number, number];
  if (weights.quant?.axis !== undefined && weights.quant.axis !== 0) return null;
  let first = shape.length;
  while (first > 0 && elementCount(shape.slice(first)) !== columns) first -= 1;
  if (elementCount(shape.slice(first)) !== columns || permutation.slice(0, first).some((axis, i) => axis !== i))
    return null;
  const moving = permutation.slice(first);
  const back = moving.map((_, axis) => moving.indexOf(axis + first));
  const unflattened: Value = { ...weights, data: present(weights.data), shape: [outputs, ...shape.slice(first)] };
  const attributes: TransposeAttributes = { permutation: [0, ...back.map((axis) => axis + 1)] };
  const value = transpose.evaluate([unflattened], attributes, transpose.shape([unflattened], attributes));
  return { ...weights, data: value.data };
}
