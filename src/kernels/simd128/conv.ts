import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type KernelVariant, numberField } from '../define.ts';
import { channelBlock, packPairs, padded } from './pack.ts';

/** Convolutions of any shape without groups, dense layers among them. */
export const conv: KernelVariant = {
  isa: 'simd128',
  symbol: 'tsr_conv_s8s8__simd128',
  replaces: 'tsr_conv_s8s8__portable',
  adapt(call) {
    if (numberField(call, 'groups') !== 1) return 'it has groups';
    return {
      struct: 'tsr_conv_simd128',
      fields: convFields(call, { type: 'int8', values: packed(call) }),
      scratchBytes: 0,
      headers: ['conv/tsr_conv__simd128.h', 'isa/tsr_simd128.h'],
    };
  },
};

function packed(call: KernelCall): Int8Array {
  const inputs = numberField(call, 'kernel_h') * numberField(call, 'kernel_w') * numberField(call, 'in_channels');
  return packPairs(arrayField(call, 'weights'), numberField(call, 'out_channels'), inputs);
}

/** The fields of a portable convolution with other weights, and with bias and multipliers for whole blocks of channels. */
function convFields(call: KernelCall, weights: KernelCall['fields'][string]): KernelCall['fields'] {
  const { groups, ...fields } = call.fields;
  return {
    ...fields,
    weights: weights as NonNullable<typeof weights>,
    bias: { type: 'int32', values: padded(arrayField(call, 'bias'), channelBlock) },
    multipliers: { type: 'int32', values: padded(arrayField(call, 'multipliers'), channelBlock) },
  };
}
