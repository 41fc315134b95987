import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { channelBlock, packPairs } from './pack.ts';

/** Most inputs of an output that tsr_conv_s8s8__simd128 has room for. */
const mostInputs = 1024;

/** Convolutions of any shape without groups, dense layers among them. */
export const conv: readonly KernelVariant[] = [
  {
    isa: 'simd128',
    symbol: 'tsr_conv_s8s8__simd128',
    replaces: 'tsr_conv_s8s8__portable',
    adapt(call) {
      const refusal = commonRefusal(call);
      if (refusal !== null) return refusal;
      const rows = numberField(call, 'kernel_h');
      const inputs = numberField(call, 'kernel_w') * numberField(call, 'in_channels');
      const rounded = 2 * Math.ceil(inputs / 2);
      if (rows * rounded > mostInputs) return `it has more than ${mostInputs} inputs`;
      const weights = widenRows(arrayField(call, 'weights'), inputs, rounded);
      return adapted(call, packPairs(weights, numberField(call, 'out_channels'), rows * rounded));
    },
  },
  {
    isa: 'simd128',
    symbol: 'tsr_conv_s8s8__simd128_deep',
    replaces: 'tsr_conv_s8s8__portable',
    adapt(call) {
      const inputs = numberField(call, 'kernel_h') * numberField(call, 'kernel_w') * numberField(call, 'in_channels');
      const packed = (): Int8Array => packPairs(arrayField(call, 'weights'), numberField(call, 'out_channels'), inputs);
      return commonRefusal(call) ?? adapted(call, packed());
    },
  },
];

/** Rows of `width` as rows of `rounded`, zeros behind each. */
function widenRows(rows: ArrayLike<number>, width: number, rounded: number): ArrayLike<number> {
  if (width === rounded) return rows;
  return Int8Array.from({ length: (rows.length / width) * rounded }, (_, at) =>
    at % rounded < width ? (rows[Math.floor(at / rounded) * width + (at % rounded)] as number) : 0,
  );
}

/** Why no kernel here takes a convolution; null where they may. */
export function commonRefusal(call: KernelCall): string | null {
  if (numberField(call, 'groups') !== 1) return 'it has groups';
  if (numberField(call, 'out_channels') < channelBlock) return `it has fewer than ${channelBlock} output channels`;
  return null;
}

function adapted(call: KernelCall, values: Int8Array): VariantCall {
  const { groups, ...fields } = call.fields;
  return {
    struct: 'tsr_conv_simd128',
    fields: { ...fields, weights: { type: 'int8', values } },
    scratchBytes: 0,
    headers: ['conv/tsr_conv__simd128.h', 'isa/tsr_simd128.h'],
  };
}
