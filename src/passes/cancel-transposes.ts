import { describeNode, elementCount, type Graph, type Node, type Port, type Tensor, tensorOf } from '../graph/types.ts';
import { createGraphBuilder, type GraphBuilder } from '../ops/build.ts';
import { operatorNamed } from '../ops/index.ts';
import type { ReshapeAttributes } from '../ops/reshape.ts';
import type { TransposeAttributes } from '../ops/transpose.ts';
import { carryReshape } from './carry-reshape.ts';

/** A tensor of the old graph is this tensor of the new one, transposed: its axis i is axis permutation[i] of `tensor`. */
interface Pending {
  readonly tensor: Tensor;
  readonly permutation: readonly number[];
}

const identity = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i);
const inverse = (permutation: readonly number[]): number[] => permutation.map((_, i) => permutation.indexOf(i));
const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** Whether a transpose leaves the order of the bytes as it is, because it moves axes of one only. */
function movesNothing(shape: readonly number[], permutation: readonly number[]): boolean {
  const order = permutation.filter((axis) => shape[axis] !== 1);
  return order.every((axis, i) => i === 0 || axis > (order[i - 1] as number));
}

/**
 * Removes transposes that only change the layout: each is carried along through the operators that can work in either
 * layout, until it meets its inverse, an operator that cannot, or an output (whose port then says how it lies). Inputs
 * lie channels last where that leaves less to move. The function stays the same.
 */
export function cancelTransposes(graph: Graph): Graph {
  const asTheyAre = carry(graph, (shape) => identity(shape.length));
  const channelsLast = carry(graph, (shape) => {
    const rank = shape.length;
    return rank < 3 ? identity(rank) : [0, rank - 1, ...identity(rank - 2).map((i) => i + 1)];
  });
  return moved(channelsLast) <= moved(asTheyAre) ? channelsLast : asTheyAre;
}

/** The elements that a graph's transposes move. */
function moved(graph: Graph): number {
  const transposes = graph.nodes.filter((node) => node.op === 'Transpose');
  return transposes.reduce((sum, node) => sum + elementCount(tensorOf(graph, node.output).shape), 0);
}

function carry(graph: Graph, inputPermutation: (shape: readonly number[]) => readonly number[]): Graph {
  const builder = createGraphBuilder(graph.name);
  const pending = new Map<string, Pending>();
  const inputs = graph.inputs.map((port): Port => {
    const old = tensorOf(graph, port.tensor);
    const permutation = inputPermutation(old.shape);
    const shape = inverse(permutation).map((axis) => old.shape[axis] as number);
    const tensor = builder.input(old.name, { shape, dtype: old.dtype }, old.quant);
    pending.set(old.name, { tensor, permutation });
    return {
      ...port,
      tensor: tensor.name,
      permutation: inverse(permutation).map((axis) => port.permutation[axis] as number),
    };
  });
  for (const node of graph.nodes) pending.set(node.output, carryNode(graph, builder, pending, node));
  const outputs = graph.outputs.map((port): Port => {
    const { tensor, permutation } = lookUp(graph, builder, pending, port.tensor);
    return {
      ...port,
      tensor: tensor.name,
      permutation: inverse(permutation).map((axis) => port.permutation[axis] as number),
    };
  });
  return builder.finish(inputs, outputs);
}

function lookUp(graph: Graph, builder: GraphBuilder, pending: Map<string, Pending>, name: string): Pending {
  const known = pending.get(name);
  if (known !== undefined) return known;
  const { shape, dtype, data, quant } = tensorOf(graph, name);
  if (data === undefined) throw new Error(`${name} is used before it is made`);
  const tensor = builder.constant(name, { shape, dtype, data }, quant);
  const fresh = { tensor, permutation: identity(shape.length) };
  pending.set(name, fresh);
  return fresh;
}

function carryNode(graph: Graph, builder: GraphBuilder, pending: Map<string, Pending>, node: Node): Pending {
  const inputs = node.inputs.map((name) => (name === null ? null : lookUp(graph, builder, pending, name)));
  const first = inputs.find((input) => input !== null && input.tensor.data === undefined) ?? inputs[0];
  if (node.op === 'Transpose' && first !== null && first !== undefined) {
    const { permutation } = node.attributes as TransposeAttributes;
    return { tensor: first.tensor, permutation: permutation.map((axis) => first.permutation[axis] as number) };
  }
  const operator = operatorNamed(node.op);
  const permutation = first?.permutation ?? [];
  const rank = permutation.length;
  if (node.op === 'Reshape' && first !== null && first !== undefined && !same(permutation, identity(rank))) {
    const from = permutation.map((axis) => first.tensor.shape[axis] as number);
    const carried = carryReshape(from, permutation, (node.attributes as ReshapeAttributes).shape);
    if (carried !== null) {
      const tensor = builder.add('Reshape', [first.tensor], { shape: carried.shape }, node.from, node.output);
      return { tensor, permutation: carried.permutation };
    }
  }
  const fits = inputs.every((input) => input === null || input.permutation.length === rank);
  const attributes =
    fits && !same(permutation, identity(rank)) ? operator.permute?.(node.attributes, permutation) : null;
  if (attributes !== null && attributes !== undefined) {
    const moved = inputs.map((input) => (input === null ? null : transposed(builder, input, permutation, node)));
    return { tensor: builder.add(node.op, moved, attributes, node.from, node.output), permutation };
  }
  const plain = inputs.map((input) =>
    input === null ? null : transposed(builder, input, identity(input.permutation.length), node),
  );
  const tensor = builder.add(node.op, plain, node.attributes, node.from, node.output);
  return { tensor, permutation: identity(tensor.shape.length) };
}

/** The tensor such that the old one is it, transposed by `permutation`. */
function transposed(
  builder: GraphBuilder,
  { tensor, permutation }: Pending,
  wanted: readonly number[],
  node: Node,
): Tensor {
  if (same(permutation, wanted)) return tensor;
  // old axis i = tensor axis permutation[i] = result axis wanted[i]
  const moves = inverse(wanted).map((i) => permutation[i] as number);
  const shape = moves.map((axis) => tensor.shape[axis] as number);
  const from = [{ name: `layout for ${describeNode(node)}`, operator: 'Transpose' }];
  if (movesNothing(tensor.shape, moves))
    return builder.add('Reshape', [tensor], { shape }, from, `${tensor.name}_reshaped`);
  return builder.add('Transpose', [tensor], { permutation: moves }, from, `${tensor.name}_transposed`);
}
