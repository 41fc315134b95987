import { elementCount, type Node, type Tensor } from '../graph/types.ts';
import type { ConvAttributes } from '../ops/conv.ts';
import { type Clamp, present } from '../ops/define.ts';
import type { UnaryAttributes } from '../ops/unary.ts';

/** A node that gives factor * x + summand with numbers of its own for each channel (the last axis), then clamps. */
export interface Affine {
  /** The tensor x. */
  readonly input: string;
  readonly factors: Float64Array;
  readonly summands: Float64Array;
  readonly clamp?: Clamp;
}

type TensorNamed = (name: string) => Tensor;

/** A convolution or a dense layer: inputs x, weights [outputs, ..., channels a group], bias or null. */
export interface Layer {
  readonly weights: Tensor;
  readonly bias: Tensor | null;
  readonly groups: number;
  readonly isPadded: boolean;
  readonly clamp?: Clamp;
}

/** The node as a layer of constant float weights; null where it is none. */
export function layerOf(node: Node, tensorNamed: TensorNamed): Layer | null {
  if (node.op !== 'Conv' && node.op !== 'FullyConnected') return null;
  const weights = tensorNamed(present(node.inputs[1]));
  const biasName = node.inputs[2] ?? null;
  const bias = biasName === null ? null : tensorNamed(biasName);
  if (!(weights.data instanceof Float32Array)) return null;
  if (bias !== null && !(bias.data instanceof Float32Array)) return null;
  const { groups = 1, pads = [], clamp } = node.attributes as Partial<ConvAttributes>;
  const isPadded = pads.some(([before, after]) => before !== 0 || after !== 0);
  return { weights, bias, groups, isPadded, ...(clamp === undefined ? {} : { clamp }) };
}

/** The node as an affine function of each channel; null where it is none. */
export function affineOf(node: Node, tensorNamed: TensorNamed): Affine | null {
  const output = tensorNamed(node.output);
  const channels = output.shape.at(-1);
  if (channels === undefined || output.dtype !== 'float32') return null;
  const affine =
    node.op === 'Unary'
      ? ofUnary(node, channels)
      : node.op === 'Conv'
        ? ofConv(node, tensorNamed)
        : ofBinary(node, tensorNamed);
  // An input that is stretched to the shape of the constant is another matter.
  return affine !== null && String(tensorNamed(affine.input).shape) === String(output.shape) ? affine : null;
}

function ofUnary(node: Node, channels: number): Affine | null {
  const { chain } = node.attributes as UnaryAttributes;
  if (chain.length === 0 || chain.some((step) => step.function !== 'affine')) return null;
  let factor = 1;
  let summand = 0;
  for (const { parameters } of chain) {
    const [a = 0, b = 0] = parameters;
    factor *= a;
    summand = summand * a + b;
  }
  return {
    input: present(node.inputs[0]),
    factors: new Float64Array(channels).fill(factor),
    summands: new Float64Array(channels).fill(summand),
  };
}

/** A depthwise convolution of one tap: what BatchNormalization is read as. */
function ofConv(node: Node, tensorNamed: TensorNamed): Affine | null {
  const layer = layerOf(node, tensorNamed);
  if (layer === null || layer.isPadded) return null;
  const { weights, bias, groups, clamp } = layer;
  const { strides } = node.attributes as ConvAttributes;
  const oneTap = elementCount(weights.shape) === groups && weights.shape[0] === groups;
  if (!oneTap || strides.some((stride) => stride !== 1)) return null;
  return {
    input: present(node.inputs[0]),
    factors: Float64Array.from(weights.data as Float32Array),
    summands: bias === null ? new Float64Array(groups) : Float64Array.from(bias.data as Float32Array),
    ...(clamp === undefined ? {} : { clamp }),
  };
}

function ofBinary(node: Node, tensorNamed: TensorNamed): Affine | null {
  if (node.op !== 'Mul' && node.op !== 'Add' && node.op !== 'Sub') return null;
  const [left, right] = node.inputs.map((name) => tensorNamed(present(name))) as [Tensor, Tensor];
  const [x, constant] = right.data === undefined ? [right, left] : [left, right];
  if (x.data !== undefined || !(constant.data instanceof Float32Array)) return null;
  if (constant.shape.slice(0, -1).some((size) => size !== 1)) return null;
  const channels = present(x.shape.at(-1));
  const { data } = constant;
  const values = Float64Array.from({ length: channels }, (_, c) => data[data.length === 1 ? 0 : c] as number);
  const { clamp } = node.attributes as { readonly clamp?: Clamp };
  const rest = { input: x.name, ...(clamp === undefined ? {} : { clamp }) };
  if (node.op === 'Mul') return { ...rest, factors: values, summands: new Float64Array(channels) };
  const subtracts = node.op === 'Sub';
  const sign = subtracts && x === right ? -1 : 1;
  const summands = subtracts && x === left ? values.map((value) => -value) : values;
  return { ...rest, factors: new Float64Array(channels).fill(sign), summands };
}
