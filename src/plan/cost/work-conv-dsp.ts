import { convDspForms, partColumns } from '../../kernels/dsp/conv.ts';
import type { KernelCall } from '../../ops/define.ts';
import { type Counter, fieldOf, type Tally } from './work-shapes.ts';

/** Pairs of taps of a turn of the loops in runtime-c/isa/tsr_dsp_dot.h: for one pixel, and for several. */
const turns = { one: 32, several: 16 } as const;

/**
 * Convolution for Arm DSP, as runtime-c/conv/tsr_conv__dsp_body.h and tsr_conv__dsp_sums.h have it: groups of 4, 2 or 1
 * pixels, of each of which the input is expanded and then multiplied.
 */
export const countConvDsp: Counter = (tally, call, shape) => {
  const field = (name: string): number => fieldOf(call, name);
  const [channels, outputs, packed] = [field('in_channels'), field('out_channels'), field('packed_channels')];
  const [stride, reach, pairs, runs] = [field('stride_w'), field('reach'), field('pairs'), field('runs')];
  const quads = field('run_bytes') >> 2;
  const rest = field('run_bytes') & 3;
  const padded = shape.above + shape.below;
  const { pixels, first, width } = shape;
  const plain =
    field('form') === convDspForms.single && padded === 0 && first >= 0 && first + (pixels - 1) * stride < width;
  const nine = field('kernel_h') === 3 && field('run_bytes') === 9 && runs === 1;

  /** Columns of a row that are expanded out of its window. */
  const expandQuads = (group: number, count: number): void => {
    if (group === 1) {
      tally('quad fours 1', count * (quads >> 2));
      tally('quads 1', count * (quads & 3));
    } else tally(`quads ${group}`, count * quads);
  };
  const expandRuns = (group: number, rows: number): void => {
    tally(`runs ${group}`, rows * runs);
    expandQuads(group, rows * runs);
    if (rest > 0) tally(`taps ${group}`, rows * runs * rest);
  };
  const expandPadded = (group: number, column: number): void => {
    const taps = field('kernel_w');
    for (let pixel = 0; pixel < group; pixel += 1) {
      for (let tap = 0; tap < taps; tap += 1) {
        const at = column + pixel * stride + tap * field('dilation_w');
        const inside = at >= 0 && at < width ? shape.rows : 0;
        tally('padded inside', (inside * channels) >> 2);
        tally('padded outside', ((shape.rows + padded - inside) * channels) >> 2);
      }
    }
    tally('padded pixels', group * (shape.rows + padded));
    tally('padded taps', group * taps * (shape.rows + padded));
    tally('padded rows', shape.rows + padded);
  };
  const expandWindow = (rows: number, from: number, columns: number, isThere: boolean): void => {
    const begin = Math.max(from, 0);
    const end = Math.min(from + columns, width);
    const there = isThere && end > begin ? end - begin : 0;
    tally('window rows', rows);
    const fills = there === 0 ? [columns] : [begin - from, columns - (end - from)];
    for (const fill of fills) {
      if (fill <= 0) continue;
      tally('window fills', rows);
      tally('window filled', rows * ((fill * channels) >> 2));
    }
    const copies = field('in_pixel') === channels ? 1 : there;
    if (there > 0) {
      tally('window copies', rows * copies);
      tally('window copied', rows * copies * (((there * channels) / copies) >> 2));
    }
  };
  const expand = (group: number, column: number): void => {
    if (plain) {
      if (group === 1) {
        // Four at a time.
        tally('plain fours 1', quads >> 2);
        tally('plain quads 1', quads & 3);
      } else tally(`plain quads ${group}`, quads);
      return;
    }
    tally(`expansions ${group}`, 1);
    const columns = (group - 1) * stride + reach;
    const inside = column >= 0 && column + columns <= width;
    if (nine && inside && padded === 0) {
      tally(`nines ${group}`, 1);
      return;
    }
    const direct = inside ? shape.rows : 0;
    // For one pixel rows that are one run go fast until one is missing.
    const fast = group === 1 && inside && rest === 0 && runs === 1 && shape.above === 0 ? shape.rows : 0;
    if (fast > 0) {
      tally('fast rows', fast);
      expandQuads(group, fast);
      if (padded === 0) return;
    }
    tally('rows', shape.rows - fast + padded);
    expandRuns(group, direct - fast);
    if (direct === shape.rows + padded) return;
    if (field('form') !== convDspForms.window) {
      if (inside) {
        // Rows of padding alone.
        const taps = field('kernel_w');
        tally('padded outside', (group * taps * padded * channels) >> 2);
        tally('padded pixels', group * padded);
        tally('padded taps', group * taps * padded);
        tally('padded rows', padded);
      } else expandPadded(group, column);
      return;
    }
    expandRuns(group, shape.rows + padded - direct);
    if (padded > 0) expandWindow(padded, column, columns, false);
    if (!inside) expandWindow(shape.rows, column, columns, true);
  };
  const isPlanar = field('out_pixel') === 0;
  const sums = (group: number): void => {
    const blocks = (packed / 4) * (group === 4 ? 2 : 1);
    tally(`sums ${group}`, blocks);
    if (isPlanar && group > 1) tally(`planar sums ${group}`, blocks);
    if (group === 1) {
      tally('sum rests 1', blocks * (pairs & 3));
      tally('sum pairs 1', blocks * (pairs >> 2));
      tally('sum turns 1', blocks * Math.ceil((pairs >> 2) / (turns.one / 4)));
    } else {
      tally(`sum pairs ${group}`, blocks * pairs);
      // The first pair stands before the loop.
      tally(`sum turns ${group}`, blocks * Math.max(1, Math.ceil((pairs - 1) / turns.several)));
    }
    if (packed === outputs) return;
    tally('rest calls', 1);
    tally('rest outputs', (outputs - packed) * group);
    tally('rest pairs', (outputs - packed) * group * (pairs >> 1));
  };

  tally('calls', 1);
  tally('pointers', shape.rows + padded);
  let done = 0;
  for (const group of [4, 2, 1]) {
    if (field('group') < group || pixels - done < group) continue;
    tally(`by ${group}`, 1);
    for (; pixels - done >= group; done += group) {
      tally(`groups ${group}`, 1);
      expand(group, first + done * stride);
      sums(group);
    }
  }
  const isDense = isPlanar || field('out_pixel') === outputs;
  if (isDense) tallyClamps(tally, call, 1, pixels * outputs);
  else tallyClamps(tally, call, pixels, outputs);
};

/** Stretches of so many bytes that are limited to a range, where there is one. */
function tallyClamps(tally: Tally, call: KernelCall, stretches: number, bytes: number): void {
  if (fieldOf(call, 'min') === -128 && fieldOf(call, 'max') === 127) return;
  tally('clamps', stretches);
  tally('clamped', stretches * (bytes >> 2));
  tally('clamped bytes', stretches * (bytes & 3));
}

/** Fours of taps of a turn of the loop in runtime-c/isa/tsr_dsp_bytes.h. */
const leanTurn = 8;

/**
 * Convolution for Arm DSP without scratch, as runtime-c/conv/tsr_conv__dsp_lean.h has it: pixel by pixel, in each of which
 * four channels go through all taps.
 */
export const countConvDspLean: Counter = (tally, call, { pixels, first, width, rows, above, below }) => {
  const field = (name: string): number => fieldOf(call, name);
  const [outputs, packed, taps] = [field('out_channels'), field('packed_channels'), field('kernel_w')];
  const quads = field('in_channels') >> 2;
  const [groups, rest] = [packed / 4, outputs - packed];
  tally('calls', 1);
  tally('pixels', pixels);
  tally('sums', pixels * groups);
  tally('rest outputs', pixels * rest);
  const pad = (stretches: number, fours: number): void => {
    tally('paddings', groups * stretches);
    tally('padding', groups * fours);
    tally('rest fours', rest * fours);
  };
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const column = first + pixel * field('stride_w');
    const before = Math.min(taps, Math.max(0, Math.ceil(-column / field('dilation_w'))));
    const there = Math.min(taps, Math.max(0, Math.ceil((width - column) / field('dilation_w')))) - before;
    tally('taps outside', taps - Math.max(0, there));
    if (there <= 0) {
      pad(1, (above + rows + below) * taps * quads);
      continue;
    }
    const after = taps - before - there;
    // Padding at the end of a row goes on in the next.
    const edges = (above + before > 0 ? 1 : 0) + (after + below > 0 ? 1 : 0);
    pad(edges + (before + after > 0 ? rows - 1 : 0), (rows * (before + after) + (above + below) * taps) * quads);
    const runs = field('runs') === 1 ? 1 : there;
    const fours = (there * quads) / runs;
    tally('missing rows', groups * (above + below));
    tally('runs', groups * rows * runs);
    tally('fours', groups * rows * runs * fours);
    tally('turns', groups * rows * runs * Math.ceil(fours / leanTurn));
    tally('rest fours', rest * rows * runs * fours);
  }
  tallyClamps(tally, call, pixels, outputs);
};

/** Pairs of taps of a turn of the loop in runtime-c/isa/tsr_dsp_parts.h, in fours. */
const partsTurn = 4;

/**
 * Convolution for Arm DSP with little scratch, as runtime-c/conv/tsr_conv__dsp_parts.h has it: pixel by pixel, part by part of
 * the window.
 */
export const countConvDspParts: Counter = (tally, call, { pixels, first, width, rows, above, below }) => {
  const field = (name: string): number => fieldOf(call, name);
  const [channels, outputs, taps] = [field('in_channels'), field('out_channels'), field('kernel_w')];
  const columns = partColumns(taps, channels, outputs);
  const pairs = (columns * channels) / 2;
  const groups = outputs / 4;
  tally('calls', 1);
  tally('pixels', pixels);
  tally('sums', pixels * groups);
  tally('rows', pixels * (above + rows + below));
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    for (let tap = 0; tap < taps; tap += columns) {
      const from = first + pixel * field('stride_w') + tap * field('dilation_w');
      const inside = Array.from({ length: columns }, (_, index) => from + index * field('dilation_w')).filter(
        (column) => column >= 0 && column < width,
      ).length;
      const isWhole = inside === columns && field('runs') === 1;
      tally('parts', above + rows + below);
      const [stretches, quads] = isWhole ? [rows, (columns * channels) >> 2] : [rows * inside, channels >> 2];
      if (!isWhole) tally('columns', rows * columns);
      tally('quad fours', stretches * (quads >> 2));
      tally('quads', stretches * (quads & 3));
      const outside = rows * (isWhole ? 0 : columns - inside) + (above + below) * columns;
      tally('columns outside', outside);
      tally('padding', (outside * channels) >> 2);
      const blocks = groups * (above + rows + below);
      tally('part sums', blocks);
      tally('sum rests', blocks * (pairs & 3));
      tally('sum pairs', blocks * (pairs >> 2));
      tally('sum turns', blocks * Math.ceil((pairs >> 2) / partsTurn));
    }
  }
  tallyClamps(tally, call, pixels, outputs);
};
