import { type KernelVariant, numberField } from '../define.ts';
import { largestDividend } from '../softmax.ts';
import { asPortable } from './elementwise.ts';

/** The largest value under a window, four channels at a time. */
export const maxPoolDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_max_pool_s8__dsp',
  replaces: 'tsr_max_pool_s8__portable',
  adapt: (call) => asPortable(call),
};

/** Taps whose bytes' sum fits 16 bits. */
const mostTaps = 256;

/** The mean under a window, four channels at a time. */
export const averagePoolDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_average_pool_s8__dsp',
  replaces: 'tsr_average_pool_s8__portable',
  adapt: (call) =>
    numberField(call, 'kernel_h') * numberField(call, 'kernel_w') > mostTaps
      ? `a window of more than ${mostTaps} taps`
      : asPortable(call),
};

/** Functions of one value, four bytes at a time. */
export const lookupDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_lookup_s8__dsp',
  replaces: 'tsr_lookup_s8__portable',
  adapt: (call) => asPortable(call),
};

/** Softmax with divisions of 32 bits. */
export const softmaxDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_softmax_s8__dsp',
  replaces: 'tsr_softmax_s8__portable',
  adapt: (call) => (largestDividend(call) < 2 ** 40 ? asPortable(call) : 'a dividend of 2^32 and more'),
};
