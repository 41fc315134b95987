import type { KernelCall } from '../../ops/define.ts';
import { arrayField, fitting, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { byteOf, type Depthwise, packedDepthwiseTypes, shiftOfOne, wordOf } from './depthwise.ts';

/** A tap, as row and column. */
type Tap = readonly [number, number];

/** The kernels that have a variant of their own, as runtime-c/depthwise/tsr_depthwise__dsp.h describes their weights. */
interface Strip {
  readonly kernel: 5 | 7;
  readonly stride: 1 | 2;
  /** Bytes: tsr_depthwise_5x5_scratch and so on of that file. */
  readonly scratchBytes: number;
  /** Output rows, and so mostly columns, from which on it is faster than the kernel of any size, which leaves padding out. */
  readonly leastRows: number;
  /** The taps of each word, in order; the last tap of all stands apart. */
  readonly words: readonly (readonly Tap[])[];
}

/** Two columns of two rows. */
const square = (row: number, column: number): readonly Tap[] => [
  [row, column],
  [row, column + 1],
  [row + 1, column],
  [row + 1, column + 1],
];

/** The last columns of rows 0 to 3: a row of each pair, then the other. */
const lastColumn = (column: number): readonly Tap[] => [0, 2, 1, 3].map((row): Tap => [row, column]);

const firstFour = (row: number): readonly Tap[] => [0, 1, 2, 3].map((column): Tap => [row, column]);

export const strip5: Strip = {
  kernel: 5,
  stride: 1,
  scratchBytes: 4 * (31 + 3 * 24),
  leastRows: 8,
  words: [...[0, 2].flatMap((row) => [square(row, 0), square(row, 2)]), lastColumn(4), firstFour(4)],
};

export const strip7: Strip = {
  kernel: 7,
  stride: 2,
  scratchBytes: 4 * (31 + 4 * 25),
  leastRows: 5,
  words: [
    ...[0, 2, 4].flatMap((row) => [square(row, 0), square(row, 2), square(row, 4)]),
    lastColumn(6),
    [
      [4, 6],
      [6, 4],
      [5, 6],
      [6, 5],
    ],
    firstFour(6),
  ],
};

/** The packed words, for a multiple of 4 channels. */
export function packStrip({ kernel, words }: Strip, { weights, bias, multipliers }: Depthwise): Int32Array {
  const channels = bias.length;
  const weight = ([row, column]: Tap, c: number): number => weights[(row * kernel + column) * channels + c] as number;
  const packed: number[] = [];
  for (let block = 0; block < channels; block += 4) {
    packed.push(wordOf([0, 1, 2, 3].map((i) => weight([kernel - 1, kernel - 1], block + i))));
    for (let c = block; c < block + 4; c += 1) {
      packed.push(bias[c] as number, multipliers[c] as number);
      packed.push(...words.map((taps) => wordOf(taps.map((tap) => weight(tap, c)))));
    }
  }
  return Int32Array.from(packed);
}

/** What `packStrip` packed. */
export function unpackStrip({ kernel, words }: Strip, packed: ArrayLike<number>): Depthwise {
  const channelWords = 2 + words.length;
  const channels = (packed.length / (4 * channelWords + 1)) * 4;
  const weights = new Int8Array(kernel * kernel * channels);
  const bias = new Int32Array(channels);
  const multipliers = new Int32Array(channels);
  for (let c = 0; c < channels; c += 1) {
    const block = Math.floor(c / 4) * (4 * channelWords + 1);
    const at = block + 1 + (c % 4) * channelWords;
    bias[c] = packed[at] as number;
    multipliers[c] = packed[at + 1] as number;
    words.forEach((taps, w) => {
      taps.forEach(([row, column], i) => {
        weights[(row * kernel + column) * channels + c] = byteOf(packed[at + 2 + w] as number, i);
      });
    });
    weights[(kernel * kernel - 1) * channels + c] = byteOf(packed[block] as number, c % 4);
  }
  return { weights, bias, multipliers };
}

function adapt(call: KernelCall, strip: Strip): VariantCall | string {
  const field = (name: string): number => numberField(call, name);
  const { kernel, stride } = strip;
  if (field('kernel_h') !== kernel || field('kernel_w') !== kernel) return `not a kernel of ${kernel} x ${kernel}`;
  if (field('stride_w') !== stride) return `not a stride of ${stride}`;
  if (field('dilation_w') !== 1) return 'a dilation';
  if (field('channels') % 4 !== 0) return 'channels that are no multiple of 4';
  if (field('pre_scale') !== 1) return 'a pre-scale';
  if (call.count < strip.leastRows) return `fewer than ${strip.leastRows} rows`;
  const shifted = shiftOfOne(call);
  if (typeof shifted === 'string') return shifted;
  const packed = {
    weights: arrayField(call, 'weights'),
    bias: arrayField(call, 'bias'),
    multipliers: shifted.multipliers,
  };
  return fitting(packedDepthwiseTypes, {
    struct: 'tsr_depthwise_packed_dsp',
    shape: 'tsr_depthwise_packed_dsp_shape',
    fields: {
      weights: { type: 'int32', values: packStrip(strip, packed) },
      pre_shift: 0,
      offset: shifted.offset,
      min: field('min'),
      max: field('max'),
      input_zero_point: field('input_zero_point'),
      channels: field('channels'),
      in_pixel: field('in_pixel'),
      out_pixel: field('out_pixel'),
    },
    scratchBytes: strip.scratchBytes,
    headers: [
      'depthwise/tsr_depthwise__dsp.h',
      'depthwise/tsr_depthwise__dsp_strip.h',
      'isa/tsr_dsp.h',
      'isa/tsr_dsp_strip.h',
    ],
  });
}

export const depthwise5x5Dsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_depthwise_s8s8__dsp_5x5',
  replaces: 'tsr_depthwise_s8s8__portable',
  adapt: (call) => adapt(call, strip5),
};

export const depthwise7x7Stride2Dsp: KernelVariant = {
  isa: 'dsp',
  symbol: 'tsr_depthwise_s8s8__dsp_7x7_stride2',
  replaces: 'tsr_depthwise_s8s8__portable',
  adapt: (call) => adapt(call, strip7),
};
