import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { byShiftOne, mostPixel, mveHeaders, streamOf } from './conv.ts';

/** Bytes of a vector. */
const vector = 16;

function adapt(call: KernelCall): VariantCall | string {
  const number = (name: string): number => numberField(call, name);
  if (!call.pointwise || number('kernel_h') !== 1 || number('kernel_w') !== 1) return 'windows of several pixels';
  if (number('groups') !== 1) return 'groups';
  if (number('pre_scale') !== 1) return 'a pre-scale';
  if (number('in_channels') <= vector) return `at most ${vector} input channels`;
  if (number('out_channels') % 4 !== 0) return 'output channels are no multiple of 4';
  if (number('out_pixel') > mostPixel) return `pixels of more than ${mostPixel} bytes`;
  const { multipliers, offset, shift } = byShiftOne(call);
  const names = ['min', 'max', 'in_channels', 'out_channels', 'in_pixel', 'out_pixel'];
  return {
    struct: 'tsr_conv_mve_pixels',
    fields: {
      weights: { type: 'int8', values: Int8Array.from(arrayField(call, 'weights')) },
      stream: { type: 'int32', values: streamOf(arrayField(call, 'bias'), multipliers, 4) },
      offset,
      shift,
      ...Object.fromEntries(names.map((name) => [name, number(name)])),
    },
    scratchBytes: 0,
    headers: ['conv/tsr_conv__mve_pixels.h', 'isa/tsr_mve_tile.h', 'isa/tsr_mve_bytes.h', ...mveHeaders],
  };
}

/** Convolutions of one pixel, without strides or padding, and dense layers. */
export const convMvePixels: KernelVariant = {
  isa: 'mve',
  symbol: 'tsr_conv_s8s8__mve_pixels',
  replaces: 'tsr_conv_s8s8__portable',
  adapt,
};
