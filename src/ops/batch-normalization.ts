import type { Tensor } from '../graph/types.ts';
import { emitAdd } from './add.ts';
import { emitBroadcast } from './broadcast.ts';
import { present, type ReadContext } from './define.ts';
import { fromChannelsLast, toChannelsLast } from './layout.ts';
import { emitMul } from './mul.ts';

const parameterNames = ['scale', 'bias', 'mean', 'variance'] as const;

/** y = (x - mean) / sqrt(variance + epsilon) * scale + bias for computed statistics, step by step. */
function readComputed(c: ReadContext, x: Tensor, parameters: readonly Tensor[], epsilon: number): Tensor {
  const shape = x.shape.map((_, axis) => (axis === 1 ? present(x.shape[1]) : 1));
  const [scale, bias, mean, variance] = parameters.map((tensor) => c.emit('Reshape', [tensor], { shape })) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const chain = [
    { function: 'affine', parameters: [1, epsilon] },
    { function: 'sqrt', parameters: [] },
    { function: 'reciprocal', parameters: [] },
  ];
  const factor = emitMul(c, scale, c.emit('Unary', [variance], { chain }));
  return emitAdd(c, emitMul(c, emitBroadcast(c, 'Sub', [x, mean]), factor), bias);
}

/**
 * BatchNormalization at inference: a factor and a summand for each channel, in double precision. They stand in a
 * depthwise 1 x 1 convolution, whose weights have a scale a channel; a later pass folds it into the layer before.
 */
export function readBatchNormalization(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  if (x.dtype !== 'float32') c.unsupported(`type ${x.dtype}; float32 is supported`);
  const rank = x.shape.length;
  if (rank < 2) c.invalid(`an input of ${rank} axes; axis 1 has the channels`);
  if (c.integer('training_mode', 0) !== 0) c.unsupported('training_mode 1; export the model for inference');
  if ([1, 2, 3, 4].some((index) => c.hasOutput(index))) c.unsupported('the statistics of training as outputs');
  if (c.integer('spatial', 1) === 0) c.unsupported('spatial 0: a normalisation for each activation');
  const channels = present(x.shape[1]);
  const parameters = parameterNames.map((_, i) => c.input(i + 1));
  parameters.forEach((tensor, i) => {
    if (tensor.dtype !== 'float32')
      c.unsupported(`type ${tensor.dtype} of the ${parameterNames[i]}; float32 is supported`);
    if (tensor.shape.length !== 1 || tensor.shape[0] !== channels) {
      c.invalid(`the ${parameterNames[i]} has shape [${tensor.shape}]; [${channels}] is needed`);
    }
  });
  const epsilon = c.float('epsilon', 1e-5);
  if (parameters.some((tensor) => tensor.data === undefined)) return [readComputed(c, x, parameters, epsilon)];

  const [scale, bias, mean, variance] = parameters.map((tensor) => tensor.data as Float32Array) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const factors = Float64Array.from(scale, (s, i) => s / Math.sqrt((variance[i] as number) + epsilon));
  const unfit = factors.findIndex((factor) => !Number.isFinite(factor));
  if (unfit >= 0) c.invalid(`channel ${unfit}: a scale of ${scale[unfit]} with a variance of ${variance[unfit]}`);
  const summands = Float32Array.from(bias, (b, i) => b - (mean[i] as number) * (factors[i] as number));
  const constant = (name: string, data: Float32Array, shape: readonly number[]): Tensor =>
    c.addConstant({ shape, dtype: 'float32', data }, `${c.input(1).name}_${name}`);
  const factor = Float32Array.from(factors);

  if (rank === 2) {
    const product = emitMul(c, x, constant('factor', factor, [1, channels]));
    return [emitAdd(c, product, constant('summand', summands, [1, channels]))];
  }
  // Axes beyond two spatial ones count as one.
  const flat =
    rank > 4
      ? c.emit('Reshape', [x], { shape: [...x.shape.slice(0, 2), x.shape.slice(2).reduce((a, b) => a * b, 1)] })
      : x;
  const ones = flat.shape.slice(2).map(() => 1);
  const attributes = { kernel: ones, strides: ones, dilations: ones, pads: ones.map(() => [0, 0]), groups: channels };
  const weights = constant('factor', factor, [channels, ...ones, 1]);
  const y = fromChannelsLast(
    c,
    c.emit('Conv', [toChannelsLast(c, flat), weights, constant('summand', summands, [channels])], attributes),
  );
  return [rank > 4 ? c.emit('Reshape', [y], { shape: x.shape }) : y];
}
