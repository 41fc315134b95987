import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { simplifyConstants } from './constant-channels.ts';
import { packSums, tapPairs } from './conv-pack.ts';

/** The most scratch for the expanded activations of four and of two pixels; one pixel takes what it needs. */
const mostFor = { 4: 2304, 2: 4096 } as const;

/** Pixels that are computed together. */
function groupOf(pairs: number): 1 | 2 | 4 {
  if (16 * pairs <= mostFor[4]) return 4;
  return 8 * pairs <= mostFor[2] ? 2 : 1;
}

function adapt(call: KernelCall): VariantCall | string {
  const field = (name: string): number => numberField(call, name);
  if (field('groups') !== 1) return 'groups';
  if (field('pre_scale') !== 1) return 'a pre-scale';
  const channels = field('in_channels');
  const kernelWidth = field('kernel_w');
  const stride = field('stride_w');
  const dilation = field('dilation_w');
  // Columns that lie side by side are one run.
  const joined = kernelWidth === 1 || (dilation === 1 && field('in_pixel') === channels);
  const runBytes = joined ? kernelWidth * channels : channels;
  const sums = simplifyConstants({
    weights: arrayField(call, 'weights'),
    bias: arrayField(call, 'bias'),
    multipliers: arrayField(call, 'multipliers'),
    offset: field('offset'),
    shift: field('shift'),
    min: field('min'),
    max: field('max'),
  });
  const pairs = tapPairs(field('kernel_h') * kernelWidth * channels, runBytes);
  const { words, packedChannels } = packSums(sums, pairs);
  const group = groupOf(pairs.length);
  const columns = (group - 1) * stride + (kernelWidth - 1) * dilation + 1;
  // Pointwise convolutions have no padding, and so need no place to put it.
  const windowBytes = call.pointwise ? 0 : columns * channels;
  return {
    struct: 'tsr_conv_dsp',
    fields: {
      weights: { type: 'int32', values: words },
      offset: field('offset'),
      shift: field('shift'),
      min: field('min'),
      max: field('max'),
      input_zero_point: field('input_zero_point'),
      in_channels: channels,
      out_channels: field('out_channels'),
      kernel_h: field('kernel_h'),
      kernel_w: kernelWidth,
      stride_w: stride,
      dilation_w: dilation,
      in_pixel: field('in_pixel'),
      out_pixel: field('out_pixel'),
      runs: joined ? 1 : kernelWidth,
      run_bytes: runBytes,
      pairs: pairs.length,
      group,
      packed_channels: packedChannels,
      reach: (kernelWidth - 1) * dilation + 1,
      single: field('kernel_h') * kernelWidth === 1 && channels % 4 === 0 ? 1 : 0,
    },
    scratchBytes: 4 * Math.ceil((4 * group * pairs.length + windowBytes) / 4),
    headers: ['conv/tsr_conv__dsp.h', 'isa/tsr_dsp.h', 'isa/tsr_dsp_dot.h'],
  };
}

/** Convolutions without groups, of any size: 0.9 instructions a multiply-accumulate on a Cortex-M4. */
export const convDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_conv_s8s8__dsp',
  replaces: 'tsr_conv_s8s8__portable',
  adapt,
};
