import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type FieldTypes, fitting, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { byShiftOne, mostPixel, mveHeaders } from './conv.ts';
import { biasesAndHalves, words } from './stream.ts';

/** Bytes of a vector; the most bytes of a window. */
const vector = 16;
const mostBytes = 2 * vector;

/** About as many bytes of columns are copied at a time. */
const mostColumnBytes = 896;

/** [out][kernel_h][kernel_w][in] -> [out][kernel_w][kernel_h][in]: the rows of a column lie together. */
export function columnsFirst(weights: ArrayLike<number>, height: number, width: number, channels: number): Int8Array {
  const packed = new Int8Array(weights.length);
  for (let i = 0; i < weights.length; i += 1) {
    const channel = i % channels;
    const column = Math.floor(i / channels) % width;
    const row = Math.floor(i / (channels * width)) % height;
    const out = Math.floor(i / (channels * width * height));
    packed[((out * width + column) * height + row) * channels + channel] = weights[i] as number;
  }
  return packed;
}

/** Columns that a vector copies: their places, `step` apart, are counted in bytes of 8 bits. */
export function columnsTogether(channels: number, step: number): number {
  return Math.min(Math.floor(vector / channels), Math.floor((256 - channels) / step) + 1);
}

/** The numbers of tsr_mve_narrow_shape in runtime-c/isa/tsr_mve_narrow.h. */
export const convMveNarrowTypes = {
  offset: 'int32',
  in_channels: 'uint16',
  out_channels: 'uint16',
  kernel_h: 'uint16',
  kernel_w: 'uint16',
  stride_w: 'uint16',
  in_pixel: 'uint16',
  out_pixel: 'uint16',
  window_columns: 'uint16',
  most: 'uint16',
  known: 'int16',
  window_bytes: 'uint8',
  column_bytes: 'uint8',
  together: 'uint8',
  direct: 'uint8',
  shift: 'uint8',
  min: 'int8',
  max: 'int8',
  input_zero_point: 'int8',
} as const satisfies FieldTypes;

/** The most bytes from pixel to pixel for the loops of known steps: places of eight pixels are counted in 16 bits. */
const mostApart = 8000;

/** The step from window to window that the kernel has loops for, of windows of so many bytes; -1: there are none. */
function knownStep(windowBytes: number, step: number): number {
  if (windowBytes === 27) return step === 9 || step === 18 ? step : -1;
  return [8, 16, 24, 32].includes(windowBytes) ? windowBytes : -1;
}

function adapt(call: KernelCall): VariantCall | string {
  const number = (name: string): number => numberField(call, name);
  if (number('groups') !== 1) return 'groups';
  if (number('pre_scale') !== 1) return 'a pre-scale';
  if (number('out_pixel') > mostPixel) return `pixels of more than ${mostPixel} bytes`;
  const inChannels = number('in_channels');
  const [height, width] = [number('kernel_h'), number('kernel_w')];
  const windowBytes = height * width * inChannels;
  if (windowBytes > mostBytes) return `windows of more than ${mostBytes} bytes`;
  if (width > 1 && number('dilation_w') !== 1) return 'dilation';
  if (number('out_channels') < (windowBytes > vector ? 2 : 4)) return 'few output channels';
  const joined = number('in_pixel') === inChannels;
  const direct = height === 1 && (width === 1 || joined);
  const columnBytes = height * inChannels;
  const copied = !(call.pointwise && direct);
  const columns = copied ? Math.max(Math.floor(mostColumnBytes / columnBytes), width) : 0;
  const { multipliers, offset, shift } = byShiftOne(call);
  const room = Math.floor(Math.max(columns - width, 0) / number('stride_w')) + 1;
  const names = ['min', 'max', 'input_zero_point', 'in_channels', 'out_channels'];
  const shape = ['kernel_h', 'kernel_w', 'stride_w', 'in_pixel', 'out_pixel'];
  return fitting(convMveNarrowTypes, {
    struct: 'tsr_conv_mve_narrow',
    shape: 'tsr_conv_mve_narrow_shape',
    fields: {
      weights: words(
        biasesAndHalves(arrayField(call, 'bias'), multipliers, number('out_channels')),
        columnsFirst(arrayField(call, 'weights'), height, width, inChannels),
      ),
      offset,
      shift,
      ...Object.fromEntries([...names, ...shape].map((name) => [name, number(name)])),
      window_bytes: windowBytes,
      column_bytes: columnBytes,
      window_columns: columns,
      known:
        shift === 1 && number('out_pixel') <= mostApart ? knownStep(windowBytes, number('stride_w') * columnBytes) : -1,
      together: joined && inChannels <= vector ? columnsTogether(inChannels, columnBytes) : 0,
      direct: direct ? 1 : 0,
      // Pixels are computed two by two.
      most: room > 1 ? Math.floor(room / 2) * 2 : room,
    },
    scratchBytes: copied ? 4 * Math.ceil((columns * columnBytes + vector) / 4) : 0,
    headers: [
      'conv/tsr_conv__mve_narrow.h',
      'isa/tsr_mve_narrow.h',
      'isa/tsr_mve_columns.h',
      'isa/tsr_mve_bytes.h',
      ...mveHeaders,
    ],
  });
}

/** Convolutions without groups, of windows of at most 32 bytes. */
export const convMveNarrow: KernelVariant = {
  isa: 'mve',
  symbol: 'tsr_conv_s8s8__mve_narrow',
  replaces: 'tsr_conv_s8s8__portable',
  adapt,
};
