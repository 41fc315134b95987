import type { FewScratch, KernelCall } from '../../ops/define.ts';
import { arrayField, type FieldTypes, fitting, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { simplifyConstants } from './constant-channels.ts';
import { packGroups, tapPairs } from './conv-pack.ts';

/**
 * The most scratch that two pixels may take, in bytes. A kernel of several taps needs it for each of them, and is large
 * beside the rows that it reads; one of a single tap is small beside them.
 */
const mostForTwo = { oneTap: 4096, taps: 2048 } as const;

/**
 * Pixels that are computed together. Two at a time cost no more instructions than four and half the scratch, but for
 * what is done once a group: that weighs where a pixel is little work.
 */
function groupOf(pairs: number, outChannels: number, most: number): 1 | 2 | 4 {
  if (2 * pairs * outChannels < 4096 && 16 * pairs <= most) return 4;
  return 8 * pairs <= most ? 2 : 1;
}

/** The numbers of tsr_conv_dsp_shape in runtime-c/conv/tsr_conv__dsp.h. */
export const convDspTypes = {
  offset: 'int32',
  in_channels: 'uint16',
  out_channels: 'uint16',
  kernel_w: 'uint16',
  dilation_w: 'uint16',
  in_pixel: 'uint16',
  out_pixel: 'uint16',
  run_bytes: 'uint16',
  pairs: 'uint16',
  packed_channels: 'uint16',
  reach: 'uint16',
  kernel_h: 'uint8',
  runs: 'uint8',
  min: 'int8',
  max: 'int8',
  input_zero_point: 'int8',
  stride_w: 'uint8',
  group: 'uint8',
  form: 'uint8',
} as const satisfies FieldTypes;

/** What becomes of padding: tsr_conv_dsp_written and so on of that file. */
export const convDspForms = { written: 0, window: 1, single: 2 } as const;

/** The most scratch with rows of the window as parts: `conv_dsp_row_bytes` in runtime-c/conv/tsr_conv__dsp_parts.h. */
const rowBytes = 384;

/** The columns of a part of the window: a row of it, or one. */
export function partColumns(kernelWidth: number, channels: number, outChannels: number): number {
  return 4 * outChannels + 2 * kernelWidth * channels <= rowBytes ? kernelWidth : 1;
}

/** What the kernels of less scratch include: part by part of the taps, and with none. */
const partsHeaders = ['conv/tsr_conv__dsp_body.h', 'conv/tsr_conv__dsp_parts.h', 'isa/tsr_dsp_parts.h'];
const leanHeaders = ['conv/tsr_conv__dsp_lean.h', 'isa/tsr_dsp_bytes.h'];
const commonHeaders = ['conv/tsr_conv__dsp.h', 'isa/tsr_dsp.h', 'isa/tsr_dsp_dot.h'];
export const fullHeaders = [...commonHeaders, 'conv/tsr_conv__dsp_body.h', 'conv/tsr_conv__dsp_sums.h'];

/** The kernels of one shift of the requantisation. */
interface Family {
  /** Layers whose own is up to 8 more take it, too. */
  readonly shift: number;
  readonly partsSymbol: string;
  readonly leanSymbol: string;
}

/** What a convolution of one group, and one of several, have in common: of several the numbers are those of each. */
export interface SharedConvolution {
  readonly fields: Readonly<Record<keyof typeof convDspTypes, number>>;
  /** Of each group a stream, one as long as the other. */
  readonly streams: readonly Int32Array[];
  scratchOf(pixels: number): number;
  readonly fewScratch: readonly FewScratch[];
}

/** Makes of a portable call what kernels of so large a shift work with, or gives the reason why they do not take it. */
export function sharedConvolution(call: KernelCall, shift: number): SharedConvolution | string {
  const field = (name: string): number => numberField(call, name);
  if (field('pre_scale') !== 1) return 'a pre-scale';
  if (field('shift') < shift || field('shift') > shift + 8) return `a shift of ${field('shift')}`;
  // Multipliers are multiples of 256, and offsets of 2^(their shift - 1): both can be divided.
  const scale = 2 ** (field('shift') - shift);
  const groups = field('groups');
  const channels = field('in_channels') / groups;
  const outputs = field('out_channels') / groups;
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
  const multipliers = Int32Array.from(sums.multipliers, (multiplier) => multiplier / scale);
  const { streams, packedChannels } = packGroups({ ...sums, multipliers }, pairs, groups);
  const most = field('kernel_h') * kernelWidth === 1 ? mostForTwo.oneTap : mostForTwo.taps;
  const group = groupOf(pairs.length, outputs, most);
  // Where channels come in fours, padding can be written as it is expanded: slower where pixels share columns, but
  // without a window. A pointwise convolution has no padding.
  const hasWindow = !call.pointwise && (channels % 4 !== 0 || (group === 4 && kernelWidth > 1));
  const isSingle = field('kernel_h') * kernelWidth === 1 && channels % 4 === 0;
  const scratchOf = (pixels: number): number => {
    const columns = (pixels - 1) * stride + (kernelWidth - 1) * dilation + 1;
    return 4 * Math.ceil((4 * pixels * pairs.length + (hasWindow ? columns * channels : 0)) / 4);
  };
  return {
    fields: {
      offset: field('offset') / scale,
      min: field('min'),
      max: field('max'),
      input_zero_point: field('input_zero_point'),
      in_channels: channels,
      out_channels: outputs,
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
      form: convDspForms[hasWindow ? 'window' : isSingle ? 'single' : 'written'],
    },
    streams,
    scratchOf,
    // Calls of 2 and 3 pixels take groups of 2.
    fewScratch: [1, 2]
      .filter((pixels) => pixels < group)
      .map((pixels) => ({ pixels: 2 * pixels - 1, bytes: scratchOf(pixels) })),
  };
}

function adapt(call: KernelCall, { shift, partsSymbol, leanSymbol }: Family): VariantCall | string {
  if (numberField(call, 'groups') !== 1) return 'groups';
  const shared = sharedConvolution(call, shift);
  if (typeof shared === 'string') return shared;
  const { fields, streams, scratchOf, fewScratch } = shared;
  const { in_channels: channels, packed_channels: packedChannels, kernel_w: kernelWidth } = fields;
  const isInParts = channels % 4 === 0 && packedChannels === fields.out_channels;
  const inParts = isInParts
    ? 4 * packedChannels + 2 * channels * partColumns(kernelWidth, channels, packedChannels)
    : Number.POSITIVE_INFINITY;
  const scratchBytes = scratchOf(fields.group);
  return fitting(convDspTypes, {
    struct: 'tsr_conv_dsp',
    shape: 'tsr_conv_dsp_shape',
    fields: { weights: { type: 'int32', values: streams[0] as Int32Array }, ...fields },
    scratchBytes,
    fewScratch,
    lean: [
      ...(inParts < scratchOf(1) ? [{ symbol: partsSymbol, scratchBytes: inParts, headers: partsHeaders }] : []),
      ...(channels % 4 === 0 ? [{ symbol: leanSymbol, scratchBytes: 0, headers: leanHeaders }] : []),
    ].map(({ headers, ...kernel }) => ({ ...kernel, headers: [...commonHeaders, ...headers] })),
    planarOutput: packedChannels === fields.out_channels ? { out_pixel: 0 } : undefined,
    headers: fullHeaders,
  });
}

const family: Family = {
  shift: 1,
  partsSymbol: 'tsr_conv_s8s8__dsp_parts',
  leanSymbol: 'tsr_conv_s8s8__dsp_lean',
};

const fineFamily: Family = {
  shift: 10,
  partsSymbol: 'tsr_conv_s8s8__dsp_fine_parts',
  leanSymbol: 'tsr_conv_s8s8__dsp_fine_lean',
};

/** Convolutions without groups, of any size: 0.8 to 1.2 instructions a multiply-accumulate on a Cortex-M4. */
export const convDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_conv_s8s8__dsp',
  smallSymbol: 'tsr_conv_s8s8__dsp_one',
  leanSymbols: [family.partsSymbol, family.leanSymbol],
  replaces: 'tsr_conv_s8s8__portable',
  adapt: (call) => adapt(call, family),
};

/** The same for layers whose outputs are coarse beside their sums. */
export const convFineDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_conv_s8s8__dsp_fine',
  smallSymbol: 'tsr_conv_s8s8__dsp_fine_one',
  leanSymbols: [fineFamily.partsSymbol, fineFamily.leanSymbol],
  replaces: 'tsr_conv_s8s8__portable',
  adapt: (call) => adapt(call, fineFamily),
};
