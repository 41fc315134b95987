import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type FieldTypes, fitting, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { byShiftOne, mostPixel, mveHeaders } from './conv.ts';
import { biasesAndHalves, words } from './stream.ts';

/** Bytes of a vector. */
const vector = 16;

/** The numbers of tsr_conv_mve_pixels_shape in runtime-c/conv/tsr_conv__mve_pixels.h. */
export const convMvePixelsTypes = {
  offset: 'int32',
  in_channels: 'uint16',
  out_channels: 'uint16',
  in_pixel: 'uint16',
  out_pixel: 'uint16',
  shift: 'uint8',
  min: 'int8',
  max: 'int8',
} as const satisfies FieldTypes;

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
  return fitting(convMvePixelsTypes, {
    struct: 'tsr_conv_mve_pixels',
    shape: 'tsr_conv_mve_pixels_shape',
    fields: {
      weights: words(
        biasesAndHalves(arrayField(call, 'bias'), multipliers, 4),
        Int8Array.from(arrayField(call, 'weights')),
      ),
      offset,
      shift,
      ...Object.fromEntries(names.map((name) => [name, number(name)])),
    },
    scratchBytes: 0,
    headers: [
      'conv/tsr_conv__mve_pixels.h',
      'isa/tsr_mve_known.h',
      'isa/tsr_mve_tile.h',
      'isa/tsr_mve_bytes.h',
      ...mveHeaders,
    ],
  });
}

/** Convolutions of one pixel, without strides or padding, and dense layers. */
export const convMvePixels: KernelVariant = {
  isa: 'mve',
  symbol: 'tsr_conv_s8s8__mve_pixels',
  replaces: 'tsr_conv_s8s8__portable',
  adapt,
};
