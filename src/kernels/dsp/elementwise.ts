import type { KernelCall } from '../../ops/define.ts';
import { type FieldTypes, fitting, type KernelVariant, numberField, type VariantCall } from '../define.ts';

const pair = (low: number, high: number): number => (low & 0xffff) | (high << 16);

/** Whether both operands have a value for every channel. */
function channelsApart(call: KernelCall): string | null {
  const apart = numberField(call, 'a_channel') === 1 && numberField(call, 'b_channel') === 1;
  return apart ? null : 'an operand that broadcasts along the channels';
}

/** The numbers of tsr_add_dsp in runtime-c/add/tsr_add__dsp.h. */
export const addDspTypes = {
  low: 'int32',
  high: 'int32',
  offset: 'int32',
  channels: 'uint16',
  a_pixel: 'uint16',
  b_pixel: 'uint16',
  out_pixel: 'uint16',
  shift: 'uint8',
  min: 'int8',
  max: 'int8',
} as const satisfies FieldTypes;

function adaptAdd(call: KernelCall): VariantCall | string {
  const field = (name: string): number => numberField(call, name);
  const refusal = channelsApart(call);
  if (refusal !== null) return refusal;
  const [a, b] = [field('a_multiplier'), field('b_multiplier')];
  if (Math.max(Math.abs(a), Math.abs(b)) >= 2 ** 30) return 'multipliers of 2^30 and more';
  return fitting(addDspTypes, {
    struct: 'tsr_add_dsp',
    fields: {
      // m = low + 2^15 * high with 0 <= low < 2^15.
      low: pair(a & 0x7fff, b & 0x7fff),
      high: pair(a >> 15, b >> 15),
      offset: field('offset'),
      shift: field('shift'),
      min: field('min'),
      max: field('max'),
      channels: field('channels'),
      a_pixel: field('a_pixel'),
      b_pixel: field('b_pixel'),
      out_pixel: field('out_pixel'),
    },
    scratchBytes: 0,
    headers: ['add/tsr_add__dsp.h', 'isa/tsr_dsp.h'],
  });
}

export const addDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_add_s8s8__dsp',
  replaces: 'tsr_add_s8s8__portable',
  adapt: adaptAdd,
};

/** The portable call as it is, with the headers of the variant. */
export function asPortable({ struct, fields, folder, scratchBytes }: KernelCall): VariantCall {
  return {
    struct,
    fields,
    scratchBytes,
    headers: [`${folder}/tsr_${folder}.h`, `${folder}/tsr_${folder}__dsp.h`, 'isa/tsr_dsp.h'],
  };
}

export const mulDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_mul_s8s8__dsp',
  replaces: 'tsr_mul_s8s8__portable',
  adapt: (call) => channelsApart(call) ?? asPortable(call),
};

/** Means of four channels at a time. */
export const meanDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_mean_s8__dsp',
  replaces: 'tsr_mean_s8__portable',
  adapt: (call) => (numberField(call, 'channels') % 4 === 0 ? asPortable(call) : 'channels that are no multiple of 4'),
};

export const minmaxDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_minmax_s8s8__dsp',
  replaces: 'tsr_minmax_s8s8__portable',
  adapt: (call) => channelsApart(call) ?? asPortable(call),
};
