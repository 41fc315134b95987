import { rowShape, type Tensor } from '../graph/types.ts';
import type { KernelCall } from '../ops/define.ts';
import type { Join, Layer, Plan, Storage } from './types.ts';

/** What decides how tensors lie: of a plan that is still sought, nothing is known. */
export type Placed = Pick<Plan, 'storage' | 'overlapping'>;

/**
 * Whether rows of a layer that is computed whole can be handed to a kernel as one long row: pixel by pixel each output
 * needs one input, and rows lie one behind the other.
 */
function canJoinRows(layer: Layer, call: KernelCall, storage: Placed['storage'] | null): boolean {
  if (!call.pointwise || call.steps !== 'rows') return false;
  const output = rowShape(layer.tensors.output.shape);
  const isRow = ({ name, shape }: Tensor): boolean => {
    const { rows, width } = rowShape(shape);
    const stored = storage?.get(name);
    return stored === undefined || rows === 1 || stored.rowBytes === width * stored.pixelBytes;
  };
  return (
    [layer.tensors.output, ...layer.tensors.inputs].every((tensor) => tensor === null || isRow(tensor)) &&
    call.inputs.every(({ input, rows }) => {
      const shape = rowShape((layer.tensors.inputs[input] as Tensor).shape);
      const same = rows !== 'whole' && rows.count === 1 && rows.multiply === 1 && rows.add === 0 && rows.divide === 1;
      return same && shape.rows === output.rows && shape.batch === output.batch && shape.width === output.width;
    })
  );
}

/**
 * How many bytes before a dying input the output of a layer that is computed whole had better begin: as many as there are,
 * where each pixel needs one pixel of each input alone; as many as calls of two rows need, where there are such; else 0.
 * @param rowBytesOf bytes from one row of a tensor to the next
 */
export function usefulRoom(layer: Layer, rowBytesOf: (tensor: string) => number): number {
  const { lowering, node } = layer;
  if (lowering.kind === 'alias') return 0;
  if (lowering.calls.every(({ pointwise }) => pointwise)) return Number.POSITIVE_INFINITY;
  const [call, ...others] = lowering.calls;
  const [input] = node.inputs;
  if (call?.twoRows === undefined || others.length > 0 || typeof input !== 'string') return 0;
  return readsFirst(layer, call) ? 0 : roomForTwo(call, rowBytesOf(input), rowBytesOf(node.output));
}

/** Whether each call of two rows reads all that it reads before it writes: then it may write wherever calls of one may. */
export function readsFirst({ tensors }: Layer, { twoRows }: KernelCall): boolean {
  return rowShape(tensors.output.shape).width <= (twoRows?.readsFirst ?? 0);
}

/** How many bytes before the input the output begins where both rows of each call end before the first that it reads. */
export function roomForTwo({ inputs, firstRow, count }: KernelCall, from: number, to: number): number {
  const rows = inputs[0]?.rows;
  if (rows === undefined || rows === 'whole' || inputs.length > 1) return Number.POSITIVE_INFINITY;
  let room = 0;
  for (let y = firstRow; y < firstRow + count; y += 2) {
    room = Math.max(room, (y + 2) * to - Math.max(0, y * rows.multiply + rows.add) * from);
  }
  return room;
}

/**
 * The rows that one call of a layer that is computed whole computes: infinite, those of all images, where they can be
 * joined; fewer where the output lies over an input that is still read; else one.
 */
export function rowsTogether(layer: Layer, call: KernelCall, placed: Placed | null): number {
  if (!canJoinRows(layer, call, placed?.storage ?? null)) return 1;
  return placed?.overlapping.get(layer.index) ?? Number.POSITIVE_INFINITY;
}

/**
 * The layers whose output begins in a dying input, and the rows that a call of each may compute: all of them are
 * written before the first byte of the input that the call reads.
 * @param joins each with the bytes from the start of its output to that of its input
 */
export function overlappingLayers(
  layers: readonly Layer[],
  joins: readonly Join[],
  storage: ReadonlyMap<string, Storage>,
): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const layer of layers) {
    const join = joins.find(({ output }) => output === layer.node.output);
    if (join !== undefined) found.set(layer.index, rowsWithin(layer, join, storage));
  }
  return found;
}

function rowsWithin(layer: Layer, { input, distance }: Join, storage: ReadonlyMap<string, Storage>): number {
  const { lowering, tensors, node } = layer;
  const [from, to] = [storage.get(input), storage.get(node.output)];
  if (lowering.kind === 'alias' || lowering.calls.length > 1 || !node.inputs.includes(input)) return 1;
  const { batch, rows } = rowShape(tensors.output.shape);
  if (from === undefined || to === undefined || batch > 1 || from.offset > 0 || to.offset > 0) return 1;
  if (!lowering.calls.every((call) => canJoinRows(layer, call, storage))) return 1;
  const holds = (count: number): boolean => {
    for (let first = 0; first < rows; first += count) {
      if (Math.min(first + count, rows) * to.rowBytes > distance + first * from.rowBytes) return false;
    }
    return true;
  };
  let count = Math.max(1, Math.min(rows, Math.floor(distance / to.rowBytes)));
  while (count > 1 && !holds(count)) count -= 1;
  return count;
}
