import {
  describeNode,
  elementCount,
  type Graph,
  type Node,
  type Quantization,
  type Tensor,
  tensorOf,
} from '../graph/types.ts';
import { chooseKernels } from '../kernels/choose.ts';
import type { Isa } from '../kernels/define.ts';
import { type KernelCall, OperatorError } from '../ops/define.ts';
import { operatorNamed } from '../ops/index.ts';

/** What a node will be computed by, as far as that follows from shapes and attributes. */
export type Structure =
  | {
      readonly kind: 'kernels';
      readonly symbols: readonly string[];
      /** Why kernels for the instruction sets are not taken, where a portable one is. */
      readonly refusals: readonly string[];
    }
  /** The node is only another name for its input's bytes. */
  | { readonly kind: 'alias' }
  | { readonly kind: 'unsupported'; readonly reason: string };

/** Any scale will do, as long as every tensor has the same: then the ratio of scales is never out of range. */
const placeholder: Quantization = { scales: [1 / 16], zeroPoints: [0] };

/**
 * The kernels of every node of a graph, without calibration: which kernel a node gets, and whether there is one,
 * follows from its shapes and the instruction sets. Weights are zeros here, and all scales the same.
 */
export function structureOf(graph: Graph, isas: readonly Isa[]): ReadonlyMap<Node, Structure> {
  const zeros = zeroSource();
  const activation = (name: string, quant: Quantization): Tensor => ({
    ...tensorOf(graph, name),
    dtype: 'int8',
    quant,
  });
  const made = new Map<string, Tensor>(graph.inputs.map((port) => [port.tensor, activation(port.tensor, placeholder)]));
  return new Map(
    graph.nodes.map((node): [Node, Structure] => {
      const operator = operatorNamed(node.op);
      const { quantized } = operator;
      const inputs = node.inputs.map((name, index): Tensor | null => {
        if (name === null) return null;
        const tensor = tensorOf(graph, name);
        if (tensor.kind !== 'constant') return made.get(name) ?? activation(name, placeholder);
        return constant(tensor, operator.constants?.[index] ?? 'operand', zeros);
      });
      made.set(node.output, activation(node.output, placeholder));
      if (quantized === undefined) {
        return [node, { kind: 'unsupported', reason: operator.notes ?? 'it has no integer kernel' }];
      }
      try {
        const rule = quantized.outputRule(node.attributes, inputs);
        const output = activation(
          node.output,
          rule === 'calibrated' ? placeholder : rule === 'as-input' ? (inputs[0]?.quant ?? placeholder) : rule,
        );
        made.set(node.output, output);
        const tensors = { attributes: node.attributes, inputs, output };
        const lowering = chooseKernels(quantized.lower(quantized.parameters(tensors), tensors), isas);
        if (lowering.kind === 'alias') return [node, { kind: 'alias' }];
        return [node, { kind: 'kernels', ...kernelsOf(lowering.calls) }];
      } catch (error) {
        if (error instanceof OperatorError) return [node, { kind: 'unsupported', reason: error.message }];
        throw new Error(`${describeNode(node)}: ${(error as Error).message}`, { cause: error });
      }
    }),
  );
}

/** The kernels of a layer, and why portable ones are taken although there are others; each once. */
export function kernelsOf(calls: readonly KernelCall[]): {
  readonly symbols: readonly string[];
  readonly refusals: readonly string[];
} {
  return {
    symbols: [...new Set(calls.map((call) => call.symbol))],
    refusals: [...new Set(calls.flatMap((call) => call.refusals ?? []))],
  };
}

/** What layers are computed by portable kernels, and why; nothing where there are none. */
export function refusalsText(
  layers: readonly { readonly index: number; readonly refusals: readonly string[] }[],
): readonly string[] {
  const lines = layers.flatMap(({ index, refusals }) => refusals.map((reason) => `  layer ${index}, ${reason}`));
  return lines.length === 0 ? [] : [`Portable kernels, and why\n${lines.join('\n')}`];
}

function constant(tensor: Tensor, role: 'weights' | 'bias' | 'operand' | 'data', zeros: ZeroSource): Tensor {
  const size = elementCount(tensor.shape);
  if (role === 'data') return tensor;
  if (role === 'operand') return { ...tensor, dtype: 'int8', data: zeros.int8(size), quant: placeholder };
  const outputs = tensor.shape[0] ?? 1;
  const scale = role === 'weights' ? 1 / 16 : 1 / 256;
  const quant = {
    scales: new Array<number>(outputs).fill(scale),
    zeroPoints: new Array<number>(outputs).fill(0),
    axis: 0,
  };
  if (role === 'weights') return { ...tensor, dtype: 'int8', data: zeros.int8(size), quant };
  return { ...tensor, dtype: 'int32', data: new Int32Array(size), quant };
}

interface ZeroSource {
  int8(size: number): Int8Array;
}

/** Zeros that all tensors share. */
function zeroSource(): ZeroSource {
  let zeros = new Int8Array(0);
  return {
    int8(size) {
      if (zeros.length < size) zeros = new Int8Array(size);
      return zeros.subarray(0, size);
    },
  };
}
