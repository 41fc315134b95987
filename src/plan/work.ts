import { elementCount, rowShape } from '../graph/types.ts';
import type { AxisMap, KernelCall } from '../ops/define.ts';
import { accumulates, splitsRows, stepCount, stepWidth, windowStart } from './demand.ts';
import type { Layer } from './types.ts';

/**
 * What the work of a kernel consists of: its instructions are about a sum of these, each times a number that belongs to
 * the kernel. All count over one inference.
 */
export const workNames = [
  /** Calls of the kernel. */
  'calls',
  /** Output pixels. */
  'pixels',
  /** Groups of four pixels, the last of a call not always full: kernels take several pixels through one loop. */
  'quads',
  /** Bytes of output. */
  'outputs',
  /** Bytes of input that the windows of all pixels cover, without overlap in a row. */
  'inputs',
  /** Bytes of input that windows cover beyond, at the end of each call. */
  'halo',
  /** Bytes of input in the windows of all pixels, one by one. */
  'gathered',
  /** Channels of output, for each call: what a kernel does once a channel and call. */
  'callChannels',
  /** The same for each pair and each four of pixels, the last of a call not always full. */
  'pairChannels',
  'quadChannels',
  'macs',
  /** Those of them whose tap is not padding. */
  'innerMacs',
  /** Taps of a window, for each byte of output: a kernel that takes its channels in a loop has a loop for each. */
  'taps',
  /** The same in vectors of 16 channels, the last not always full. */
  'vectors',
  /** Such vectors, once for each group of three pixels, the last of a call not always full. */
  'thirdVectors',
  /** Multiply-accumulates of the output channels behind the last full four. */
  'restChannels',
  /** Weights that are read: all of them, once for each group of four pixels. */
  'weights',
  /** Weights that are read for a call's last pixels, which are not four: for two of them, and for one. */
  'pairWeights',
  'lastWeights',
  /** Weights that are read once for each group of three pixels, the last of a call not always full. */
  'thirdWeights',
  /** Outputs of a layer that accumulates, which are made once, behind its last call. */
  'finals',
  /** Calls inside a stage: finding the rows and choosing what runs next. */
  'stageCalls',
  /** Pointers to rows that a stage finds. */
  'stageRows',
  /** Bytes of output in a stage that lie in a window of the newest row before they lie in their slot. */
  'stageBytes',
] as const;

export type WorkName = (typeof workNames)[number];
export type Work = Readonly<Record<WorkName, number>>;

/** Calls of one size. */
interface Calls {
  readonly count: number;
  readonly pixels: number;
}

function callsOfWidth(rows: number, width: number, segment: number): readonly Calls[] {
  const rest = width % segment;
  const whole = { count: rows * Math.floor(width / segment), pixels: segment };
  return rest === 0 ? [whole] : [whole, { count: rows, pixels: rest }];
}

/** How a layer calls one of its kernels: computed whole (null), or in segments of so many columns. */
function callsOfKernel(layer: Layer, call: KernelCall, segment: number | null): readonly Calls[] {
  const { batch } = rowShape(layer.tensors.output.shape);
  const width = stepWidth(layer);
  if (call.steps === 'once') return [{ count: 1, pixels: elementCount(layer.tensors.output.shape) }];
  if (segment === null) {
    const joined = call.pointwise && call.firstRow === 0 && call.count === stepCount(layer);
    return joined ? [{ count: 1, pixels: batch * call.count * width }] : [{ count: batch * call.count, pixels: width }];
  }
  return callsOfWidth(call.count, width, splitsRows(layer) ? Math.min(segment, width) : width);
}

/** The part of a window's taps that lie inside the input, over all outputs. */
function innerPart(layer: Layer, call: KernelCall): number {
  const [first] = call.inputs;
  if (first === undefined || first.rows === 'whole') return 1;
  const source = rowShape(layer.tensors.inputs[first.input]?.shape ?? []);
  const output = rowShape(layer.tensors.output.shape);
  return inside(first.rows, output.rows, source.rows) * inside(first.columns, output.width, source.width);
}

/** The part of the taps of an axis that lie inside it. */
function inside(map: AxisMap, outputs: number, inputs: number): number {
  let count = 0;
  for (let position = 0; position < outputs; position += 1) {
    const start = windowStart(map, position);
    for (let tap = 0; tap < map.count; tap += 1) {
      const at = start + tap * map.dilation;
      if (at >= 0 && at < inputs) count += 1;
    }
  }
  return count / Math.max(1, outputs * map.count);
}

/** The work of one kernel of a layer. */
export function workOf(layer: Layer, call: KernelCall, segment: number | null): Work {
  const output = rowShape(layer.tensors.output.shape);
  const first = call.inputs[0];
  const source = rowShape(layer.tensors.inputs[first?.input ?? 0]?.shape ?? []);
  const rows = first === undefined || first.rows === 'whole' ? 1 : first.rows.count;
  const taps = rows * (first?.columns.count ?? 1);
  const stride = Math.max(1, first?.columns.multiply ?? 1);
  const pixels = output.batch * output.rows * output.width;
  const channels = accumulates(layer) ? source.channels : output.channels;
  const perPixel = layer.macs / Math.max(1, pixels);
  const pointers = call.inputs.reduce((sum, { rows: map }) => sum + (map === 'whole' ? 1 : map.count), 0);
  const sizes = callsOfKernel(layer, call, segment);
  const sum = (each: (pixels: number) => number): number =>
    sizes.reduce((total, { count, pixels: n }) => total + count * each(n), 0);
  const calls = sum(() => 1);
  return {
    calls,
    pixels: sum((n) => n),
    quads: sum((n) => Math.ceil(n / 4)),
    outputs: sum((n) => n * channels),
    inputs: sum((n) => n * stride * source.channels * rows),
    halo: sum(() => Math.max(0, (first?.columns.count ?? 1) - stride) * source.channels * rows),
    gathered: sum((n) => n * taps * source.channels),
    callChannels: sum(() => channels),
    pairChannels: sum((n) => Math.ceil(n / 2) * channels),
    quadChannels: sum((n) => Math.ceil(n / 4) * channels),
    macs: sum((n) => n * perPixel),
    innerMacs: layer.macs * innerPart(layer, call),
    taps: sum((n) => n * channels * taps),
    vectors: sum((n) => n * channels * Math.ceil(perPixel / Math.max(1, channels) / taps / 16) * taps),
    weights: sum((n) => Math.floor(n / 4) * perPixel),
    pairWeights: sum((n) => (n % 4 >= 2 ? perPixel : 0)),
    lastWeights: sum((n) => (n % 2 === 1 ? perPixel : 0)),
    thirdVectors: sum(
      (n) => Math.ceil(n / 3) * channels * Math.ceil(perPixel / Math.max(1, channels) / taps / 16) * taps,
    ),
    restChannels: sum((n) => (n * perPixel * (channels % 4)) / Math.max(1, channels)),
    thirdWeights: sum((n) => Math.ceil(n / 3) * perPixel),
    finals: accumulates(layer) ? pixels * output.channels : 0,
    stageCalls: segment === null ? 0 : calls,
    stageRows: segment === null ? 0 : calls * pointers,
    stageBytes: segment === null ? 0 : sum((n) => n * channels),
  };
}

/** What the costs of a call are known by: its kernel, and which of its ways the kernel goes, where it has several. */
export function costKey(call: KernelCall): string {
  const ways = ['group', 'single', 'runs'].flatMap((name) => {
    const value = call.fields[name];
    return typeof value === 'number' ? [`${name} ${name === 'runs' ? Math.min(2, value) : value}`] : [];
  });
  return [call.symbol, ...ways].join(', ');
}
