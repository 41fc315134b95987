import { rowShape, type Tensor } from '../graph/types.ts';
import type { KernelCall } from '../ops/define.ts';
import type { Layer, Plan } from './types.ts';

/** What decides how tensors lie: of a plan that is still sought, nothing is known. */
export type Placed = Pick<Plan, 'storage' | 'overlapping'>;

/**
 * Whether a layer that is computed whole hands all rows of all images to a kernel as one long row: pixel by pixel each
 * output needs one input, rows lie one behind the other, and no output lies over an input that is still read.
 */
export function joinsRows(layer: Layer, call: KernelCall, placed: Placed | null): boolean {
  if (!call.pointwise || call.steps !== 'rows' || placed?.overlapping.has(layer.index)) return false;
  const output = rowShape(layer.tensors.output.shape);
  const isRow = ({ name, shape }: Tensor): boolean => {
    const { rows, width } = rowShape(shape);
    const storage = placed?.storage.get(name);
    return storage === undefined || rows === 1 || storage.rowBytes === width * storage.pixelBytes;
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
