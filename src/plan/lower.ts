import { modelError, type TesseraError } from '../errors.ts';
import { describeNode, type Graph, type Node, tensorOf } from '../graph/types.ts';
import { chooseKernels } from '../kernels/choose.ts';
import type { Isa } from '../kernels/define.ts';
import { type KernelCall, OperatorError, type QuantizedOperator } from '../ops/define.ts';
import { operatorNamed } from '../ops/index.ts';
import { demandsOf } from './demand.ts';
import type { Layer } from './types.ts';
import { type Region, withStrides } from './views.ts';

/**
 * Chooses the kernels of every node of a quantised graph, among the portable ones and those for `isas`.
 * @param file what the model is called in messages
 * @throws TesseraError (exit 3) that names every node without an integer form, and why.
 */
export function lowerGraph(graph: Graph, isas: readonly Isa[] = [], file = graph.name): readonly Layer[] {
  const problems: string[] = [];
  const layers = graph.nodes.flatMap((node, index): Layer[] => {
    try {
      const operator = integerForm(node);
      return [lowerNode(graph, node, { index, isas, parameters: operator.parameters(tensorsOf(graph, node)) })];
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      problems.push(`${describeNode(node)}: ${error.message}`);
      return [];
    }
  });
  if (problems.length > 0) throw withoutKernels(file, problems);
  return layers;
}

/**
 * Asked before scales are given: nodes without an integer form make whole numbers and booleans, which have none.
 * @param file what the model is called in messages
 * @throws TesseraError (exit 3) that names every node whose operator has no integer form at all
 */
export function requireIntegerForms(graph: Graph, file = graph.name): void {
  const problems = graph.nodes
    .filter(({ op }) => operatorNamed(op).quantized === undefined)
    .map((node) => `${describeNode(node)}: ${reasonOf(node)}`);
  if (problems.length > 0) throw withoutKernels(file, problems);
}

function withoutKernels(file: string, problems: readonly string[]): TesseraError {
  return modelError(
    `${file}: no integer kernel for\n  ${problems.join('\n  ')}`,
    'Export the model without these nodes, or with other operators in their place; the documentation lists those that have an integer kernel.',
  );
}

function reasonOf({ op }: Node): string {
  return operatorNamed(op).notes ?? `${op} has no integer kernel`;
}

/** The integer form of a node's operator. */
export function integerForm(node: Node): QuantizedOperator<object, unknown> {
  const operator = operatorNamed(node.op);
  if (operator.quantized === undefined) {
    throw new OperatorError('unsupported', reasonOf(node));
  }
  return operator.quantized;
}

function tensorsOf(graph: Graph, node: Node): Layer['tensors'] {
  return {
    attributes: node.attributes,
    inputs: node.inputs.map((name) => (name === null ? null : tensorOf(graph, name))),
    output: tensorOf(graph, node.output),
  };
}

/** Chooses the kernels of a node whose parameters are known. */
export function lowerNode(
  graph: Graph,
  node: Node,
  { index, isas, parameters }: { readonly index: number; readonly isas: readonly Isa[]; readonly parameters: unknown },
): Layer {
  const tensors = tensorsOf(graph, node);
  const lowering = chooseKernels(integerForm(node).lower(parameters, tensors), isas);
  const macs = operatorNamed(node.op).macs(tensors.inputs, tensors.output, node.attributes);
  return { index, node, tensors, parameters, lowering, macs, demands: demandsOf({ lowering, tensors }) };
}

/** A layer with the kernels that work where its tensors lie. */
export function lowerInto(layer: Layer, regions: ReadonlyMap<string, Region>, isas: readonly Isa[]): Layer {
  if (layer.lowering.kind === 'alias') return layer;
  const portable = integerForm(layer.node).lower(layer.parameters, layer.tensors);
  if (portable.kind === 'alias') return layer;
  const calls = portable.calls.map((call) => withStrides(call, layer.tensors, regions));
  return { ...layer, lowering: chooseKernels({ kind: 'calls', calls }, isas) };
}

/** A layer with each of its kernels of less scratch, the fastest first (see KernelCall.lean). */
export function leanLayers(layer: Layer): readonly Layer[] {
  const { lowering } = layer;
  if (lowering.kind === 'alias') return [];
  const count = Math.max(...lowering.calls.map(({ lean = [] }) => lean.length));
  return Array.from({ length: count }, (_, index): Layer => {
    const calls = lowering.calls.map((call): KernelCall => {
      const { smallSymbol, smallMost, rowsSymbol, rowsLeast, fewScratch, lean = [], planarOutput, ...rest } = call;
      return lean.length === 0 ? call : { ...rest, ...lean[Math.min(index, lean.length - 1)] };
    });
    return { ...layer, lowering: { kind: 'calls', calls }, fast: lowering };
  });
}
