import type { KernelCall } from '../../ops/define.ts';
import { type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { reciprocalRefusal } from '../softmax.ts';
import { mveHeaders } from './conv.ts';

/** The portable call as it is, with the headers of Helium. */
function asPortable({ struct, fields, folder, scratchBytes }: KernelCall): VariantCall {
  return {
    struct,
    fields,
    scratchBytes,
    headers: [`${folder}/tsr_${folder}.h`, `${folder}/tsr_${folder}__mve.h`, ...mveHeaders],
  };
}

/** Why a call with two operands is not for the kernels, or null. */
function refusal(call: KernelCall): string | null {
  const apart = numberField(call, 'a_channel') === 1 && numberField(call, 'b_channel') === 1;
  return apart ? null : 'an operand that broadcasts along the channels';
}

const variant = (stem: string, adapt: KernelVariant['adapt'] = asPortable): KernelVariant => ({
  isa: 'mve',
  symbol: `${stem}__mve`,
  replaces: `${stem}__portable`,
  adapt,
});

export const addMve = variant('tsr_add_s8s8', (call) => refusal(call) ?? asPortable(call));

export const mulMve = variant('tsr_mul_s8s8', (call) => {
  if (numberField(call, 'pre_scale') !== 1) return 'a pre-scale';
  return refusal(call) ?? asPortable(call);
});

export const meanMve = variant('tsr_mean_s8');

export const lookupMve = variant('tsr_lookup_s8');

export const maxPoolMve = variant('tsr_max_pool_s8');

/** The most taps whose sums fit 16 bits, and the channels that are computed at a time. */
const mostTaps = 255;
const together = 8;

export const averagePoolMve = variant('tsr_average_pool_s8', (call) => {
  if (numberField(call, 'kernel_h') * numberField(call, 'kernel_w') > mostTaps) return `more than ${mostTaps} taps`;
  if (numberField(call, 'channels') < together) return `fewer than ${together} channels`;
  return asPortable(call);
});

/** Softmax with one division a row. */
export const softmaxMve = variant('tsr_softmax_s8', (call) => {
  const { headers = [], ...rest } = asPortable(call);
  return reciprocalRefusal(call) ?? { ...rest, headers: [...headers, 'isa/tsr_mve_shares.h'] };
});

/** Products of matrices, whose operands lie so that vectors of them can be loaded. */
export const matmulMve = variant('tsr_matmul_s8s8', (call) => {
  const is = (name: string): boolean => numberField(call, name) === 1;
  if (!is('pre_scale')) return 'a pre-scale';
  if (!is('b_column') && !(is('a_inner') && is('b_inner'))) return 'operands that lie across';
  return asPortable(call);
});
