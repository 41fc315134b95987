import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { channelBlock, packPairs } from './pack.ts';

/** Most inputs of an output that tsr_conv_s8s8__simd128 has room for. */
const mostInputs = 1024;

/** Convolutions of any shape without groups, dense layers among them. */
export const conv: readonly KernelVariant[] = [
  dense('tsr_conv_s8s8__simd128', (inputs) => (inputs > mostInputs ? `it has more than ${mostInputs} inputs` : null)),
  dense('tsr_conv_s8s8__simd128_deep', () => null),
];

function dense(symbol: string, refusal: (inputs: number) => string | null): KernelVariant {
  return {
    isa: 'simd128',
    symbol,
    replaces: 'tsr_conv_s8s8__portable',
    adapt: (call) => commonRefusal(call) ?? refusal(inputsOf(call)) ?? adapted(call),
  };
}

/** Why no kernel here takes a convolution; null where they may. */
export function commonRefusal(call: KernelCall): string | null {
  if (numberField(call, 'groups') !== 1) return 'it has groups';
  if (numberField(call, 'out_channels') < channelBlock) return `it has fewer than ${channelBlock} output channels`;
  return null;
}

/** The inputs of an output. */
function inputsOf(call: KernelCall): number {
  return numberField(call, 'kernel_h') * numberField(call, 'kernel_w') * numberField(call, 'in_channels');
}

function adapted(call: KernelCall): VariantCall {
  const { groups, ...fields } = call.fields;
  const values = packPairs(arrayField(call, 'weights'), numberField(call, 'out_channels'), inputsOf(call));
  return {
    struct: 'tsr_conv_simd128',
    fields: { ...fields, weights: { type: 'int8', values } },
    scratchBytes: 0,
    headers: ['conv/tsr_conv__simd128.h', 'isa/tsr_simd128.h'],
  };
}
