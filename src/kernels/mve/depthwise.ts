import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { mveHeaders, streamOf } from './conv.ts';

/** tsr_depthwise_mve_columns, and the bytes of a turned column. */
const mostColumns = 16;
const columnBytes = 64;

/** [kernel_h][kernel_w][channels] -> [channels][kernel_w][kernel_h]: a column's taps of a channel lie together. */
export function channelsFirst(weights: ArrayLike<number>, height: number, width: number): Int8Array {
  const channels = weights.length / (height * width);
  const packed = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i += 1) {
    const channel = i % channels;
    const tap = Math.floor(i / channels);
    const column = tap % width;
    const row = Math.floor(tap / width);
    packed[(channel * width + column) * height + row] = weights[i] as number;
  }
  return packed;
}

function adapt(call: KernelCall): VariantCall | string {
  const number = (name: string): number => numberField(call, name);
  if (number('kernel_h') !== 3 || number('kernel_w') !== 3) return 'not 3 x 3';
  if (number('dilation_w') !== 1) return 'dilation';
  if (number('pre_scale') !== 1) return 'a pre-scale';
  if (number('channels') % 4 !== 0) return 'channels are no multiple of 4';
  if (number('stride_w') > mostColumns - 3) return 'a stride beyond the columns that are turned together';
  const names = ['offset', 'shift', 'min', 'max', 'input_zero_point', 'channels', 'stride_w', 'in_pixel', 'out_pixel'];
  return {
    struct: 'tsr_depthwise_mve_3x3',
    fields: {
      weights: { type: 'int8', values: channelsFirst(arrayField(call, 'weights'), 3, 3) },
      stream: { type: 'int32', values: streamOf(arrayField(call, 'bias'), arrayField(call, 'multipliers'), 4) },
      ...Object.fromEntries(names.map((name) => [name, number(name)])),
    },
    // A vector of four columns reaches one beyond the three of a window.
    scratchBytes: columnBytes * (mostColumns + 1),
    headers: ['depthwise/tsr_depthwise__mve.h', ...mveHeaders],
  };
}

/** Depthwise 3 x 3. */
export const depthwiseMve3x3: KernelVariant = {
  isa: 'mve',
  symbol: 'tsr_depthwise_s8s8__mve_3x3',
  replaces: 'tsr_depthwise_s8s8__portable',
  adapt,
};
