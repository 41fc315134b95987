import { rowShape, type Tensor } from '../graph/types.ts';
import type { AxisMap, KernelCall } from '../ops/define.ts';
import type { Layer } from './types.ts';

/** The rows of an input that one step of a kernel needs, clipped to the input: last < first where it needs none. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

/** The first input row of the window for a step. */
export function windowStart(map: AxisMap, position: number): number {
  return Math.floor((position * map.multiply + map.add) / map.divide);
}

/** Whether a layer can compute row by row inside a stage. */
export function canStream(layer: Layer): boolean {
  if (layer.lowering.kind !== 'calls') return false;
  const tensors = [layer.tensors.output, ...layer.tensors.inputs];
  const single = tensors.every((tensor) => tensor === null || tensor.kind === 'constant' || rowShape(tensor.shape).batch === 1);
  return single && layer.lowering.calls.every((call) => call.steps !== 'once');
}

/** How many steps a layer takes an image: one an output row, or one an input row where rows accumulate. */
export function stepCount(layer: Layer): number {
  if (layer.lowering.kind === 'alias') return 0;
  return Math.max(...layer.lowering.calls.map((call) => call.firstRow + call.count));
}

/** The calls of a layer that step `row` makes. */
export function callsAt(layer: Layer, row: number): readonly KernelCall[] {
  if (layer.lowering.kind === 'alias') return [];
  return layer.lowering.calls.filter((call) => row >= call.firstRow && row < call.firstRow + call.count);
}

/** The rows of input `input` that step `row` of a layer needs; null where it needs none of that input. */
export function rowsNeeded(layer: Layer, input: number, row: number): RowRange | null {
  const tensor = layer.tensors.inputs[input] as Tensor;
  const { rows } = rowShape(tensor.shape);
  let range: RowRange | null = null;
  for (const call of callsAt(layer, row)) {
    for (const access of call.inputs) {
      if (access.input !== input) continue;
      const needed = clipped(access.rows, row, rows);
      range = range === null ? needed : { first: Math.min(range.first, needed.first), last: Math.max(range.last, needed.last) };
    }
  }
  return range;
}

function clipped(map: AxisMap | 'whole', row: number, rows: number): RowRange {
  if (map === 'whole') return { first: 0, last: rows - 1 };
  const start = windowStart(map, row);
  return { first: Math.max(0, Math.min(start, rows - 1)), last: Math.min(rows - 1, start + (map.count - 1) * map.dilation) };
}
