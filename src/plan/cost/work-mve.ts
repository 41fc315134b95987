import type { KernelCall } from '../../ops/define.ts';
import { type CallShape, type Counter, fieldOf, type Tally } from './work-shapes.ts';

const vector = 16;
const vectors = (bytes: number): number => Math.ceil(bytes / vector);

/** The commonest group: a tile of runtime-c/isa/tsr_mve_tile.h computes so many pixels of four channels. */
const tilePixels = 3;

/** tsr_mve_limit of runtime-c/isa/tsr_mve_bytes.h: outputs that are limited once they are all there. */
export function countLimits(tally: Tally, call: KernelCall, pixels: number, channels: number): void {
  if (fieldOf(call, 'min') <= -128 && fieldOf(call, 'max') >= 127) return;
  const joined = fieldOf(call, 'out_pixel') === channels;
  tally('limits', joined ? 1 : pixels);
  tally('limited', joined ? vectors(pixels * channels) : pixels * vectors(channels));
}

/** What tsr_mve_tile_3x4 of runtime-c/isa/tsr_mve_tile.h computes: windows of so many runs of so many vectors. */
interface Tiles {
  readonly runs: number;
  readonly blocks: number;
  /** Of the weights of a channel. */
  readonly bytes: number;
  readonly groups: number;
  readonly times: number;
}

/** Three pixels of four channels, so many groups of these and so many times: two channels at a time. */
export function countTiles(tally: Tally, { runs, blocks, bytes, groups, times }: Tiles): void {
  const way = runs > 1 ? 'runs' : bytes === vector * blocks ? 'whole vectors' : 'bytes';
  tally(`tiles of ${way}`, 1);
  tally(`times of ${way}`, times);
  tally(`groups of ${way}`, times * groups);
  tally(`blocks of ${way}`, 2 * times * groups * runs * (blocks - 1));
  // Vectors behind the first, two by two.
  if (way === 'whole vectors') tally('turns of whole vectors', 2 * times * groups * ((blocks - 1) >> 1));
  if (way !== 'runs') return;
  tally('runs', 2 * times * groups * runs);
  tally('advanced', (times - 1) * runs);
}

/** Windows of a convolution that are copied: rows that lie inside the input, rows of padding, and rows of both. */
function countCopies(tally: Tally, call: KernelCall, shape: CallShape, first: number, count: number): void {
  const field = (name: string): number => fieldOf(call, name);
  const [kernel, stride, channels] = [field('kernel_w'), field('stride_w'), field('in_channels')];
  const rowBytes = kernel * channels;
  const reach = (kernel - 1) * field('dilation_w');
  const height = shape.rows + shape.above + shape.below;
  const simple = field('joined') === 1 && rowBytes <= vector && height === shape.rows;
  tally('copies', 1);
  let parts = 0;
  for (let i = 0; i < count; i += 1) {
    const from = first + i * stride;
    const inside = from >= 0 && from + reach < shape.width;
    if (simple && inside) {
      parts += 1;
      continue;
    }
    tally('windows', 1);
    tally('padding rows', height - shape.rows);
    tally('padding vectors', (height - shape.rows) * vectors(rowBytes));
    if (field('joined') === 0) {
      tally('window taps', shape.rows * kernel);
      tally('tap vectors', shape.rows * kernel * vectors(channels));
    } else if (inside) {
      tally('window rows', shape.rows);
      tally('window vectors', shape.rows * (rowBytes >> 4));
      tally('window rests', (rowBytes & 15) > 0 ? shape.rows : 0);
    } else {
      const there = Math.max(0, Math.min(kernel, shape.width - from) - Math.max(0, -from));
      tally('edge rows', shape.rows);
      tally('edge fills', shape.rows * vectors(rowBytes));
      tally('edge vectors', shape.rows * vectors(there * channels));
    }
  }
  if (parts === 0) return;
  tally('parts', 1);
  tally('part rows', height);
  tally('part copies', height * parts);
  tally('part zeros', parts);
}

/** runtime-c/conv/tsr_conv_s8s8__mve.c: three pixels at a time, or what is left of a call. */
export const countConvMve: Counter = (tally, call, shape) => {
  const field = (name: string): number => fieldOf(call, name);
  const [stride, height, outputs] = [field('stride_w'), field('kernel_h'), field('out_channels')];
  const reach = (field('kernel_w') - 1) * field('dilation_w');
  const tiles = field('tiles');
  const channels = 4 * tiles;
  const whole = field('run_vectors') > 0 && shape.rows === height;
  tally('calls', 1);
  tally('pointers', height);
  for (let x = 0; x < shape.pixels; ) {
    const left = shape.pixels - x;
    const count = Math.min(tilePixels, left);
    const first = shape.first + x * stride;
    const room = shape.width - 1 - reach - first;
    const inside = whole && first >= 0 && room >= 0 ? Math.floor(room / stride) + 1 : 0;
    const direct = inside >= count;
    const most = field('run_vectors') > 0 ? tilePixels : field('copies');
    const together = direct ? Math.min(inside, left) : Math.min(most, left);
    const times = channels === outputs && count === tilePixels ? Math.floor(together / tilePixels) : 1;
    const copied = count < tilePixels || channels !== outputs ? count : times * tilePixels;
    const runs = direct ? height : 1;
    const blocks = direct ? field('run_vectors') : field('window_vectors');
    tally(direct ? 'direct turns' : 'copied turns', 1);
    if (direct) tally('direct rows', height);
    else countCopies(tally, call, shape, first, copied);
    const simple = runs === 1 && (!direct || field('window_bytes') % vector === 0);
    let done = channels;
    if (count === 2 && simple && blocks > 1) {
      tally('tiles of 2', 1);
      tally('groups of 2', tiles);
      tally('blocks of 2', 2 * tiles * blocks);
    } else if (count > 1) {
      countTiles(tally, { runs, blocks, bytes: field('window_bytes'), groups: tiles, times });
    } else if (simple) {
      tally('tiles of 1', 1);
      tally('groups of 1', tiles);
      tally('blocks of 1', tiles * blocks);
    } else done = 0;
    if (done < outputs) {
      const fours = count * Math.ceil((outputs - done) / 4);
      tally('finished', 1);
      tally('finished fours', fours);
      tally('finished runs', fours * runs);
      tally('finished vectors', fours * runs * (runs > 1 ? blocks : vectors(field('window_bytes'))));
    }
    x += count * times;
  }
  countLimits(tally, call, shape.pixels, outputs);
};

/** Rows of so many pixels, by fours, are computed two channels at a time, of columns that windows share. */
const leastPaired = 20;

/** runtime-c/depthwise/tsr_depthwise_s8s8__mve_3x3.c: columns are turned, then computed, 16 channels at a time. */
export const count3x3Mve: Counter = (tally, call, shape) => {
  const [channels, stride, limit] = [fieldOf(call, 'channels'), fieldOf(call, 'stride_w'), fieldOf(call, 'most')];
  // Eight channels that lie side by side are turned two columns at a time, into half the room.
  const eight = fieldOf(call, 'column') < 64;
  const times = Math.floor((shape.pixels - 1) / limit) + 1;
  const most = shape.pixels > limit ? (Math.floor(Math.floor((shape.pixels - 1) / times) / 2) + 1) * 2 : limit;
  const blocks = vectors(channels);
  const part = fieldOf(call, 'part') < vector ? 1 : 0;
  const whole = shape.rows === 3;
  tally('calls', 1);
  for (let x = 0; x < shape.pixels; x += most) {
    const count = Math.min(most, shape.pixels - x);
    const columns = (count - 1) * stride + 3;
    const first = shape.first + x * stride;
    const begin = Math.max(0, Math.min(columns, -first));
    const end = Math.max(begin, Math.min(columns, shape.width - first));
    const turned = eight ? (end - begin) >> 1 : end - begin;
    tally('runs', 1);
    tally('padded columns', columns - (end - begin));
    tally('blocks', blocks);
    if (eight) tally('odd columns', (end - begin) & 1);
    if (!whole) tally('missing rows', 1);
    if (whole && fieldOf(call, 'kind') > 0) tally('known columns', blocks * turned);
    else {
      tally('columns', (blocks - part) * turned);
      tally('part columns', part * turned);
    }
    const groups = channels / 4;
    if (stride === 1 && count >= leastPaired && count % 4 === 0) {
      tally('twos', 2 * groups);
      tally('paired eights', 2 * groups * (count >> 3));
      tally('paired fours', 2 * groups * ((count >> 2) & 1));
      continue;
    }
    const known = fieldOf(call, 'known') > 0;
    const rest = count % 4;
    tally('fours', groups);
    tally('quads', groups * (count >> 2));
    tally('pairs', rest > 1 ? groups : 0);
    tally('singles', groups * (rest & 1));
    if (!known) tally('unknown pixels', groups * count);
  }
  countLimits(tally, call, shape.pixels, channels);
};

/** runtime-c/depthwise/tsr_depthwise_s8s8__mve_3x3_two.c: the same of pairs of rows, channel by channel. */
export const count3x3TwoMve: Counter = (tally, call, shape) => {
  const [channels, limit] = [fieldOf(call, 'channels'), fieldOf(call, 'most')];
  const eight = fieldOf(call, 'column') < 64;
  const times = Math.floor((shape.pixels - 1) / limit) + 1;
  const most = shape.pixels > limit ? (Math.floor(Math.floor((shape.pixels - 1) / times) / 2) + 1) * 2 : limit;
  const blocks = vectors(channels);
  const part = fieldOf(call, 'part') < vector ? 1 : 0;
  const pairs = fieldOf(call, 'pairs');
  tally('calls', 1);
  for (let x = 0; x < shape.pixels; ) {
    const left = shape.pixels - x;
    const count = left - Math.min(most, left) === 1 ? most - 2 : Math.min(most, left);
    const first = shape.first + x;
    const begin = Math.max(0, Math.min(count + 2, -first));
    const end = Math.max(begin, Math.min(count + 2, shape.width - first));
    const turned = eight ? (end - begin) >> 1 : end - begin;
    const runs = count < shape.pixels ? pairs : 1;
    tally('runs', runs);
    tally('padded columns', runs * (count + 2 - (end - begin)));
    tally('pairs', pairs);
    tally('missing rows', shape.above + shape.below);
    tally('blocks', pairs * blocks);
    if (eight) tally('odd columns', pairs * ((end - begin) & 1));
    if (fieldOf(call, 'kind') > 0) tally('known columns', pairs * blocks * turned);
    else {
      tally('columns', pairs * (blocks - part) * turned);
      tally('part columns', pairs * part * turned);
    }
    tally('channels', pairs * channels);
    tally('quads', pairs * channels * (count >> 2));
    // Of columns of half the bytes it is always asked whether there is a rest.
    if (eight || count % 2 > 0) tally('asked rests', pairs * channels);
    tally('rest pixels', pairs * channels * ((count & 3) === 3 ? 2 : Math.sign(count & 3)));
    tally('odd rests', pairs * channels * (count & 1));
    x += count;
  }
  countLimits(tally, call, 2 * pairs * shape.pixels, channels);
};

/** runtime-c/depthwise/tsr_depthwise_s8s8__mve.c: pixel by pixel. */
export const countDepthwiseMve: Counter = (tally, call, shape) => {
  const field = (name: string): number => fieldOf(call, name);
  const height = shape.rows + shape.above + shape.below;
  const kernel = field('kernel_w');
  const taps = height * kernel;
  const blocks = field('channels') >> 4;
  const rest = field('channels') & 15;
  tally('calls', 1);
  tally('zeros', vectors(field('channels')));
  for (let x = 0; x < shape.pixels; x += 1) {
    const first = shape.first + x * field('stride_w');
    const whole = first >= 0 && first + (kernel - 1) * field('dilation_w') < shape.width;
    const rows = whole ? shape.rows : 0;
    tally('pixels', 1);
    tally('whole rows', rows);
    tally('whole taps', rows * kernel);
    tally('edge rows', height - rows);
    tally('edge taps', (height - rows) * kernel);
    tally('blocks', blocks);
    tally('tap pairs', blocks * (taps >> 1));
    tally('last taps', blocks * (taps & 1));
    if (rest === 0) continue;
    tally('rests', 1);
    tally('rest taps', taps);
  }
};
