import type { FieldValue, KernelCall } from '../../ops/define.ts';
import { fitting, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { convDspTypes, fullHeaders, sharedConvolution } from './conv.ts';

/** tsr_conv_dsp_group_rows in runtime-c/conv/tsr_conv__dsp_groups.h. */
const mostRows = 16;

/** A kernel of one group, and the shift that its constants are made for. */
interface GroupKernel {
  readonly symbol: string;
  readonly shift: number;
}

function adapt(call: KernelCall, { symbol, shift }: GroupKernel): VariantCall | string {
  if (numberField(call, 'groups') === 1) return 'one group';
  if (numberField(call, 'kernel_h') > mostRows) return `a kernel of more than ${mostRows} rows`;
  const shared = sharedConvolution(call, shift);
  if (typeof shared === 'string') return shared;
  const { fields, streams, scratchOf, fewScratch } = shared;
  const words = [streams.length, streams[0]?.length ?? 0, ...streams.flatMap((stream) => [...stream])];
  return fitting(convDspTypes, {
    struct: 'tsr_conv_dsp',
    shape: 'tsr_conv_dsp_shape',
    fields: { weights: { type: 'int32', values: Int32Array.from(words) }, ...fields },
    scratchBytes: scratchOf(fields.group),
    fewScratch,
    headers: [...fullHeaders, 'conv/tsr_conv__dsp_groups.h'],
    callees: [`conv/${symbol}.c`],
  });
}

/** The groups of channels of a call of these kernels: the first of its words. */
export function channelGroups(call: KernelCall): number {
  const weights: FieldValue | undefined = call.fields.weights;
  if (typeof weights !== 'object' || weights === null) throw new Error(`${call.symbol} has no weights`);
  return weights.values[0] ?? 0;
}

/**
 * Convolutions in groups, of any size, each group computed as a convolution of its own: 0.9 to 2.4 instructions a
 * multiply-accumulate on a Cortex-M4 where groups have four channels or more, 7 to 18 where they have fewer.
 */
export const convGroupsDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_conv_s8s8__dsp_groups',
  replaces: 'tsr_conv_s8s8__portable',
  adapt: (call) => adapt(call, { symbol: 'tsr_conv_s8s8__dsp', shift: 1 }),
};

/** The same for layers whose outputs are coarse beside their sums. */
export const convFineGroupsDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_conv_s8s8__dsp_fine_groups',
  replaces: 'tsr_conv_s8s8__portable',
  adapt: (call) => adapt(call, { symbol: 'tsr_conv_s8s8__dsp_fine', shift: 10 }),
};
