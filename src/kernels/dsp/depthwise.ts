import type { FewScratch, KernelCall } from '../../ops/define.ts';
import { arrayField, type FieldTypes, fitting, type KernelVariant, numberField, type VariantCall } from '../define.ts';

/** The most pixels of a call that are computed by twos: tsr_depthwise_3x3_narrow of runtime-c/depthwise/tsr_depthwise__dsp.h. */
const narrow3x3 = 7;

/** The same of stride 2: tsr_depthwise_3x3_stride2_narrow. */
const narrowStride2 = 6;

/** Outputs of a row that share a scratch, with stride 2 half as many: tsr_depthwise_3x3_outputs of that file. */
const outputs3x3 = 24;

/** Bytes of scratch for outputs that begin at so many pairs of columns: tsr_depthwise_3x3_scratch of that file for the most. */
const scratch3x3 = (pairs: number): number => 32 * (pairs + 1);

/** The scratch of calls of few pixels: none where they are computed without. */
function fewScratch3x3(stride: 1 | 2, narrow: number): readonly FewScratch[] {
  const few = narrow > 0 ? [{ pixels: narrow, bytes: 0 }] : [];
  for (let pixels = narrow + 1; pixels < outputs3x3 / stride; pixels += 1) {
    few.push({ pixels, bytes: scratch3x3(Math.ceil((pixels * stride) / 2)) });
  }
  return few;
}

/**
 * Multipliers and offset for a shift of 1 that give the same outputs; a text where there are none. Since the rounding of
 * y = (high(sum * M) + offset) >> n is exact, M and n may lose as many factors of two as every M has.
 */
export function shiftOfOne(call: KernelCall): { readonly multipliers: Int32Array; readonly offset: number } | string {
  const factor = 2 ** (numberField(call, 'shift') - 1);
  const multipliers = Int32Array.from(arrayField(call, 'multipliers'), (multiplier) => multiplier / factor);
  if (multipliers.some((multiplier, c) => multiplier * factor !== arrayField(call, 'multipliers')[c])) {
    return 'a shift of 10 or more';
  }
  // zp * 2^n + 2^(n-1) over 2^(n-1).
  return { multipliers, offset: numberField(call, 'offset') / factor };
}

/** The taps, 3 * row + column, in the order in which two words hold them; the ninth, 8, stands apart. */
const order3x3 = [0, 2, 3, 5, 1, 6, 4, 7] as const;

/** What is packed: weights [taps][channels], and for each channel a bias and a multiplier. */
export interface Depthwise {
  readonly weights: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  readonly multipliers: ArrayLike<number>;
}

/** Four bytes as a word, the first lowest. */
export const wordOf = (bytes: readonly number[]): number =>
  bytes.reduce((word, byte, i) => word | ((byte & 255) << (8 * i)), 0);

/** Byte `index` of a word. */
export const byteOf = (word: number, index: number): number => (word << (24 - 8 * index)) >> 24;

/** The words that runtime-c/depthwise/tsr_depthwise__dsp.h describes, for a multiple of 4 channels. */
export function pack3x3({ weights, bias, multipliers }: Depthwise): Int32Array {
  const channels = bias.length;
  const tap = (t: number, c: number): number => weights[t * channels + c] as number;
  const words: number[] = [];
  for (let block = 0; block < channels; block += 4) {
    words.push(wordOf([0, 1, 2, 3].map((c) => tap(8, block + c))));
    for (let c = block; c < block + 4; c += 1) {
      const bytes = order3x3.map((t) => tap(t, c));
      words.push(bias[c] as number, wordOf(bytes.slice(0, 4)), wordOf(bytes.slice(4)), multipliers[c] as number);
    }
  }
  return Int32Array.from(words);
}

/** What `pack3x3` packed. */
export function unpack3x3(words: ArrayLike<number>): Depthwise {
  const channels = (words.length / 17) * 4;
  const weights = new Int8Array(9 * channels);
  const bias = new Int32Array(channels);
  const multipliers = new Int32Array(channels);
  for (let c = 0; c < channels; c += 1) {
    const block = Math.floor(c / 4) * 17;
    const at = block + 1 + (c % 4) * 4;
    weights[8 * channels + c] = byteOf(words[block] as number, c % 4);
    order3x3.forEach((t, i) => {
      weights[t * channels + c] = byteOf(words[at + 1 + (i >> 2)] as number, i % 4);
    });
    bias[c] = words[at] as number;
    multipliers[c] = words[at + 3] as number;
  }
  return { weights, bias, multipliers };
}

/** The numbers of tsr_depthwise_packed_dsp_shape in runtime-c/depthwise/tsr_depthwise__dsp.h. */
export const packedDepthwiseTypes = {
  offset: 'int16',
  channels: 'uint16',
  in_pixel: 'uint16',
  out_pixel: 'uint16',
  pre_shift: 'uint8',
  min: 'int8',
  max: 'int8',
  input_zero_point: 'int8',
} as const satisfies FieldTypes;

/** The kernels for channel-planar rows, by stride. */
const planarSymbols = {
  1: 'tsr_depthwise_s8s8__dsp_3x3_planar',
  2: 'tsr_depthwise_s8s8__dsp_3x3_stride2_planar',
} as const;

function adapt3x3(call: KernelCall, stride: 1 | 2, scaled: 'scaled' | 'unscaled'): VariantCall | string {
  const field = (name: string): number => numberField(call, name);
  if (field('kernel_h') !== 3 || field('kernel_w') !== 3) return 'not a kernel of 3 x 3';
  if (field('stride_w') !== stride) return `not a stride of ${stride}`;
  if (field('dilation_w') !== 1) return 'a dilation';
  if (field('channels') % 4 !== 0) return 'channels that are no multiple of 4';
  const preScale = field('pre_scale');
  if (scaled === 'unscaled' && preScale !== 1) return 'a pre-scale';
  // Weights times the scale must fit 16 bits.
  if (scaled === 'scaled' && (preScale === 1 || preScale > 128)) return `a pre-scale of ${preScale}`;
  const shifted = shiftOfOne(call);
  if (typeof shifted === 'string') return shifted;
  const bias = Int32Array.from(arrayField(call, 'bias'), (b) => b * preScale);
  const packed = { weights: arrayField(call, 'weights'), bias, multipliers: shifted.multipliers };
  return fitting(packedDepthwiseTypes, {
    struct: 'tsr_depthwise_packed_dsp',
    shape: 'tsr_depthwise_packed_dsp_shape',
    fields: {
      weights: { type: 'int32', values: pack3x3(packed) },
      pre_shift: Math.log2(preScale),
      offset: shifted.offset,
      min: field('min'),
      max: field('max'),
      input_zero_point: field('input_zero_point'),
      channels: field('channels'),
      in_pixel: field('in_pixel'),
      out_pixel: field('out_pixel'),
    },
    scratchBytes: scratch3x3(outputs3x3 / 2),
    fewScratch: fewScratch3x3(stride, scaled === 'scaled' ? 0 : stride === 1 ? narrow3x3 : narrowStride2),
    planarInput:
      scaled === 'scaled'
        ? undefined
        : {
            symbol: planarSymbols[stride],
            scratchBytes: 0,
            headers: [
              'depthwise/tsr_depthwise__dsp.h',
              'depthwise/tsr_depthwise__dsp_planar.h',
              'isa/tsr_dsp.h',
              'isa/tsr_dsp_planar.h',
              'isa/tsr_dsp_planar_narrow.h',
            ],
          },
    headers: [
      'depthwise/tsr_depthwise__dsp.h',
      'depthwise/tsr_depthwise__dsp_3x3.h',
      'depthwise/tsr_depthwise__dsp_pixel.h',
      'isa/tsr_dsp.h',
      'isa/tsr_dsp_columns.h',
      'isa/tsr_dsp_pixels.h',
    ],
  });
}

const replaces = 'tsr_depthwise_s8s8__portable';

/** 3 x 3 with stride 1 and 2: 2.0 and 2.9 instructions a multiply-accumulate on a Cortex-M4, in rows of 24. */
export const depthwise3x3Dsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_depthwise_s8s8__dsp_3x3',
  smallSymbol: 'tsr_depthwise_s8s8__dsp_3x3_narrow',
  smallMost: narrow3x3,
  rowsSymbol: 'tsr_depthwise_s8s8__dsp_3x3_rows',
  rowsLeast: narrow3x3 + 1,
  planarSymbol: planarSymbols[1],
  replaces,
  adapt: (call) => adapt3x3(call, 1, 'unscaled'),
};

export const depthwise3x3ScaledDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_depthwise_s8s8__dsp_3x3_scaled',
  replaces,
  adapt: (call) => adapt3x3(call, 1, 'scaled'),
};

export const depthwise3x3Stride2Dsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_depthwise_s8s8__dsp_3x3_stride2',
  planarSymbol: planarSymbols[2],
  replaces,
  adapt: (call) => adapt3x3(call, 2, 'unscaled'),
};

/** Most rows of a kernel: tsr_depthwise_dsp_rows of runtime-c/depthwise/tsr_depthwise__dsp.h. */
const mostRows = 16;

/** The words that runtime-c/depthwise/tsr_depthwise__dsp.h describes for a kernel of any size; the biases without the zero point. */
export function packTaps({ weights, bias, multipliers }: Depthwise): Int32Array {
  const channels = bias.length;
  const taps = weights.length / channels;
  const weight = (t: number, c: number): number => weights[t * channels + c] as number;
  const words: number[] = [];
  const quads = channels - (channels % 4);
  const four = [0, 1, 2, 3] as const;
  for (let c = 0; c < quads; c += 4) {
    words.push(...four.map((i) => bias[c + i] as number));
    for (let t = 0; t < taps; t += 1) words.push(wordOf(four.map((i) => weight(t, c + i))));
    words.push(...four.map((i) => multipliers[c + i] as number));
  }
  const bytes: number[] = [];
  for (let c = quads; c < channels; c += 1) {
    words.push(bias[c] as number);
    for (let t = 0; t < taps; t += 1) bytes.push(weight(t, c));
  }
  for (let c = quads; c < channels; c += 1) words.push(multipliers[c] as number);
  for (let i = 0; i < bytes.length; i += 4) words.push(wordOf(bytes.slice(i, i + 4)));
  return Int32Array.from(words);
}

/** What `packTaps` packed, for so many channels and taps. */
export function unpackTaps(words: ArrayLike<number>, channels: number, taps: number): Depthwise {
  const weights = new Int8Array(taps * channels);
  const bias = new Int32Array(channels);
  const multipliers = new Int32Array(channels);
  const quads = channels - (channels % 4);
  for (let c = 0; c < channels; c += 1) {
    const inQuad = c < quads;
    const width = inQuad ? 4 : channels - quads;
    const start = (inQuad ? c - (c % 4) : quads) * (taps / 4 + 2);
    const lane = inQuad ? c % 4 : c - quads;
    bias[c] = words[start + lane] as number;
    multipliers[c] = words[start + lane + (inQuad ? 4 + taps : width)] as number;
    for (let t = 0; t < taps; t += 1) {
      const byte = inQuad ? 4 * (4 + t) + lane : 8 * width + lane * taps + t;
      weights[t * channels + c] = byteOf(words[start + (byte >> 2)] as number, byte % 4);
    }
  }
  return { weights, bias, multipliers };
}

/** The numbers of tsr_depthwise_dsp_shape in runtime-c/depthwise/tsr_depthwise__dsp.h. */
export const depthwiseTypes = {
  offset: 'int32',
  channels: 'uint16',
  kernel_h: 'uint16',
  kernel_w: 'uint16',
  stride_w: 'uint16',
  dilation_w: 'uint16',
  in_pixel: 'uint16',
  out_pixel: 'uint16',
  pre_shift: 'uint8',
  shift: 'uint8',
  min: 'int8',
  max: 'int8',
  input_zero_point: 'int8',
} as const satisfies FieldTypes;

function adaptAny(call: KernelCall): VariantCall | string {
  const field = (name: string): number => numberField(call, name);
  const channels = field('channels');
  const zeroPoint = field('input_zero_point');
  const weights = arrayField(call, 'weights');
  const folded = arrayField(call, 'bias');
  if (field('kernel_h') > mostRows) return `a kernel of more than ${mostRows} rows`;
  const bias = Int32Array.from(folded);
  for (let c = 0; c < channels; c += 1) {
    let sum = folded[c] as number;
    for (let at = c; at < weights.length; at += channels) sum += zeroPoint * (weights[at] as number);
    if (Math.abs(sum) >= 2 ** 31) return 'biases of 2^31 and more';
    bias[c] = sum;
  }
  const packed = { weights, bias, multipliers: arrayField(call, 'multipliers') };
  return fitting(depthwiseTypes, {
    struct: 'tsr_depthwise_dsp',
    shape: 'tsr_depthwise_dsp_shape',
    fields: {
      weights: { type: 'int32', values: packTaps(packed) },
      pre_shift: Math.log2(field('pre_scale')),
      offset: field('offset'),
      shift: field('shift'),
      min: field('min'),
      max: field('max'),
      input_zero_point: zeroPoint,
      channels,
      kernel_h: field('kernel_h'),
      kernel_w: field('kernel_w'),
      stride_w: field('stride_w'),
      dilation_w: field('dilation_w'),
      in_pixel: field('in_pixel'),
      out_pixel: field('out_pixel'),
    },
    scratchBytes: 0,
    headers: ['depthwise/tsr_depthwise__dsp.h', 'isa/tsr_dsp.h', 'isa/tsr_dsp_taps.h'],
  });
}

/** Any size, stride and dilation: some 5 instructions a multiply-accumulate that is not padding. */
export const depthwiseDsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_depthwise_s8s8__dsp',
  replaces,
  adapt: adaptAny,
};
