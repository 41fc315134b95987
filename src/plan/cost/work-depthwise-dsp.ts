import type { KernelCall } from '../../ops/define.ts';
import { type CallShape, type Counter, fieldOf, type Tally } from './work-shapes.ts';

/** Columns of a run of outputs that are padding before the input, in it, and behind it. */
function columnsOf(first: number, count: number, width: number): { before: number; inside: number } {
  const before = Math.min(Math.max(-first, 0), count);
  return { before, inside: Math.max(Math.min(width - first, count), before) - before };
}

const isClamped = (call: KernelCall): boolean => fieldOf(call, 'min') > -128 || fieldOf(call, 'max') < 127;

/** Outputs that are limited one pixel after the other. */
function countClamp(tally: Tally, call: KernelCall, pixels: number): void {
  if (!isClamped(call)) return;
  tally('clamps', pixels);
  tally('clamped', (pixels * fieldOf(call, 'channels')) / 4);
}

/** tsr_depthwise_3x3_outputs of runtime-c/depthwise/tsr_depthwise__dsp.h. */
const most3x3 = 24;

/**
 * 3 x 3 for Arm DSP, as runtime-c/depthwise/tsr_depthwise__dsp_3x3.h has it: pairs of columns of four channels are put in
 * order, then their outputs computed, then put in their place. Calls of at most `narrow` pixels go without that.
 */
const count3x3 =
  ({ stride, narrow }: { readonly stride: 1 | 2; readonly narrow: number }): Counter =>
  (tally, call, shape) => {
    const fours = fieldOf(call, 'channels') / 4;
    if (shape.pixels <= narrow) return countNarrow(tally, call, shape, stride);
    tally('calls', 1);
    const most = most3x3 / stride;
    for (let x = 0; x < shape.pixels; x += most) {
      const count = Math.min(shape.pixels - x, most);
      const first = shape.first + x * stride;
      const pairs = stride === 1 ? Math.ceil(count / 2) : count;
      const columns = columnsOf(first, 2 * pairs + 2, shape.width);
      const alone = columns.inside > 0 ? columns.before & 1 : 0;
      const whole = (columns.inside - alone) >> 1;
      const last = (columns.inside - alone) & 1;
      tally('runs', 1);
      tally('padding columns', 2 * pairs + 2 - columns.inside);
      if (shape.above + shape.below > 0 || whole === 0) {
        tally('edge fours', fours);
        tally('edge pairs', fours * whole);
        tally('edge columns', fours * (alone + last));
      } else {
        tally('fours', fours);
        tally('column pairs', fours * whole);
        tally('column turns', fours * Math.ceil(whole / 2));
        tally('columns', fours * (alone + last));
      }
      tally('sums', fours * pairs);
      tally('sum turns', fours * Math.ceil(pairs / 4));
      tally('doublings', fours * fieldOf(call, 'pre_shift'));
      const clamped = isClamped(call) ? ' clamped' : '';
      if (stride === 2) tally(`outputs${clamped}`, fours * count);
      else {
        tally(`output pairs${clamped}`, fours * (count >> 1));
        tally('output turns', fours * Math.ceil((count >> 1) / 2));
        tally('last outputs', fours * (count & 1));
      }
    }
  };

/** runtime-c/depthwise/tsr_depthwise__dsp_pixel.h: of stride 1 pairs of pixels, then what is left. */
function countNarrow(tally: Tally, call: KernelCall, shape: CallShape, stride: 1 | 2): void {
  const fours = fieldOf(call, 'channels') / 4;
  tally('narrow calls', 1);
  let pixels = 1;
  for (let x = 0; x < shape.pixels; x += pixels) {
    pixels = stride === 1 && shape.pixels - x >= 2 ? 2 : 1;
    const { inside } = columnsOf(shape.first + x * stride, pixels + 2, shape.width);
    const where = shape.rows === 3 && inside === pixels + 2 ? '' : ' at an edge';
    tally(`turns of ${pixels}${where}`, 1);
    tally(`fours of ${pixels}${where}`, fours);
  }
  countClamp(tally, call, shape.pixels);
}

export const count3x3Dsp = count3x3({ stride: 1, narrow: 7 });
export const count3x3ScaledDsp = count3x3({ stride: 1, narrow: 0 });
export const count3x3Stride2Dsp = count3x3({ stride: 2, narrow: 6 });

/** Of channel-planar rows, by C alone: rows of another padding than most, and very narrow ones. */
function countPlanarAny(tally: Tally, call: KernelCall, shape: CallShape): void {
  const channels = fieldOf(call, 'channels');
  tally('any calls', 1);
  tally('any channels', channels);
  tally('any outputs', channels * shape.pixels);
  tally('any rows', channels * shape.pixels * shape.rows);
}

/** Rows of six and of five columns, as runtime-c/isa/tsr_dsp_planar_narrow.h has them: all outputs of a channel at once. */
function countPlanarSix(tally: Tally, call: KernelCall, shape: CallShape): void {
  const channels = fieldOf(call, 'channels');
  tally('six calls', 1);
  tally(`channels of ${shape.width}`, channels);
  if (shape.rows < 3) tally('channels of six at an edge', channels);
}

/** The same for rows of three outputs: tsr_dsp_planar_3x3_three and tsr_dsp_planar_3x3_stride2_three. */
function countPlanarThree(tally: Tally, call: KernelCall): void {
  tally('three calls', 1);
  tally('channels of 3', fieldOf(call, 'channels'));
}

/** Of a kernel's three rows the second is there. */
const hasMiddle = ({ rows, above, below }: CallShape): boolean => rows > 0 && above < 2 && below < 2;

/** The other loops of runtime-c/isa/tsr_dsp_planar.h have in common what they do for a row and for a channel. */
function countPlanarChannels(tally: Tally, call: KernelCall, shape: CallShape): void {
  const channels = fieldOf(call, 'channels');
  tally('calls', 1);
  tally('channels', channels);
  if (shape.rows < 3) tally('channels at an edge', channels);
}

/** 3 x 3 of channel-planar rows for Arm DSP: words of four columns of a channel, then the columns that are left. */
export const count3x3PlanarDsp: Counter = (tally, call, shape) => {
  const channels = fieldOf(call, 'channels');
  const { rows, first, pixels, width } = shape;
  countClamp(tally, call, pixels);
  const least = hasMiddle(shape) ? 3 : 4;
  if (rows === 0 || width < least || first !== -1 || pixels !== width) return countPlanarAny(tally, call, shape);
  if ((width === 5 || width === 6) && rows > 1 && hasMiddle(shape)) return countPlanarSix(tally, call, shape);
  if (width === 3) return countPlanarThree(tally, call);
  countPlanarChannels(tally, call, shape);
  tally('words', channels * (width >> 2));
  // The loop takes two words at a time, the first word apart.
  tally('turns', channels * (width >> 3));
  tally('columns', channels * (width & 3));
};

/** The same of stride 2: eight columns for four outputs, then four and two for the outputs that are left. */
export const count3x3Stride2PlanarDsp: Counter = (tally, call, shape) => {
  const channels = fieldOf(call, 'channels');
  const { rows, first, pixels, width } = shape;
  countClamp(tally, call, pixels);
  const right = 2 * pixels + 1 + first - width;
  const pairs = pixels + first;
  if (rows === 0 || first > 0 || first < -1 || right < 0 || right > 1 || pairs < 4) {
    const isThree = hasMiddle(shape) && first === 0 && pixels === 3 && width === 6;
    return isThree ? countPlanarThree(tally, call) : countPlanarAny(tally, call, shape);
  }
  countPlanarChannels(tally, call, shape);
  if (first < 0) tally('padded channels', channels);
  tally('eights', channels * (pairs >> 2));
  tally('fours', channels * ((pairs >> 1) & 1));
  tally('twos', channels * (pairs & 1));
  if ((pairs & 3) !== 0 || right === 0 || first < 0) tally('rests', channels);
  if (right === 0) tally('last columns', channels);
};

/** What kernels of 5 and 7 columns differ by: see runtime-c/depthwise/tsr_depthwise__dsp_strip.h. */
interface Strip {
  readonly kernel: number;
  readonly stride: number;
  /** The most outputs of a run. */
  readonly most: number;
}

/** tsr_dsp_strip_group of runtime-c/isa/tsr_dsp_strip.h. */
const stripGroup = 5;

/** 5 x 5 and 7 x 7 for Arm DSP: two channels at a time, a strip for each two rows of which one is there. */
export const countStripDsp =
  ({ kernel, stride, most }: Strip): Counter =>
  (tally, call, shape) => {
    const channels = fieldOf(call, 'channels');
    const isThere = (row: number): boolean => row >= shape.above && row < kernel - shape.below;
    const passes = Array.from({ length: (kernel + 1) / 2 }, (_, pass) => isThere(2 * pass) || isThere(2 * pass + 1));
    // One strip is always there.
    const strips = Math.max(1, passes.filter((there) => there).length);
    tally('calls', 1);
    for (let x = 0; x < shape.pixels; x += most) {
      const count = Math.min(shape.pixels - x, most);
      const groups = Math.ceil(count / stripGroup);
      const columns = (groups * stripGroup - 1) * stride + kernel;
      const { inside } = columnsOf(shape.first + x * stride, columns, shape.width);
      tally('runs', 1);
      tally('begun strips', strips);
      tally('begun words', strips * columns);
      tally('twos', channels / 2);
      tally('strips', (channels / 2) * strips);
      tally('column pairs', (channels / 2) * strips * (inside >> 1));
      tally('columns', (channels / 2) * strips * (inside & 1));
      tally('channels', channels);
      tally('left out', channels * (passes.length - strips));
      tally('groups', channels * groups);
      tally('group strips', channels * groups * strips);
      tally('rest groups', count % stripGroup > 0 ? channels : 0);
      tally('rests', channels * (count % stripGroup));
    }
    countClamp(tally, call, shape.pixels);
  };

/** Any depthwise convolution for Arm DSP, as runtime-c/depthwise/tsr_depthwise_s8s8__dsp.c has it: pixel by pixel. */
export const countDepthwiseDsp: Counter = (tally, call, shape) => {
  const field = (name: string): number => fieldOf(call, name);
  const fours = field('channels') >> 2;
  const rest = field('channels') & 3;
  const [dilation, kernel] = [field('dilation_w'), field('kernel_w')];
  tally('calls', 1);
  tally('pointers', field('kernel_h'));
  for (let x = 0; x < shape.pixels; x += 1) {
    const first = shape.first + x * field('stride_w');
    const from = first >= 0 ? 0 : Math.ceil(-first / dilation);
    const behind = Math.floor((shape.width - 1 - first) / dilation) + 1;
    const taps = Math.max(0, Math.min(behind, kernel) - from);
    const rows = taps > 0 ? shape.rows : 0;
    tally('pixels', 1);
    tally('rows', rows);
    tally('fours', fours);
    tally('runs', fours * rows);
    tally('turns', fours * rows * Math.ceil(taps / 2));
    tally('taps', fours * rows * taps);
    tally('rest channels', rest);
    tally('rest runs', rest * rows);
    tally('rest taps', rest * rows * taps);
  }
};
