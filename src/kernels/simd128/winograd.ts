import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type KernelVariant, numberField } from '../define.ts';
import { commonRefusal } from './conv.ts';
import { blockStarts, channelBlock } from './pack.ts';

/** Products of weights and inputs for 4 outputs. */
const points = 6;

/** Most inputs of a column that the kernel has room for. */
const mostInputs = 384;

/** Convolutions with kernels 3 wide and stride 1 of many channels; what it does is in its header. */
export const winograd: KernelVariant = {
  isa: 'simd128',
  symbol: 'tsr_conv_s8s8__simd128_winograd',
  replaces: 'tsr_conv_s8s8__portable',
  adapt(call) {
    const refusal = commonRefusal(call) ?? winogradRefusal(call);
    if (refusal !== null) return refusal;
    const { groups, kernel_w, stride_w, dilation_w, input_zero_point: zeroPoint, ...fields } = call.fields;
    const inChannels = numberField(call, 'in_channels');
    const preScale = numberField(call, 'pre_scale');
    return {
      struct: 'tsr_conv_simd128_winograd',
      fields: {
        ...fields,
        weights: { type: 'int16', values: packed(call) },
        bias: { type: 'int32', values: Int32Array.from(arrayField(call, 'bias'), (b) => b * preScale) },
        padding: { type: 'int8', values: new Int8Array(inChannels).fill(zeroPoint as number) },
      },
      scratchBytes: 0,
      headers: ['conv/tsr_conv__simd128_winograd.h', 'isa/tsr_simd128.h'],
    };
  },
};

function winogradRefusal(call: KernelCall): string | null {
  if (numberField(call, 'kernel_w') !== 3) return 'its kernel is not 3 wide';
  if (numberField(call, 'stride_w') !== 1) return 'its stride is not 1';
  if (numberField(call, 'dilation_w') !== 1) return 'it has a dilation';
  const inChannels = numberField(call, 'in_channels');
  if (inChannels % 8 !== 0) return 'its input channels are not a multiple of 8';
  const inputs = inChannels * numberField(call, 'kernel_h');
  if (inputs > mostInputs) return `it has more than ${mostInputs} inputs a column`;
  // 8 times each output is a number on the way: it must fit 32 bits.
  const most = largestSum(arrayField(call, 'weights'), 3 * inputs) * numberField(call, 'pre_scale');
  return 8 * most >= 2 ** 31 ? 'its sums may be too large' : null;
}

/** The largest absolute value that a sum of weights times inputs can have, without the bias. */
function largestSum(weights: ArrayLike<number>, inputs: number): number {
  let largest = 0;
  for (let from = 0; from < weights.length; from += inputs) {
    let sum = 0;
    for (let i = from; i < from + inputs; i += 1) sum += Math.abs(weights[i] as number);
    largest = Math.max(largest, 128 * sum);
  }
  return largest;
}

/** The weights that the products of 4 outputs are made with, of three neighbouring ones. */
export function transformWeights(g0: number, g1: number, g2: number): readonly number[] {
  return [g0, g0 + g1 + g2, g0 - g1 + g2, g0 + 2 * g1 + 4 * g2, g0 - 2 * g1 + 4 * g2, g2];
}

/** Transformed weights in the order of tsr_conv__simd128_winograd.h. */
function packed(call: KernelCall): Int16Array {
  const weights = arrayField(call, 'weights');
  const outputs = numberField(call, 'out_channels');
  const channels = numberField(call, 'in_channels');
  const inputs = channels * numberField(call, 'kernel_h');
  const starts = blockStarts(outputs, channelBlock);
  const result = new Int16Array(starts.length * points * inputs * channelBlock);
  starts.forEach((start, block) => {
    for (let lane = 0; lane < channelBlock; lane += 1) {
      for (let i = 0; i < inputs; i += 1) {
        const row = Math.floor(i / channels);
        const first = (start + lane) * inputs * 3 + row * 3 * channels + (i % channels);
        const [g0, g1, g2] = [0, 1, 2].map((kx) => weights[first + kx * channels] as number) as [
          number,
          number,
          number,
        ];
        transformWeights(g0, g1, g2).forEach((u, point) => {
          const pair = (block * points + point) * (inputs / 2) + Math.floor(i / 2);
          result[(pair * channelBlock + lane) * 2 + (i % 2)] = u;
        });
      }
    }
  });
  return result;
}
