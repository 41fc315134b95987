import type { KernelCall } from '../../ops/define.ts';
import { type CallShape, type Counter, fieldOf, type Tally } from './work-shapes.ts';

/** Bytes that a call goes through at a stretch, and how often: pixels that lie side by side are one stretch. */
function stretches(call: KernelCall, pixels: number, strides: readonly string[]): { count: number; bytes: number } {
  const channels = fieldOf(call, 'channels');
  const dense = strides.every((name) => fieldOf(call, name) === channels);
  return dense ? { count: 1, bytes: pixels * channels } : { count: pixels, bytes: channels };
}

/** Kernels for Arm DSP that go through their operands four bytes at a time; some limit what they have made. */
const countFours =
  (strides: readonly string[], limits: 'limited' | 'unlimited'): Counter =>
  (tally, call, shape) => {
    const { count, bytes } = stretches(call, shape.pixels, strides);
    tally('calls', 1);
    tally('stretches', count);
    tally('fours', count * (bytes >> 2));
    tally('rests', count * (bytes & 3));
    if (limits === 'unlimited' || (fieldOf(call, 'min') <= -128 && fieldOf(call, 'max') >= 127)) return;
    tally('clamps', count);
    tally('clamped', count * (bytes >> 2));
    tally('clamped rests', count * (bytes & 3));
  };

export const countBinaryDsp = countFours(['a_pixel', 'b_pixel', 'out_pixel'], 'limited');
export const countMinmaxDsp = countFours(['a_pixel', 'b_pixel', 'out_pixel'], 'unlimited');
export const countLookupDsp = countFours(['in_pixel', 'out_pixel'], 'unlimited');

/** With Helium, `lanes` bytes at a time. */
const countLanes =
  (lanes: number, strides: readonly string[]): Counter =>
  (tally, call, shape) => {
    const { count, bytes } = stretches(call, shape.pixels, strides);
    tally('calls', 1);
    tally('stretches', count);
    tally('vectors', count * Math.floor(bytes / lanes));
    tally('rests', bytes % lanes > 0 ? count : 0);
  };

export const countBinaryMve = countLanes(4, ['a_pixel', 'b_pixel', 'out_pixel']);
export const countLookupMve = countLanes(16, ['in_pixel', 'out_pixel']);

/** Taps of a pixel's window that are in the input, for each output pixel. */
function pixelTaps(call: KernelCall, { pixels, first, width }: CallShape): readonly number[] {
  const [stride, dilation] = [fieldOf(call, 'stride_w'), Math.max(1, fieldOf(call, 'dilation_w'))];
  return Array.from({ length: pixels }, (_, x) => {
    const column = first + x * stride;
    const from = column >= 0 ? 0 : Math.ceil(-column / dilation);
    const behind = Math.floor((width - 1 - column) / dilation) + 1;
    return Math.max(0, Math.min(behind, fieldOf(call, 'kernel_w')) - from);
  });
}

/** What kernels with a window do that take so many blocks of channels. */
function tallyWindows(tally: Tally, call: KernelCall, shape: CallShape, blocks: number): void {
  const height = shape.rows + shape.above + shape.below;
  tally('calls', 1);
  tally('pointers', height);
  tally('pixels', shape.pixels);
  tally('columns', shape.pixels * fieldOf(call, 'kernel_w'));
  tally('blocks', shape.pixels * blocks);
  for (const taps of pixelTaps(call, shape)) {
    tally('rows', blocks * shape.rows);
    tally('taps', blocks * shape.rows * taps);
  }
}

const hasTable = ({ fields: { table } }: KernelCall): boolean => table !== null && table !== undefined;

/** Windows, `lanes` channels at a time and what is left one by one. */
const countPool =
  (lanes: number): Counter =>
  (tally, call, shape) => {
    const channels = fieldOf(call, 'channels');
    const blocks = Math.floor(channels / lanes);
    const rest = channels % lanes;
    const height = shape.rows + shape.above + shape.below;
    tallyWindows(tally, call, shape, blocks);
    tally('rest channels', shape.pixels * rest);
    tally('block columns', shape.pixels * blocks * height * fieldOf(call, 'kernel_w'));
    for (const taps of pixelTaps(call, shape)) tally('rest taps', rest * shape.rows * taps);
    if (hasTable(call)) tally('looked up', shape.pixels * channels);
  };

export const countPoolDsp = countPool(4);
export const countPoolPortable = countPool(8);

/** Windows with Helium: so many channels at a time, the last not always full. */
const countPoolMve =
  (lanes: number): Counter =>
  (tally, call, shape) => {
    const blocks = Math.ceil(fieldOf(call, 'channels') / lanes);
    tallyWindows(tally, call, shape, blocks);
    tally('padding rows', shape.pixels * blocks * (shape.above + shape.below));
    if (hasTable(call)) tally('looked up', shape.pixels * blocks);
  };

export const countMaxPoolMve = countPoolMve(16);
export const countAveragePoolMve = countPoolMve(8);

/** Means; `lanes` channels at a time. */
const countMean =
  (lanes: number): Counter =>
  (tally, call, shape) => {
    const joined = fieldOf(call, 'columns') > 1;
    const outputs = joined ? 1 : shape.width;
    const pixels = joined ? shape.width * fieldOf(call, 'pixels') : fieldOf(call, 'pixels');
    const channels = fieldOf(call, 'channels');
    const blocks = Math.ceil(channels / lanes);
    const rows = Math.max(1, fieldOf(call, 'rows'));
    tally('calls', 1);
    tally('outputs', outputs);
    if (pixels === 1) tally('single blocks', outputs * blocks);
    else {
      tally('pixels', outputs * pixels);
      tally('blocks', outputs * blocks);
      tally('block pixels', outputs * blocks * pixels);
    }
    // The first call of an output sets its sums, the last rounds them: of so many pixels and rows.
    const parts = joined ? fieldOf(call, 'columns') / shape.width : 1;
    tally('finals', (outputs * channels) / (rows * parts));
    tally('final blocks', (outputs * blocks) / (rows * parts));
  };

export const countMeanOfFour = countMean(4);
export const countMeanPortable = countMean(1);

/** Means with Helium: eight channels at a time, then what is left by fours. */
export const countMeanMve: Counter = (tally, call, shape) => {
  const joined = fieldOf(call, 'columns') > 1;
  const outputs = joined ? 1 : shape.width;
  const pixels = joined ? shape.width * fieldOf(call, 'pixels') : fieldOf(call, 'pixels');
  const channels = fieldOf(call, 'channels');
  const [eights, fours] = [Math.floor(channels / 8), Math.ceil((channels % 8) / 4)];
  const parts = Math.max(1, fieldOf(call, 'rows')) * (joined ? fieldOf(call, 'columns') / shape.width : 1);
  tally('calls', 1);
  tally('outputs', outputs);
  tally('eights', outputs * eights);
  tally('eight pixels', outputs * eights * pixels);
  tally('fours', outputs * fours);
  tally('four pixels', outputs * fours * pixels);
  // The last call of an output rounds its sums: of so many rows and parts of them.
  tally('final eights', (outputs * eights) / parts);
  tally('final fours', (outputs * fours) / parts);
};

export const countSoftmax: Counter = (tally, call, shape) => {
  tally('calls', 1);
  tally('pixels', shape.pixels);
  tally('outputs', shape.pixels * fieldOf(call, 'channels'));
};

/** With Helium: the largest value 16 channels at a time, the rest by fours. */
export const countSoftmaxMve: Counter = (tally, call, shape) => {
  const channels = fieldOf(call, 'channels');
  tally('calls', 1);
  tally('pixels', shape.pixels);
  tally('sixteens', shape.pixels * Math.ceil(channels / 16));
  tally('fours', shape.pixels * Math.ceil(channels / 4));
};
