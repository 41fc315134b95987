import { requantize } from '../arithmetic/fixed-point.ts';
import { elementCount, type Graph, type Node, tensorOf } from '../graph/types.ts';
import type { ConvAttributes } from '../ops/conv.ts';
import { present, type QuantizedNode } from '../ops/define.ts';
import { operatorNamed } from '../ops/index.ts';
import type { ReduceAttributes } from '../ops/reduce.ts';
import type { WeightedSum } from '../ops/weighted-sum.ts';

/** For each channel (the last axis) of a tensor its value, where it has one whatever the input is; else null. */
export type ConstantChannels = readonly (number | null)[];

/**
 * What a node is to its channels: `dense`: each output channel needs all input channels (a convolution without groups,
 * a dense layer); `depthwise`: a convolution of each channel with weights of its own; `apart`: channels stay apart, and
 * there are no weights. Null: anything else.
 */
export type ChannelKind = 'dense' | 'depthwise' | 'apart';

export function kindOf(graph: Graph, node: Node): ChannelKind | null {
  const input = graph.tensors.get(node.inputs[0] ?? '');
  const channels = input?.shape.at(-1);
  if (input === undefined || channels === undefined) return null;
  if (node.op === 'Conv' || node.op === 'FullyConnected') {
    const weights = tensorOf(graph, present(node.inputs[1]));
    const { groups = 1 } = node.attributes as Partial<ConvAttributes>;
    if (!(weights.data instanceof Int8Array) || (weights.quant?.axis ?? 0) !== 0) return null;
    if (groups === 1) return 'dense';
    return groups === channels && weights.shape[0] === channels ? 'depthwise' : null;
  }
  const output = tensorOf(graph, node.output);
  if (node.op === 'Reshape') {
    const same =
      input.quant?.scales[0] === output.quant?.scales[0] && input.quant?.zeroPoints[0] === output.quant?.zeroPoints[0];
    return same && output.shape.at(-1) === channels ? 'apart' : null;
  }
  if (node.op !== 'ReduceMean') return null;
  const { axes } = node.attributes as ReduceAttributes;
  return axes.every((axis) => axis !== input.shape.length - 1 && axis !== -1) ? 'apart' : null;
}

/** Whether a convolution has padding anywhere. */
export function isPadded({ attributes }: Node): boolean {
  const { pads = [] } = attributes as Partial<ConvAttributes>;
  return pads.some(([before, after]) => before !== 0 || after !== 0);
}

/** The constant channels of the tensors of a quantised graph; a tensor that is not there has none. */
export function constantChannels(graph: Graph): ReadonlyMap<string, ConstantChannels> {
  const found = new Map<string, ConstantChannels>();
  for (const node of graph.nodes) {
    const kind = kindOf(graph, node);
    if (kind === null) continue;
    const input = found.get(present(node.inputs[0])) ?? null;
    const quantized: QuantizedNode<object> = {
      attributes: node.attributes,
      inputs: node.inputs.map((name) => (name === null ? null : tensorOf(graph, name))),
      output: tensorOf(graph, node.output),
    };
    const values = kind === 'apart' ? valuesApart(node, quantized, input) : sumValues(node, kind, quantized, input);
    if (values?.some((value) => value !== null)) found.set(node.output, values);
  }
  return found;
}

/** What constant channels become where channels stay apart. */
function valuesApart(
  node: Node,
  quantized: QuantizedNode<object>,
  input: ConstantChannels | null,
): ConstantChannels | null {
  if (input === null || node.op === 'Reshape') return input;
  // The operator's own definition, on an input whose channels have their values everywhere.
  const operator = present(operatorNamed(node.op).quantized);
  const { shape } = present(quantized.inputs[0]);
  const data = Int8Array.from({ length: elementCount(shape) }, (_, i) => input[i % input.length] ?? 0);
  const output = operator.evaluate(operator.parameters(quantized), [data], quantized);
  return input.map((value, channel) => (value === null ? null : (output[channel] as number)));
}

/** The output channels of a sum of products whose least and greatest sum give the same output. */
function sumValues(
  node: Node,
  kind: 'dense' | 'depthwise',
  quantized: QuantizedNode<object>,
  input: ConstantChannels | null,
): ConstantChannels {
  const operator = present(operatorNamed(node.op).quantized);
  const { weights, bias, requantization, inputZeroPoint } = operator.parameters(quantized) as WeightedSum;
  const channels = bias.length;
  const taps = weights.length / channels;
  const inputs = present(quantized.inputs[0]).shape.at(-1) as number;
  const padded = isPadded(node);
  return Array.from({ length: channels }, (_, o) => {
    let least = bias[o] as number;
    let most = least;
    for (let t = 0; t < taps; t += 1) {
      const weight = weights[o * taps + t] as number;
      const value = input?.[kind === 'depthwise' ? o : t % inputs] ?? null;
      // Two values that the input can have, the others between them; padding is the zero point.
      const one = weight * (value ?? -128);
      const other = weight * (value === null ? 127 : padded ? inputZeroPoint : value);
      least += one < other ? one : other;
      most += one < other ? other : one;
    }
    // Multipliers are not negative: a greater sum has no lesser output.
    const low = requantize(least, o, requantization);
    return low === requantize(most, o, requantization) ? low : null;
  });
}
