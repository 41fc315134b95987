import { type ConstantArray, type KernelCall, sameAxis } from './define.ts';

/** Which axis of a channels-last shape is which in its row view (`rowShape`); -1 where the view adds an axis of one. */
export interface RowAxes {
  readonly row: number;
  readonly column: number;
  readonly channel: number;
}

export function rowAxes(rank: number): RowAxes {
  if (rank >= 4) return { row: rank - 3, column: rank - 2, channel: rank - 1 };
  return { row: rank - 2, column: -1, channel: rank - 1 };
}

/** What the row copy kernel moves of each pixel. Bytes, as elements are int8. */
export interface RowCopy {
  readonly table: ConstantArray | null;
  /** Channels to copy: `channelStride` apart, from `inputOffset` on. */
  readonly channels: number;
  readonly channelStride: number;
  readonly inputOffset: number;
  /** Input pixels from one output pixel to the next. */
  readonly columnStride: number;
  readonly inputPixel: number;
  readonly outputPixel: number;
}

/** The kernel of a copy by rows; the caller adds which rows. */
export function rowCopyKernel(
  copy: RowCopy,
): Pick<KernelCall, 'symbol' | 'folder' | 'struct' | 'fields' | 'steps' | 'scratchBytes'> {
  return {
    symbol: 'tsr_copy_s8__portable',
    folder: 'copy',
    struct: 'tsr_copy',
    fields: {
      table: copy.table,
      channels: copy.channels,
      channel_stride: copy.channelStride,
      input_offset: copy.inputOffset,
      stride_w: copy.columnStride,
      in_pixel: copy.inputPixel,
      out_pixel: copy.outputPixel,
    },
    steps: 'rows',
    scratchBytes: 0,
  };
}

/** Blocks that lie one behind the other in the input, and `outputStride` bytes apart in the output. */
export interface BlockCopy {
  readonly table: ConstantArray | null;
  readonly blocks: number;
  readonly bytes: number;
  readonly outputStride: number;
  readonly outputOffset: number;
}

/** A call that copies all of a node's input `input` into its output, at once. */
export function blockCopyCall(input: number, copy: BlockCopy): KernelCall {
  return {
    symbol: 'tsr_blocks_s8__portable',
    folder: 'blocks',
    struct: 'tsr_blocks',
    fields: {
      table: copy.table,
      blocks: copy.blocks,
      bytes: copy.bytes,
      output_stride: copy.outputStride,
      output_offset: copy.outputOffset,
    },
    inputs: [{ input, rows: 'whole', columns: sameAxis }],
    steps: 'once',
    count: 1,
    firstRow: 0,
    outputOffset: 0,
    pointwise: false,
    scratchBytes: 0,
  };
}
