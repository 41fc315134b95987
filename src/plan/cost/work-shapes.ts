import { elementCount, rowShape } from '../../graph/types.ts';
import type { AxisMap, KernelCall } from '../../ops/define.ts';
import { columnsOf, splitsRows, stepWidth, windowEnd, windowStart } from '../demand.ts';
import { type Placed, rowsTogether } from '../joined.ts';
import type { Layer } from '../types.ts';

/** Calls of a kernel that are alike: as long, with padding at the same places. */
export interface CallShape {
  /** How many such calls one inference makes. */
  readonly count: number;
  /** Output pixels of a call; input pixels where rows accumulate. */
  readonly pixels: number;
  /** Column of the first tap of the first pixel, from the row pointers on; negative where it is padding. */
  readonly first: number;
  /** Pixels that lie behind each row pointer of the first input. */
  readonly width: number;
  /** Rows of the first input that are there, and rows that are padding above and below them. */
  readonly rows: number;
  readonly above: number;
  readonly below: number;
}

/** Notes that something is done so many times more. */
export type Tally = (name: string, count: number) => void;

/** Notes what one call of a kernel does: how often it goes through each of its loops. */
export type Counter = (tally: Tally, call: KernelCall, shape: CallShape) => void;

/** A field of a kernel's parameters that is a number; 0 where there is none. */
export function fieldOf(call: KernelCall, name: string): number {
  const value = call.fields[name];
  return typeof value === 'number' ? value : 0;
}

type Rows = Pick<CallShape, 'count' | 'rows' | 'above' | 'below'>;
type Columns = Pick<CallShape, 'count' | 'pixels' | 'first' | 'width'>;

/** Merges what is alike but for its count. */
function merged<T extends { readonly count: number }>(all: readonly T[], key: (one: T) => string): readonly T[] {
  const known = new Map<string, T>();
  for (const one of all) {
    const name = key(one);
    const before = known.get(name);
    known.set(name, before === undefined ? one : { ...before, count: before.count + one.count });
  }
  return [...known.values()];
}

/** The taps of an axis that lie before it, in it and behind it. */
function tapsOf(map: AxisMap, position: number, size: number): readonly [number, number, number] {
  const start = windowStart(map, position);
  let [before, inside] = [0, 0];
  for (let tap = 0; tap < map.count; tap += 1) {
    const at = start + tap * map.dilation;
    if (at < 0) before += 1;
    else if (at < size) inside += 1;
  }
  return [before, inside, map.count - before - inside];
}

function rowsOf(layer: Layer, call: KernelCall): readonly Rows[] {
  const [input] = call.inputs;
  if (input === undefined || input.rows === 'whole') return [{ count: call.count, rows: 1, above: 0, below: 0 }];
  const map = input.rows;
  const size = rowShape(layer.tensors.inputs[input.input]?.shape ?? []).rows;
  const { rowsAtOnce = 1 } = call;
  const all = Array.from({ length: call.count / rowsAtOnce }, (_, step): Rows => {
    const [above, rows, below] = tapsOf(map, call.firstRow + step * rowsAtOnce, size);
    return { count: 1, rows, above, below };
  });
  return merged(all, ({ rows, above, below }) => `${above} ${rows} ${below}`);
}

function columnsOfCall(layer: Layer, call: KernelCall, segment: number | null): readonly Columns[] {
  const width = stepWidth(layer);
  const [input] = call.inputs;
  if (input === undefined) return [{ count: 1, pixels: width, first: 0, width }];
  const map = columnsOf(layer, input);
  const size = rowShape(layer.tensors.inputs[input.input]?.shape ?? []).width;
  if (segment === null || !splitsRows(layer) || segment >= width) {
    return [{ count: 1, pixels: width, first: windowStart(map, 0), width: size }];
  }
  const all = Array.from({ length: Math.ceil(width / segment) }, (_, index): Columns => {
    const pixels = Math.min(segment, width - index * segment);
    const start = windowStart(map, index * segment);
    const from = Math.min(Math.max(start, 0), size - 1);
    const end = Math.min(windowEnd(map, index * segment + pixels - 1) + 1, size);
    return { count: 1, pixels, first: start - from, width: Math.max(0, end - from) };
  });
  return merged(all, (one) => `${one.pixels} ${one.first} ${one.width}`);
}

/**
 * How a layer calls one of its kernels in one inference: computed whole (null), or in segments of so many columns. Calls
 * that are alike come as one. `placed`: how tensors lie, where that is decided.
 */
export function callShapes(
  layer: Layer,
  call: KernelCall,
  segment: number | null,
  placed: Placed | null,
): readonly CallShape[] {
  const output = rowShape(layer.tensors.output.shape);
  const one = { count: 1, first: 0, rows: 1, above: 0, below: 0 };
  if (call.steps === 'once') {
    const pixels = elementCount(layer.tensors.output.shape);
    return [{ ...one, pixels, width: pixels }];
  }
  const rows = output.batch * output.rows;
  const most = segment === null ? rowsTogether(layer, call, placed) : 1;
  if (most > 1) {
    const together = Math.min(most, rows);
    const shapeOf = (count: number, height: number): CallShape[] =>
      count * height === 0 ? [] : [{ ...one, count, pixels: height * output.width, width: height * output.width }];
    return [...shapeOf(Math.floor(rows / together), together), ...shapeOf(1, rows % together)];
  }
  const columns = columnsOfCall(layer, call, segment);
  return rowsOf(layer, call).flatMap((rows) =>
    columns.map((column) => ({ ...rows, ...column, count: output.batch * rows.count * column.count })),
  );
}
