import type { KernelCall } from '../../ops/define.ts';
import { countLimits, countTiles } from './work-mve.ts';
import { type CallShape, type Counter, fieldOf, type Tally } from './work-shapes.ts';

const vector = 16;

/** tsr_mve_turn_columns of runtime-c/isa/tsr_mve_columns.h: columns whose rows come to lie together. */
function countTurned(tally: Tally, call: KernelCall, shape: CallShape, first: number, columns: number): void {
  const [channels, together] = [fieldOf(call, 'in_channels'), fieldOf(call, 'together')];
  const height = shape.rows + shape.above + shape.below;
  const begin = Math.max(0, Math.min(columns, -first));
  const inside = Math.max(begin, Math.min(columns, shape.width - first)) - begin;
  const step = height * channels;
  tally('turns', 1);
  tally('turned rows', height);
  const fills = shape.rows === height ? [begin, columns - begin - inside] : [columns];
  for (const fill of fills) tally('fills', Math.ceil((fill * step) / vector));
  if (inside === 0) return;
  if (together > 0) {
    tally('spreads', 1);
    tally('spread rows', shape.rows);
    if (together === 5 && channels === 3 && step <= 12) {
      // Five columns of three bytes go as 16 bytes, where there is one more; 20 at a time.
      const fives = Math.floor((inside * channels - 1) / 15);
      tally('spread twenties', shape.rows * (fives >> 2));
      tally('whole spread vectors', shape.rows * (fives & 3));
    } else tally('spread vectors', shape.rows * Math.floor(inside / together));
    return;
  }
  tally('parts', shape.rows * Math.ceil(channels / vector));
  tally('part columns', shape.rows * Math.ceil(channels / vector) * inside);
}

/** tsr_mve_narrow_row of runtime-c/isa/tsr_mve_narrow.h. */
function countRow(tally: Tally, call: KernelCall, pixels: number, step: number): void {
  const [bytes, channels] = [fieldOf(call, 'window_bytes'), fieldOf(call, 'out_channels')];
  const together = bytes > vector ? 2 : 4;
  const size =
    bytes > vector
      ? (step === bytes && (bytes === 32 || bytes === 24)) || (bytes === 27 && (step === 18 || step === 9))
      : step === bytes && (bytes === 16 || bytes === 8);
  const known = size && pixels > 1 && fieldOf(call, 'shift') === 1;
  const way = `${together}${known ? ' known' : ''}`;
  const groups = Math.floor(channels / together) + (channels % together > 0 ? 1 : 0);
  const times = channels % together > 0 ? 2 : 1;
  const odd = pixels > 1 && pixels % 2 > 0 ? 1 : 0;
  const pairs = Math.max(1, pixels >> 1);
  tally('rows', 1);
  tally(`passes of ${way}`, times * (1 + odd));
  tally(`groups of ${way}`, groups * (1 + odd));
  if (known) {
    // Outputs that lie near to each other are stored with one instruction.
    const near = fieldOf(call, 'out_pixel') <= (bytes === 24 || step === 9 ? 0 : 36);
    const turn = together === 4 && !near ? 2 : 4;
    tally(`${near ? 'near' : 'far'} turns of ${way}`, groups * Math.floor(pairs / turn));
    tally(`pairs of ${way}`, groups * ((pairs % turn) + odd));
  } else tally(`pairs of ${way}`, groups * (pairs + odd));
  countLimits(tally, call, pixels, channels);
}

/** runtime-c/conv/tsr_conv_s8s8__mve_narrow.c: windows of at most 32 bytes. */
export const countNarrowMve: Counter = (tally, call, shape) => {
  const field = (name: string): number => fieldOf(call, name);
  const [stride, kernel, most] = [field('stride_w'), field('kernel_w'), field('most')];
  const reach = (shape.pixels - 1) * stride + kernel;
  tally('calls', 1);
  tally('pointers', shape.rows + shape.above + shape.below);
  if (field('direct') === 1 && shape.rows > 0 && shape.first >= 0 && reach + shape.first <= shape.width) {
    countRow(tally, call, shape.pixels, stride * field('in_pixel'));
    return;
  }
  for (let x = 0; x < shape.pixels; x += most) {
    const count = Math.min(most, shape.pixels - x);
    countTurned(tally, call, shape, shape.first + x * stride, (count - 1) * stride + kernel);
    countRow(tally, call, count, stride * field('column_bytes'));
  }
};

/** What tsr_mve_known_pixels of runtime-c/isa/tsr_mve_known.h is called for: windows of so many bytes. */
interface KnownPixels {
  readonly bytes: number;
  readonly shift: number;
  /** From a pixel's outputs to the next's. */
  readonly apart: number;
  readonly groups: number;
  readonly pixels: number;
}

/** Bytes of windows that loops know, and from where on pixels lie too far apart for them. */
const knownWindows: readonly number[] = [40, 64, 72, 112];
const knownApart = 16000;

/** Four pixels at a time, and mostly the rest one by one: how many pixels that are. */
function countKnown(tally: Tally, { bytes, shift, apart, groups, pixels }: KnownPixels): number {
  if (!knownWindows.includes(bytes) || shift !== 1 || apart >= knownApart) return 0;
  const blocks = Math.ceil(bytes / vector);
  const [fours, rest] = [pixels >> 2, bytes === 112 ? 0 : pixels & 3];
  if (fours > 0) {
    tally('tiles of 4', 1);
    tally('times of 4', fours);
    tally('groups of 4', fours * groups);
    tally('blocks of 4', 2 * fours * groups * blocks);
    if (bytes % vector > 0) tally('rests of 4', 2 * fours * groups);
  }
  if (rest > 0) {
    tally('known ones', 1);
    tally('times of known ones', rest);
    tally('groups of known ones', rest * groups);
    tally('blocks of known ones', rest * groups * blocks);
  }
  return 4 * fours + rest;
}

/** runtime-c/conv/tsr_conv_s8s8__mve_columns.c: small columns, four pixels at a time where loops know them, or three. */
export const countColumnsMve: Counter = (tally, call, shape) => {
  const field = (name: string): number => fieldOf(call, name);
  const [stride, kernel, bytes] = [field('stride_w'), field('kernel_w'), field('window_bytes')];
  const blocks = Math.ceil(bytes / vector);
  const groups = field('out_channels') / 4;
  const room = Math.floor((field('window_columns') - kernel) / stride) + 1;
  const most = room < 3 ? room : Math.floor(room / 3) * 3;
  tally('calls', 1);
  tally('pointers', shape.rows + shape.above + shape.below);
  for (let x = 0; x < shape.pixels; x += most) {
    const count = Math.min(most, shape.pixels - x);
    countTurned(tally, call, shape, shape.first + x * stride, (count - 1) * stride + kernel);
    const apart = field('out_pixel');
    for (let done = countKnown(tally, { bytes, shift: field('shift'), apart, groups, pixels: count }); done < count; ) {
      const times = count - done < 3 ? 1 : Math.floor((count - done) / 3);
      countTiles(tally, { runs: 1, blocks, bytes, groups, times });
      done += 3 * times;
    }
  }
  countLimits(tally, call, shape.pixels, field('out_channels'));
};

/** runtime-c/conv/tsr_conv_s8s8__mve_pixels.c: windows of one pixel, four or three pixels at a time. */
export const countPixelsMve: Counter = (tally, call, shape) => {
  const field = (name: string): number => fieldOf(call, name);
  const bytes = field('in_channels');
  const blocks = Math.ceil(bytes / vector);
  const groups = field('out_channels') / 4;
  const [shift, apart, pixels] = [field('shift'), field('out_pixel'), shape.pixels];
  tally('calls', 1);
  for (let x = countKnown(tally, { bytes, shift, apart, groups, pixels }); x < pixels; ) {
    const count = Math.min(3, pixels - x);
    const times = count < 3 ? 1 : Math.floor((pixels - x) / 3);
    const tile = count === 3 || bytes % vector > 0 ? 3 : count;
    if (tile === 3) countTiles(tally, { runs: 1, blocks, bytes, groups, times });
    else {
      tally(`tiles of ${tile}`, 1);
      tally(`groups of ${tile}`, groups);
      tally(`blocks of ${tile}`, groups * (blocks - 1));
    }
    x += 3 * times;
  }
  countLimits(tally, call, pixels, field('out_channels'));
};
