import { usageError } from '../errors.ts';
import { type Graph, type Node, type Port, type Quantization, type Tensor, tensorOf } from '../graph/types.ts';
import type { ConvAttributes } from '../ops/conv.ts';
import { present } from '../ops/define.ts';
import { freshNames } from './rewrite.ts';

/** What a pixel becomes before the model sees it: (pixel - mean) * scale; a number for each channel, or one for all. */
export interface Preprocessing {
  readonly scale: readonly number[];
  readonly mean: readonly number[];
}

/** Pixels 0 to 255 as int8 steps: each is the pixel less 128. */
const pixelSteps: Quantization = { scales: [1], zeroPoints: [-128] };

/**
 * The graph, as it was read, with an input of pixels instead of real values. Where one number serves all channels and
 * the mean is a pixel value itself, that is just a quantisation of the input; else it is a layer in front of the first
 * one, into which `foldBatchnorm` takes it where that does not pad.
 * @throws TesseraError (exit 2) where the numbers do not fit the input, or there is more than one input
 */
export function addPreprocessing(graph: Graph, { scale, mean }: Preprocessing): Graph {
  const [port, second] = graph.inputs;
  if (port === undefined || second !== undefined) {
    throw usageError(`preprocessing needs a model of one input; ${graph.name} has ${graph.inputs.length}`);
  }
  const input = tensorOf(graph, port.tensor);
  if (input.dtype !== 'float32') throw usageError(`the input ${port.name} is ${input.dtype}; pixels need float32`);
  if (![...scale, ...mean].every(Number.isFinite) || scale.includes(0)) {
    throw usageError(`scale ${scale} and mean ${mean} must be finite, and no scale 0`);
  }
  const axis = channelAxis(port, input, { scale, mean });
  const isUniform = [scale, mean].every((values) => values.every((value) => value === values[0]));
  if (axis !== null && !isUniform) return withLayer(graph, port, input, { scale, mean }, axis);
  const [factor, zero] = [present(scale[0]), present(mean[0])];
  if (factor > 0 && Number.isInteger(zero) && zero >= 0 && zero <= 255) {
    const quant = { scales: [Math.fround(factor)], zeroPoints: [zero - 128] };
    const tensors = new Map(graph.tensors).set(input.name, { ...input, quant });
    return { ...graph, inputs: [{ ...port, encoding: 'pixels' }], tensors };
  }
  const chain = [{ function: 'affine', parameters: [factor, -zero * factor] }];
  return inFront(graph, port, input, (pixels) => ({
    nodes: [{ op: 'Unary', inputs: [pixels], output: input.name, attributes: { chain }, from: [preprocessing] }],
    added: [],
  }));
}

const preprocessing = { name: 'preprocessing', operator: 'Normalization' };

/** The axis of the channels that the numbers are for; null where one number serves all. */
function channelAxis({ name }: Port, { shape }: Tensor, { scale, mean }: Preprocessing): number | null {
  const channels = Math.max(scale.length, mean.length);
  if (scale.length === 1 && mean.length === 1) return null;
  const fits = [scale, mean].every((values) => values.length === channels || values.length === 1);
  const axis = shape[1] === channels ? 1 : shape.length - 1;
  if (!fits || shape[axis] !== channels) {
    throw usageError(
      `scale ${scale} and mean ${mean} do not fit the input ${name} [${shape}]: one number, or one for each channel`,
    );
  }
  if (shape.length !== 3 && shape.length !== 4)
    throw usageError(`numbers for each channel need an input of 3 or 4 axes, not [${shape}]`);
  return axis;
}

/** A number for each channel: a depthwise convolution of one tap, whose weights have a scale each. */
function withLayer(graph: Graph, port: Port, input: Tensor, { scale, mean }: Preprocessing, axis: number): Graph {
  const { shape } = input;
  const channels = present(shape[axis]);
  const rank = shape.length;
  const fresh = freshNames(graph);
  const of = (values: readonly number[], channel: number): number => present(values[values.length === 1 ? 0 : channel]);
  const constant = (name: string, own: readonly number[], at: (channel: number) => number): Tensor => {
    const data = Float32Array.from({ length: channels }, (_, channel) => at(channel));
    return { name: fresh(name), kind: 'constant', shape: own, dtype: 'float32', data };
  };
  const spatial = shape.slice(2);
  const weights = constant('preprocessing_scale', [channels, ...spatial.map(() => 1), 1], (c) => of(scale, c));
  const bias = constant('preprocessing_offset', [channels], (c) => -of(mean, c) * of(scale, c));
  const ones = spatial.map(() => 1);
  const attributes: ConvAttributes = {
    kernel: ones,
    strides: ones,
    dilations: ones,
    pads: ones.map(() => [0, 0]),
    groups: channels,
  };
  const axes = shape.map((_, i) => i);
  const toLast = [0, ...axes.slice(2), 1];
  const toFirst = [0, rank - 1, ...axes.slice(1, -1)];

  return inFront(graph, port, input, (pixels) => {
    const layer = (from: string, to: string): Node => ({
      op: 'Conv',
      inputs: [from, weights.name, bias.name],
      output: to,
      attributes,
      from: [preprocessing],
    });
    if (axis !== 1) return { nodes: [layer(pixels, input.name)], added: [weights, bias] };
    const [before, after] = [fresh(`${pixels}_channels_last`), fresh(`${input.name}_channels_last`)];
    const turned = { kind: 'activation', dtype: 'float32', shape: toLast.map((i) => present(shape[i])) } as const;
    const move = (from: string, to: string, permutation: readonly number[]): Node => ({
      op: 'Transpose',
      inputs: [from],
      output: to,
      attributes: { permutation },
      from: [preprocessing],
    });
    return {
      nodes: [move(pixels, before, toLast), layer(before, after), move(after, input.name, toFirst)],
      added: [weights, bias, { ...turned, name: before }, { ...turned, name: after }],
    };
  });
}

/** Puts nodes that make the input's tensor of a new one of pixels, whose name they are given, at the front. */
function inFront(
  graph: Graph,
  port: Port,
  input: Tensor,
  make: (pixels: string) => { readonly nodes: readonly Node[]; readonly added: readonly Tensor[] },
): Graph {
  const pixels: Tensor = { ...input, name: freshNames(graph)(`${input.name}_pixels`), quant: pixelSteps };
  const { nodes, added } = make(pixels.name);
  const tensors = new Map(graph.tensors);
  for (const tensor of [pixels, ...added]) tensors.set(tensor.name, tensor);
  return {
    ...graph,
    inputs: [{ ...port, tensor: pixels.name, encoding: 'pixels' }],
    tensors,
    nodes: [...nodes, ...graph.nodes],
  };
}
