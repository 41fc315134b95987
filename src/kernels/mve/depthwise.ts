import type { KernelCall, TwoRowsForm } from '../../ops/define.ts';
import { arrayField, type FieldTypes, fitting, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { byShiftOne, mostPixel, mveHeaders } from './conv.ts';
import { biasesAndHalves, words } from './stream.ts';

/** The most columns that are turned together, and the bytes of one. */
const mostColumns = 50;
const columnBytes = 64;

/** The most that pixels may lie apart: columns between are turned, too. */
const mostStride = 20;

/** Bytes of a vector; steps from column to column that the kernel has loops for, its kinds 1 to 3. */
const vector = 16;
const knownSteps: readonly number[] = [16, 32, 64];

/** From the columns of a pixel to those of the next, as far as the kernel has loops for it. */
const knownDistances: readonly number[] = [32, 64, 128];

/** Calls of so many pixels are given no more scratch than they need. */
const fewPixels: readonly number[] = [1, 2, 4, 6, 8, 12, 16, 24];

/** [kernel_h][kernel_w][channels] -> [channels][kernel_w][kernel_h]: a column's taps of a channel lie together. */
export function channelsFirst(weights: ArrayLike<number>, height: number, width: number): Int8Array {
  const channels = weights.length / (height * width);
  const packed = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i += 1) {
    const channel = i % channels;
    const tap = Math.floor(i / channels);
    const column = tap % width;
    const row = Math.floor(tap / width);
    packed[(channel * width + column) * height + row] = weights[i] as number;
  }
  return packed;
}

/** The numbers of tsr_depthwise_mve_3x3_shape in runtime-c/depthwise/tsr_depthwise__mve.h. */
export const depthwiseMve3x3Types = {
  offset: 'int16',
  channels: 'uint16',
  in_pixel: 'uint16',
  out_pixel: 'uint16',
  step: 'uint16',
  further: 'uint16',
  stride_w: 'uint8',
  column: 'uint8',
  most: 'uint8',
  known: 'uint8',
  kind: 'uint8',
  part: 'uint8',
  limited: 'uint8',
  pairs: 'uint8',
  min: 'int8',
  max: 'int8',
  input_zero_point: 'int8',
} as const satisfies FieldTypes;

function adapt3x3(call: KernelCall): VariantCall | string {
  const number = (name: string): number => numberField(call, name);
  if (number('kernel_h') !== 3 || number('kernel_w') !== 3) return 'not 3 x 3';
  if (number('dilation_w') !== 1) return 'dilation';
  if (number('pre_scale') !== 1) return 'a pre-scale';
  if (number('channels') % 4 !== 0) return 'channels are no multiple of 4';
  if (8 * number('out_pixel') > mostPixel) return `pixels of more than ${mostPixel >> 3} bytes`;
  const stride = number('stride_w');
  if (stride > mostStride) return 'a stride beyond the columns that are turned together';
  const scale = byShiftOne(call);
  if (scale.shift !== 1) return 'a shift of more than 8';
  const eight = number('channels') === 8 && number('in_pixel') === 8;
  const column = eight ? columnBytes / 2 : columnBytes;
  const step = number('in_pixel') * (eight ? 2 : 1);
  const part = eight ? vector : number('channels') % vector || vector;
  const columns = eight ? 2 * mostColumns : mostColumns;
  const most = Math.floor((Math.floor((columns - 3) / stride) + 1) / 2) * 2;
  // A vector of four columns reaches one beyond the three of a window.
  const scratchOf = (pixels: number): number => ((pixels - 1) * stride + 3) * column + columnBytes;
  const names = ['min', 'max', 'input_zero_point', 'channels', 'stride_w', 'in_pixel', 'out_pixel'];
  return fitting(depthwiseMve3x3Types, {
    struct: 'tsr_depthwise_mve_3x3',
    shape: 'tsr_depthwise_mve_3x3_shape',
    fields: {
      weights: words(
        biasesAndHalves(arrayField(call, 'bias'), scale.multipliers, 4),
        channelsFirst(arrayField(call, 'weights'), 3, 3),
      ),
      offset: scale.offset - 1,
      ...Object.fromEntries(names.map((name) => [name, number(name)])),
      column,
      most,
      further: column * stride,
      known: knownDistances.indexOf(column * stride) + 1,
      step,
      kind: part === vector ? knownSteps.indexOf(step) + 1 : 0,
      part,
      limited: number('max') - number('min') < 255 ? 1 : 0,
      pairs: 0,
    },
    scratchBytes: scratchOf(most),
    fewScratch: fewPixels.filter((pixels) => pixels < most).map((pixels) => ({ pixels, bytes: scratchOf(pixels) })),
    twoRows: stride === 1 ? twoRowsOf(number('out_pixel'), number('channels') <= vector ? most : 0) : undefined,
    headers: headers3x3,
  });
}

const headers3x3 = ['depthwise/tsr_depthwise__mve.h', 'isa/tsr_mve_window.h', 'isa/tsr_mve_bytes.h', ...mveHeaders];

/** Two rows a call: from a pixel of the first row to one of the second 16 bits must do, three pixels further on, too. */
function twoRowsOf(pixel: number, readsFirst: number): TwoRowsForm {
  return {
    symbol: 'tsr_depthwise_s8s8__mve_3x3_two',
    headers: ['depthwise/tsr_depthwise__mve_two.h', 'isa/tsr_mve_two_rows.h', ...headers3x3],
    leastPixels: 4,
    mostRowBytes: 2 ** 16 - 1 - 3 * pixel,
    mostRows: 16,
    pairsField: 'pairs',
    readsFirst,
  };
}

/** Depthwise 3 x 3. */
export const depthwiseMve3x3: KernelVariant = {
  isa: 'mve',
  symbol: 'tsr_depthwise_s8s8__mve_3x3',
  twoRowsSymbol: 'tsr_depthwise_s8s8__mve_3x3_two',
  replaces: 'tsr_depthwise_s8s8__portable',
  adapt: adapt3x3,
};

/** Channels of a block of the general kernel; the most taps that it takes. */
const blockChannels = 16;
const mostTaps = 49;

/** [taps][channels] -> for each block of channels [taps][channels of the block]. */
export function blocked(weights: ArrayLike<number>, taps: number): Int8Array {
  const channels = weights.length / taps;
  const packed: number[] = [];
  for (let from = 0; from < channels; from += blockChannels) {
    for (let tap = 0; tap < taps; tap += 1) {
      for (let c = from; c < Math.min(from + blockChannels, channels); c += 1) {
        packed.push(weights[tap * channels + c] as number);
      }
    }
  }
  return Int8Array.from(packed);
}

/** Biases and halved multipliers in the order in which sums of even and odd lanes come: by the offset within four. */
export function blockedStream(bias: ArrayLike<number>, multipliers: ArrayLike<number>): Int32Array {
  const stream: number[] = [];
  for (let from = 0; from < bias.length; from += blockChannels) {
    const end = Math.min(from + blockChannels, bias.length);
    for (const offset of [0, 2, 1, 3]) {
      const channels: number[] = [];
      for (let c = from + offset; c < end; c += 4) channels.push(c);
      stream.push(...channels.map((c) => bias[c] as number), ...channels.map((c) => (multipliers[c] as number) / 2));
    }
  }
  return Int32Array.from(stream);
}

/** Whether two neighbouring taps of some channel could leave 16 bits together: -128 * -128 twice alone does. */
function overflows(weights: ArrayLike<number>, taps: number): boolean {
  const channels = weights.length / taps;
  for (let tap = 0; tap + 1 < taps; tap += 2) {
    for (let c = 0; c < channels; c += 1) {
      if (weights[tap * channels + c] === -128 && weights[(tap + 1) * channels + c] === -128) return true;
    }
  }
  return false;
}

/** The numbers of tsr_depthwise_mve_shape in runtime-c/depthwise/tsr_depthwise__mve.h. */
export const depthwiseMveTypes = {
  offset: 'int32',
  channels: 'uint16',
  stride_w: 'uint16',
  dilation_w: 'uint16',
  in_pixel: 'uint16',
  out_pixel: 'uint16',
  kernel_h: 'uint8',
  kernel_w: 'uint8',
  shift: 'uint8',
  min: 'int8',
  max: 'int8',
  input_zero_point: 'int8',
} as const satisfies FieldTypes;

function adapt(call: KernelCall): VariantCall | string {
  const number = (name: string): number => numberField(call, name);
  const taps = number('kernel_h') * number('kernel_w');
  const weights = arrayField(call, 'weights');
  if (taps > mostTaps) return `more than ${mostTaps} taps`;
  if (number('pre_scale') !== 1) return 'a pre-scale';
  if (overflows(weights, taps)) return 'two neighbouring weights of -128';
  const { weights: _, bias: __, multipliers: ___, pre_scale: ____, ...fields } = call.fields;
  return fitting(depthwiseMveTypes, {
    struct: 'tsr_depthwise_mve',
    shape: 'tsr_depthwise_mve_shape',
    fields: {
      weights: words(blockedStream(arrayField(call, 'bias'), arrayField(call, 'multipliers')), blocked(weights, taps)),
      ...fields,
    },
    scratchBytes: 4 * Math.ceil(number('channels') / 4),
    headers: ['depthwise/tsr_depthwise__mve.h', 'isa/tsr_mve_window.h', 'isa/tsr_mve_bytes.h', ...mveHeaders],
  });
}

/** Depthwise convolutions with any window. */
export const depthwiseMve: KernelVariant = {
  isa: 'mve',
  symbol: 'tsr_depthwise_s8s8__mve',
  replaces: 'tsr_depthwise_s8s8__portable',
  adapt,
};
