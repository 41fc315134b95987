import { quantizeValue } from '../arithmetic/fixed-point.ts';
import { modelError } from '../errors.ts';
import {
  describeNode,
  type Graph,
  type Node,
  type Quantization,
  type Tensor,
  type TensorData,
} from '../graph/types.ts';
import type { ConstantRole } from '../ops/define.ts';
import { operatorNamed } from '../ops/index.ts';

/** The real values that a tensor takes. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** The mean of each channel (the last axis), where it was observed. */
  readonly channelMeans?: Float64Array;
}

/** The affine int8 quantisation of a range; zero is always a step, since padding is zero. */
export function quantizationOf(range: Range): Quantization {
  const min = Math.min(range.min, 0);
  const max = Math.max(range.max, 0);
  const scale = Math.fround((max - min) / 255) || 1;
  const zeroPoint = Math.max(-128, Math.min(127, Math.round(-128 - min / scale)));
  return { scales: [scale], zeroPoints: [zeroPoint] };
}

/**
 * Gives every tensor that has no quantisation one: activations by their operator's rule or by their range, constants
 * by their role. What a QDQ model states is kept.
 * @throws TesseraError (exit 3) where a range is needed and not known
 */
export function assignQuantization(graph: Graph, ranges: ReadonlyMap<string, Range>): Graph {
  const tensors = new Map(graph.tensors);
  const unknown: string[] = [];
  const settle = (name: string, quant: Quantization | undefined): void => {
    const tensor = tensors.get(name) as Tensor;
    if (tensor.quant === undefined)
      tensors.set(name, { ...tensor, dtype: 'int8', ...(quant === undefined ? {} : { quant }) });
  };
  const byRange = (name: string): Quantization | undefined => {
    const range = ranges.get(name);
    if (range === undefined && tensors.get(name)?.quant === undefined) unknown.push(name);
    return range === undefined ? undefined : quantizationOf(range);
  };
  for (const port of graph.inputs) settle(port.tensor, byRange(port.tensor));
  const nodes = graph.nodes.map((node): Node => {
    const operator = operatorNamed(node.op);
    const given = node.inputs.map((name) => (name === null ? null : (tensors.get(name) ?? null)));
    const rule = operator.quantized?.outputRule(node.attributes, given) ?? 'calibrated';
    if (rule === 'as-input') settle(node.output, given[0]?.quant);
    else if (rule === 'calibrated') settle(node.output, byRange(node.output));
    else settle(node.output, rule);
    const operands = withBias(node, tensors, ranges);
    const inputs = operands.inputs.map((name, index): string | null => {
      const tensor = name === null ? null : tensors.get(name);
      // An operator of any number of inputs (Concat) lists no roles.
      const role = operator.constants?.[index] ?? 'operand';
      if (tensor?.kind !== 'constant' || role === 'data') return name;
      const quantized = quantizeConstant(tensor, role, operands, index, tensors, ranges);
      tensors.set(quantized.name, quantized);
      return quantized.name;
    });
    return { ...node, inputs };
  });
  if (unknown.length > 0) {
    throw modelError(
      `${graph.name}: ${unknown.length} tensors have no quantisation and no calibrated range, the first of them ${unknown[0]}`,
      'give representative inputs with --calibrate samples.npy',
    );
  }
  return { ...graph, tensors, nodes };
}

/** The node with a bias of zeros where it has none: bias correction needs one to correct. */
function withBias(node: Node, tensors: Map<string, Tensor>, ranges: ReadonlyMap<string, Range>): Node {
  const weights = tensors.get(node.inputs[1] ?? '');
  const takesBias = operatorNamed(node.op).constants?.[2] === 'bias' && (node.inputs[2] ?? null) === null;
  const corrects = weights?.quant === undefined && ranges.get(node.inputs[0] ?? '')?.channelMeans !== undefined;
  if (!takesBias || !corrects || weights === undefined) return node;
  const outputs = weights.shape[0] as number;
  const name = `zero bias of ${node.output}`;
  tensors.set(name, { name, kind: 'constant', shape: [outputs], dtype: 'float32', data: new Float32Array(outputs) });
  return { ...node, inputs: [node.inputs[0] ?? null, node.inputs[1] ?? null, name] };
}

function floats(tensor: Tensor): Float32Array {
  if (!(tensor.data instanceof Float32Array)) throw new Error(`constant ${tensor.name} is not float32`);
  return tensor.data;
}

/** A quantised copy of a constant for one use of it: biases depend on the scales of their node. */
function quantizeConstant(
  tensor: Tensor,
  role: ConstantRole,
  node: Node,
  index: number,
  tensors: ReadonlyMap<string, Tensor>,
  ranges: ReadonlyMap<string, Range>,
): Tensor {
  const name = `${tensor.name} of ${node.output}[${index}]`;
  if (role === 'weights')
    return { ...tensor, name, ...quantizeWeights(tensor, biasOf(node, tensors), inputScale(node, tensors)) };
  if (role === 'operand') return { ...tensor, name, ...quantizeOperand(tensor) };
  const realWeights = tensors.get(node.inputs[1] ?? '') as Tensor;
  const weights = quantizeWeights(realWeights, tensor, inputScale(node, tensors));
  const scales = weights.quant.scales.map((scale) => scale * inputScale(node, tensors));
  const shifts = meanErrors(realWeights, weights, ranges.get(node.inputs[0] ?? '')?.channelMeans);
  const data = Int32Array.from(floats(tensor), (bias, o) => {
    const real = bias - (shifts?.[o] ?? 0);
    const q = Math.round(real / (scales[scales.length === 1 ? 0 : o] as number));
    if (Math.abs(q) < 2 ** 31) return q;
    throw modelError(`${describeNode(node)}: the bias ${real} does not fit 32 bits at its scale`);
  });
  return { ...tensor, name, dtype: 'int32', data, quant: symmetric(scales) };
}

function inputScale(node: Node, tensors: ReadonlyMap<string, Tensor>): number {
  return tensors.get(node.inputs[0] ?? '')?.quant?.scales[0] ?? 1;
}

function biasOf(node: Node, tensors: ReadonlyMap<string, Tensor>): Tensor | undefined {
  return tensors.get(node.inputs[2] ?? '');
}

interface QuantizedConstant {
  readonly dtype: 'int8';
  readonly data: TensorData;
  readonly quant: Quantization;
}

/** Zero points of zero, and scales along axis 0 where there are several. */
function symmetric(scales: readonly number[]): Quantization {
  return { scales, zeroPoints: scales.map(() => 0), ...(scales.length === 1 ? {} : { axis: 0 }) };
}

/** Symmetric int8 weights, a scale an output; the scales of a QDQ model are kept where they are symmetric. */
function quantizeWeights(tensor: Tensor, bias: Tensor | undefined, input: number): QuantizedConstant {
  const real = floats(tensor);
  const outputs = tensor.shape[0] as number;
  const taps = real.length / outputs;
  const known = tensor.quant;
  const alongOutputs = known === undefined ? false : (known.axis ?? 0) === 0 && known.zeroPoints.every((z) => z === 0);
  const stated = alongOutputs ? known?.scales : undefined;
  const scales =
    stated ??
    Array.from({ length: outputs }, (_, o) => {
      let largest = 0;
      for (let t = o * taps; t < (o + 1) * taps; t += 1) largest = Math.max(largest, Math.abs(real[t] as number));
      // A bias that is huge beside its weights must still fit an accumulator, with room for a pre-scale.
      const leastForBias = bias?.data === undefined ? 0 : Math.abs(Number(bias.data[o])) / (input * 2 ** 24);
      return Math.max(largest / 127, leastForBias) || 1;
    });
  const least = stated === undefined ? -127 : -128;
  const data = new Int8Array(real.length);
  for (let o = 0; o < outputs; o += 1) {
    const scale = scales[scales.length === 1 ? 0 : o] as number;
    for (let i = o * taps; i < (o + 1) * taps; i += 1) {
      data[i] = Math.max(least, Math.min(127, Math.round((real[i] as number) / scale)));
    }
  }
  return { dtype: 'int8', data, quant: symmetric(scales) };
}

/**
 * What rounding the weights adds to each output on average: the bias takes it back. Null for weights that a QDQ model
 * states, or where the inputs' means are not known. Source: Nagel et al., "Data-free quantization through weight
 * equalization and bias correction", ICCV 2019 (arXiv 1906.04721), section 4.2.
 */
function meanErrors(real: Tensor, quantized: QuantizedConstant, means: Float64Array | undefined): Float64Array | null {
  if (real.quant !== undefined || means === undefined) return null;
  const outputs = real.shape[0] as number;
  const taps = floats(real).length / outputs;
  const groupIn = real.shape.at(-1) as number;
  const groupOut = outputs / Math.max(1, means.length / groupIn);
  return Float64Array.from({ length: outputs }, (_, o) => {
    const scale = quantized.quant.scales[quantized.quant.scales.length === 1 ? 0 : o] as number;
    const channel = Math.floor(o / groupOut) * groupIn;
    let error = 0;
    for (let t = 0; t < taps; t += 1) {
      const at = o * taps + t;
      const difference = Number(quantized.data[at]) * scale - (floats(real)[at] as number);
      error += difference * (means[channel + (t % groupIn)] as number);
    }
    return error;
  });
}

function quantizeOperand(tensor: Tensor): QuantizedConstant {
  const real = floats(tensor);
  let min = 0;
  let max = 0;
  for (const value of real) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const quant = tensor.quant?.scales.length === 1 ? tensor.quant : quantizationOf({ min, max });
  const scale = quant.scales[0] as number;
  const zeroPoint = quant.zeroPoints[0] as number;
  return { dtype: 'int8', data: Int8Array.from(real, (value) => quantizeValue(value, scale, zeroPoint)), quant };
}
