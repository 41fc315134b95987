import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type FieldTypes, fitting, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { byShiftOne, mostPixel, mveHeaders } from './conv.ts';
import { columnsFirst, columnsTogether } from './conv-narrow.ts';
import { biasesAndHalves, words } from './stream.ts';

/** Bytes of a vector. */
const vector = 16;

/** The most bytes of a column, and about as many of columns are copied at a time. */
const mostColumn = 64;
const mostColumnBytes = 768;

/** The numbers of tsr_conv_mve_columns_shape in runtime-c/conv/tsr_conv__mve_columns.h. */
export const convMveColumnsTypes = {
  offset: 'int32',
  in_channels: 'uint16',
  out_channels: 'uint16',
  kernel_h: 'uint16',
  kernel_w: 'uint16',
  stride_w: 'uint16',
  in_pixel: 'uint16',
  out_pixel: 'uint16',
  window_bytes: 'uint16',
  window_columns: 'uint16',
  together: 'uint8',
  shift: 'uint8',
  min: 'int8',
  max: 'int8',
  input_zero_point: 'int8',
} as const satisfies FieldTypes;

function adapt(call: KernelCall): VariantCall | string {
  const number = (name: string): number => numberField(call, name);
  if (number('groups') !== 1) return 'groups';
  if (number('pre_scale') !== 1) return 'a pre-scale';
  if (number('dilation_w') !== 1) return 'dilation';
  if (number('out_channels') % 4 !== 0) return 'output channels are no multiple of 4';
  if (number('out_pixel') > mostPixel) return `pixels of more than ${mostPixel} bytes`;
  const [height, width] = [number('kernel_h'), number('kernel_w')];
  const inChannels = number('in_channels');
  const columnBytes = height * inChannels;
  if (width === 1) return 'one column';
  if (columnBytes > mostColumn) return `columns of more than ${mostColumn} bytes`;
  if (columnBytes * width <= vector) return `windows of at most ${vector} bytes`;
  const joined = number('in_pixel') === inChannels;
  if (joined && (inChannels * width) % vector === 0 && number('stride_w') > 1) {
    return 'windows of whole vectors that overlap little: they are read where they lie';
  }
  // Three pixels at least.
  const columns = Math.max(Math.floor(mostColumnBytes / columnBytes), width + 2 * number('stride_w'));
  const { multipliers, offset, shift } = byShiftOne(call);
  const names = ['min', 'max', 'input_zero_point', 'in_channels', 'out_channels'];
  const shape = ['kernel_h', 'kernel_w', 'stride_w', 'in_pixel', 'out_pixel'];
  return fitting(convMveColumnsTypes, {
    struct: 'tsr_conv_mve_columns',
    shape: 'tsr_conv_mve_columns_shape',
    fields: {
      weights: words(
        biasesAndHalves(arrayField(call, 'bias'), multipliers, 4),
        columnsFirst(arrayField(call, 'weights'), height, width, inChannels),
      ),
      offset,
      shift,
      ...Object.fromEntries([...names, ...shape].map((name) => [name, number(name)])),
      window_bytes: columnBytes * width,
      window_columns: columns,
      together: joined && inChannels <= vector ? columnsTogether(inChannels, columnBytes) : 0,
    },
    scratchBytes: 4 * Math.ceil((columns * columnBytes + vector) / 4),
    headers: [
      'conv/tsr_conv__mve_columns.h',
      'isa/tsr_mve_columns.h',
      'isa/tsr_mve_known.h',
      'isa/tsr_mve_tile.h',
      'isa/tsr_mve_bytes.h',
      ...mveHeaders,
    ],
  });
}

/** Convolutions without groups, of small columns. */
export const convMveColumns: KernelVariant = {
  isa: 'mve',
  symbol: 'tsr_conv_s8s8__mve_columns',
  replaces: 'tsr_conv_s8s8__portable',
  adapt,
};
