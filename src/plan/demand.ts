import { rowShape } from '../graph/types.ts';
import { type AxisMap, type KernelInput, sameAxis } from '../ops/define.ts';
import { alignUp, type Demand, type Layer } from './types.ts';

/** The position of the first tap for output position `position`. */
export function windowStart(map: AxisMap, position: number): number {
  return Math.floor((position * map.multiply + map.add) / map.divide);
}

/** The position of the last tap. */
export function windowEnd(map: AxisMap, position: number): number {
  return windowStart(map, position) + (map.count - 1) * map.dilation;
}

/** The part of a layer that says what it computes from what. */
export type Lowered = Pick<Layer, 'lowering' | 'tensors'>;

/** Whether a layer can compute row by row inside a stage. */
export function canStream(layer: Lowered): boolean {
  if (layer.lowering.kind !== 'calls') return false;
  const tensors = [layer.tensors.output, ...layer.tensors.inputs];
  const single = tensors.every(
    (tensor) => tensor === null || tensor.kind === 'constant' || rowShape(tensor.shape).batch === 1,
  );
  return single && layer.lowering.calls.every((call) => call.steps !== 'once');
}

/** How many rows of steps a layer takes an image: one an output row, or one an input row where rows accumulate. */
export function stepCount(layer: Lowered): number {
  if (layer.lowering.kind === 'alias') return 0;
  return Math.max(...layer.lowering.calls.map((call) => call.firstRow + call.count));
}

/** Whether a layer's output is complete only after its last step. */
export function accumulates(layer: Lowered): boolean {
  return layer.lowering.kind === 'calls' && layer.lowering.calls.some((call) => call.steps === 'accumulate');
}

/**
 * Bytes of scratch that a layer's calls need, one after the other, where the layer is computed whole (null) or in segments
 * of so many columns.
 */
export function scratchBytes(layer: Lowered, segment: number | null): number {
  if (layer.lowering.kind === 'alias') return 0;
  const width = segment !== null && splitsRows(layer) ? Math.min(segment, stepWidth(layer)) : stepWidth(layer);
  const bytes = layer.lowering.calls.map(({ scratchBytes: most, fewScratch = [], pointwise }) => {
    // Whole tensors may be handed over as one row.
    if (segment === null && pointwise) return most;
    return fewScratch.find(({ pixels }) => width <= pixels)?.bytes ?? most;
  });
  return alignUp(Math.max(...bytes));
}

/** The columns of an input that a layer's step takes: where rows accumulate, a step is a segment of an input row. */
export function columnsOf(layer: Lowered, access: KernelInput): AxisMap {
  return accumulates(layer) ? sameAxis : access.columns;
}

/** The columns of a row of a layer's steps. */
export function stepWidth(layer: Lowered): number {
  const tensor = accumulates(layer) ? layer.tensors.inputs[0] : layer.tensors.output;
  return rowShape(tensor?.shape ?? []).width;
}

/** Whether a layer may compute a part of a row: not where every output column needs all input columns. */
export function splitsRows(layer: Lowered): boolean {
  if (layer.lowering.kind === 'alias') return false;
  if (accumulates(layer)) return true;
  return layer.lowering.calls.every((call) =>
    call.inputs.every(({ rows, columns }) => rows !== 'whole' && (columns.multiply > 0 || columns.count === 1)),
  );
}

/** The demands of a layer on its inputs that are activations. */
export function demandsOf(layer: Lowered): readonly Demand[] {
  if (layer.lowering.kind === 'alias') return [];
  const { calls } = layer.lowering;
  const steps = stepCount(layer);
  return layer.tensors.inputs.flatMap((tensor, input): Demand[] => {
    if (tensor === null || tensor.kind === 'constant') return [];
    const { rows } = rowShape(tensor.shape);
    const firstRow = new Int32Array(steps).fill(rows);
    const lastRow = new Int32Array(steps).fill(-1);
    const uses = calls.flatMap((call) =>
      call.inputs.filter((access) => access.input === input).map((access) => ({ call, access })),
    );
    for (const { call, access } of uses) {
      for (let y = call.firstRow; y < call.firstRow + call.count; y += 1) {
        const start = access.rows === 'whole' ? 0 : windowStart(access.rows, y);
        const end = access.rows === 'whole' ? rows - 1 : windowEnd(access.rows, y);
        firstRow[y] = Math.min(firstRow[y] as number, Math.max(0, Math.min(start, rows - 1)));
        lastRow[y] = Math.max(lastRow[y] as number, Math.min(end, rows - 1));
      }
    }
    const firstRowFrom = new Int32Array(steps + 1).fill(rows);
    for (let y = steps - 1; y >= 0; y -= 1) {
      const needed = (lastRow[y] as number) >= 0 ? (firstRow[y] as number) : rows;
      firstRowFrom[y] = Math.min(needed, firstRowFrom[y + 1] as number);
    }
    const only = uses.length === 1 ? uses[0] : undefined;
    const everyStep = only !== undefined && only.call.firstRow === 0 && only.call.count === steps;
    const splits = only !== undefined && splitsRows(layer);
    return [
      {
        input,
        tensor,
        firstRow,
        lastRow,
        firstRowFrom,
        rows: everyStep && only.access.rows !== 'whole' ? only.access.rows : null,
        columns: splits ? columnsOf(layer, only.access) : null,
      },
    ];
  });
}
