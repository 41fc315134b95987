import { requantize } from '../arithmetic/fixed-point.ts';
import { elementCount, rowShape, type Tensor, type TensorType } from '../graph/types.ts';
import {
  applyClamp,
  type Clamp,
  defineOperator,
  type KernelCall,
  present,
  type ReadContext,
  windowAxis,
} from './define.ts';
import { fromChannelsLast, toChannelsLast } from './layout.ts';
import { requantizationFields } from './requantization.ts';
import { channelsOfSum, denseFloat, denseInteger, type WeightedSum, weightedSum } from './weighted-sum.ts';
import { forEachWindow, readWindow, type Window, window2d, windowOutput, withColumnPads } from './window.ts';

/** Inputs: x [N, spatial..., C], weights [O, spatial..., C / groups], bias [O] or null. */
export interface ConvAttributes extends Window {
  readonly groups: number;
  readonly clamp?: Clamp;
}

function read(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  const weights = c.constant(1, 'the weights');
  const bias = c.optionalConstant(2, 'the bias');
  if (weights.dtype !== x.dtype) c.invalid(`input and weight types differ (${x.dtype}, ${weights.dtype})`);
  if (x.dtype !== 'float32') c.invalid(`input and weights must be float32, and are ${x.dtype}`);
  const axes = x.shape.length - 2;
  if (axes !== 1 && axes !== 2) c.unsupported(`${axes} spatial axes; 1 and 2 are supported`);
  if (weights.shape.length !== x.shape.length) {
    c.invalid(`the weights have ${weights.shape.length} axes, the input ${x.shape.length}`);
  }
  const groups = c.integer('group', 1);
  const channels = present(x.shape[1]);
  const outputs = present(weights.shape[0]);
  if (groups < 1) c.invalid(`group must be positive, and is ${groups}`);
  if (channels % groups !== 0) c.invalid(`${channels} channels are not divisible by group ${groups}`);
  if (outputs % groups !== 0) c.invalid(`${outputs} output channels are not divisible by group ${groups}`);
  if (elementCount(weights.shape) === 0) c.invalid(`the weights [${weights.shape}] have a zero dimension`);
  if (weights.shape[1] !== channels / groups) {
    c.invalid(`the weights need ${channels / groups} input channels a group, and have ${weights.shape[1]}`);
  }
  if (bias !== null && (bias.shape.length !== 1 || bias.shape[0] !== outputs)) {
    c.invalid(`the bias has shape [${bias.shape}]; [${outputs}] is needed`);
  }
  const kernel = weights.shape.slice(2);
  const stated = c.optionalIntegers('kernel_shape');
  if (stated !== null && String(stated) !== String(kernel)) {
    c.invalid(`kernel_shape [${stated}] differs from that of the weights [${kernel}]`);
  }
  const attributes: ConvAttributes = { ...readWindow(c, x.shape.slice(2), kernel), groups };
  const w = toChannelsLast(c, c.input(1));
  const inputs = [toChannelsLast(c, x), w, bias === null ? null : c.input(2)];
  return [fromChannelsLast(c, c.emit('Conv', inputs, attributes))];
}

interface ConvParameters extends WeightedSum {
  readonly depthwise: boolean;
}

function isDepthwise(attributes: ConvAttributes, x: TensorType, weights: TensorType): boolean {
  const channels = x.shape.at(-1);
  return attributes.groups > 1 && attributes.groups === channels && weights.shape[0] === channels;
}

/** [C][taps] -> [taps][C]: the order in which the depthwise kernel reads. */
function tapsFirst(weights: Int8Array, channels: number): Int8Array {
  const taps = weights.length / channels;
  return Int8Array.from({ length: weights.length }, (_, i) =>
    present(weights[(i % channels) * taps + Math.floor(i / channels)]),
  );
}

export const conv = defineOperator<ConvAttributes, ConvParameters>({
  name: 'Conv',
  onnx: { Conv: read },
  constants: { 1: 'weights', 2: 'bias' },
  clampable: true,

  shape([x, weights], attributes) {
    const spatial = windowOutput(attributes, present(x).shape.slice(1, -1));
    return { shape: [present(present(x).shape[0]), ...spatial, present(present(weights).shape[0])], dtype: 'float32' };
  },

  evaluate([x, weights, bias], attributes, output) {
    const input = rowShape(present(x).shape);
    const out = rowShape(output.shape);
    const data = present(x).data as Float32Array;
    const w = present(weights).data as Float32Array;
    const b = (bias?.data ?? null) as Float32Array | null;
    const result = new Float32Array(elementCount(output.shape));
    const geometry = window2d(attributes);
    const taps = geometry.kernelHeight * geometry.kernelWidth;
    const patch = new Float32Array(taps * input.channels);
    const { groups } = attributes;
    const groupIn = input.channels / groups;
    const groupOut = out.channels / groups;
    forEachWindow(geometry, data, input, out, 0, patch, (pixel) => {
      const at = pixel * out.channels;
      if (groups === 1) return denseFloat(patch, w, b, result, at);
      for (let o = 0; o < out.channels; o += 1) {
        let sum = b === null ? 0 : (b[o] as number);
        const from = Math.floor(o / groupOut) * groupIn;
        for (let t = 0; t < taps; t += 1) {
          for (let i = 0; i < groupIn; i += 1) {
            sum += (patch[t * input.channels + from + i] as number) * (w[(o * taps + t) * groupIn + i] as number);
          }
        }
        result[at + o] = sum;
      }
    });
    applyClamp(result, attributes.clamp);
    return { ...output, data: result };
  },

  macs: ([, weights], output) =>
    (elementCount(output.shape) * elementCount(present(weights).shape)) / present(output.shape.at(-1)),

  quantized: {
    outputRule: () => 'calibrated',

    parameters({ inputs: [x, weights, bias], output, attributes }) {
      return {
        ...weightedSum(present(x), present(weights), bias ?? null, output, attributes.clamp),
        depthwise: isDepthwise(attributes, present(x), present(weights)),
      };
    },

    evaluate(p, [x], { inputs, output, attributes }) {
      const input = rowShape(present(inputs[0]).shape);
      const out = rowShape(output.shape);
      const result = new Int8Array(elementCount(output.shape));
      const geometry = window2d(attributes);
      const taps = geometry.kernelHeight * geometry.kernelWidth;
      const patch = new Int8Array(taps * input.channels);
      const sums = new Int32Array(out.channels);
      const { groups } = attributes;
      const groupIn = input.channels / groups;
      const groupOut = out.channels / groups;
      forEachWindow(geometry, x as Int8Array, input, out, p.inputZeroPoint, patch, (pixel) => {
        if (groups === 1) denseInteger(patch, p.weights, p.bias, sums);
        for (let o = 0; groups > 1 && o < out.channels; o += 1) {
          let sum = p.bias[o] as number;
          const from = Math.floor(o / groupOut) * groupIn;
          for (let t = 0; t < taps; t += 1) {
            for (let i = 0; i < groupIn; i += 1) {
              const w = p.weights[(o * taps + t) * groupIn + i] as number;
              sum = (sum + (patch[t * input.channels + from + i] as number) * w) | 0;
            }
          }
          sums[o] = sum;
        }
        for (let o = 0; o < out.channels; o += 1) {
          result[pixel * out.channels + o] = requantize(sums[o] as number, o, p.requantization);
        }
      });
      return result;
    },

    channels(p, { attributes }, from, to) {
      if (attributes.groups > 1 && !p.depthwise) return null;
      return {
        attributes: p.depthwise ? { ...attributes, groups: to - from } : attributes,
        parameters: { ...channelsOfSum(p, from, to), depthwise: p.depthwise },
        inputs: [p.depthwise ? 'part' : 'whole', 'part', 'part'],
      };
    },
    columns: ({ attributes }, pads) => withColumnPads(attributes, pads),

    lower(p, { inputs, output, attributes }) {
      const input = rowShape(present(inputs[0]).shape);
      const out = rowShape(output.shape);
      const g = window2d(attributes);
      const common = {
        kernel_h: g.kernelHeight,
        kernel_w: g.kernelWidth,
        stride_w: g.strideWidth,
        dilation_w: g.dilationWidth,
      };
      const call = convolutionCall(p, input.channels, out.channels, attributes.groups, common);
      const pointwise = g.kernelHeight * g.kernelWidth === 1 && g.strideHeight === 1 && g.strideWidth === 1;
      const unpadded = input.rows === out.rows && input.width === out.width;
      return {
        kind: 'calls',
        calls: [
          {
            ...(p.depthwise ? depthwiseCall(p, input.channels, common) : call),
            inputs: [
              {
                input: 0,
                rows: windowAxis(g.strideHeight, g.padTop, g.kernelHeight, g.dilationHeight),
                columns: windowAxis(g.strideWidth, g.padLeft, g.kernelWidth, g.dilationWidth),
              },
            ],
            steps: 'rows',
            count: out.rows,
            firstRow: 0,
            outputOffset: 0,
            pointwise: pointwise && unpadded,
            scratchBytes: 0,
          },
        ],
      };
    },
  },
});

type KernelChoice = Pick<KernelCall, 'symbol' | 'folder' | 'struct' | 'fields'>;

function sumFields(p: WeightedSum): KernelCall['fields'] {
  return {
    bias: { type: 'int32', values: p.bias },
    multipliers: { type: 'int32', values: p.requantization.multipliers },
    ...requantizationFields(p.requantization),
    input_zero_point: p.inputZeroPoint,
  };
}

/** The kernel of a convolution of any geometry; a dense layer is one of 1 x 1. */
export function convolutionCall(
  p: WeightedSum,
  inChannels: number,
  outChannels: number,
  groups: number,
  geometry: KernelCall['fields'],
): KernelChoice {
  return {
    symbol: 'tsr_conv_s8s8__portable',
    folder: 'conv',
    struct: 'tsr_conv',
    fields: {
      weights: { type: 'int8', values: p.weights },
      ...sumFields(p),
      in_channels: inChannels,
      out_channels: outChannels,
      groups,
      ...geometry,
      in_pixel: inChannels,
      out_pixel: outChannels,
    },
  };
}

function depthwiseCall(p: WeightedSum, channels: number, geometry: KernelCall['fields']): KernelChoice {
  return {
    symbol: 'tsr_depthwise_s8s8__portable',
    folder: 'depthwise',
    struct: 'tsr_depthwise',
    fields: {
      weights: { type: 'int8', values: tapsFirst(p.weights, channels) },
      ...sumFields(p),
      channels,
      ...geometry,
      in_pixel: channels,
      out_pixel: channels,
    },
  };
}
