import { rowShape, type Tensor } from '../../graph/types.ts';
import type { KernelCall } from '../../ops/define.ts';
import { segmentsOf } from '../cost/cost.ts';
import { columnsOf, stepWidth, windowEnd, windowStart } from '../demand.ts';
import type { Layer, Plan, RowLayout } from '../types.ts';
import { fail, storageOf } from './bytes.ts';

const readLayout = ({ symbol, planarInput }: KernelCall): RowLayout =>
  symbol === planarInput?.symbol ? 'planar' : 'interleaved';

const writtenLayout = ({ fields, planarOutput }: KernelCall): RowLayout =>
  planarOutput !== undefined && Object.entries(planarOutput).every(([name, value]) => fields[name] === value)
    ? 'planar'
    : 'interleaved';

/**
 * Looks whether every kernel reads and writes rows of the layout that they have, and whether planar rows are whole ones:
 * made and read in one call each, of a tensor that lies in one piece and that nobody outside sees.
 */
export function checkLayouts(plan: Plan): void {
  const segments = segmentsOf(plan);
  const isPlanar = ({ name, kind }: Tensor): boolean =>
    kind !== 'constant' && storageOf(plan, name).layout === 'planar';
  const checkWholeRows = (layer: Layer, tensor: Tensor): void => {
    const { window, rowBytes, pixelBytes, offset } = storageOf(plan, tensor.name);
    const { width, channels } = rowShape(tensor.shape);
    const isDense = window === 0 && offset === 0 && pixelBytes === channels && rowBytes === width * channels;
    if (!isDense) fail(`the planar rows of ${tensor.name} do not lie in one piece`);
    if ((segments.get(layer.index) ?? stepWidth(layer)) < stepWidth(layer))
      fail(`layer ${layer.index} computes parts of rows, and those of ${tensor.name} are planar`);
  };
  for (const port of [...plan.graph.inputs, ...plan.graph.outputs]) {
    if (storageOf(plan, port.tensor).layout === 'planar') fail(`the rows of ${port.tensor} are planar for the caller`);
  }
  for (const layer of plan.layers) {
    const { lowering, tensors } = layer;
    if (lowering.kind === 'alias') {
      const seen = [...tensors.inputs.filter((tensor) => tensor !== null), tensors.output];
      if (seen.some(isPlanar)) fail(`layer ${layer.index} gives planar rows another name`);
      continue;
    }
    for (const call of lowering.calls) {
      if (writtenLayout(call) !== storageOf(plan, tensors.output.name).layout)
        fail(`layer ${layer.index} writes rows of another layout than ${tensors.output.name} has`);
      if (isPlanar(tensors.output)) checkWholeRows(layer, tensors.output);
      for (const access of call.inputs) {
        const input = tensors.inputs[access.input] as Tensor;
        const layout = isPlanar(input) ? 'planar' : 'interleaved';
        if (readLayout(call) !== layout)
          fail(`layer ${layer.index} reads rows of another layout than ${input.name} has`);
        if (layout === 'interleaved') continue;
        checkWholeRows(layer, input);
        const columns = columnsOf(layer, access);
        const { width } = rowShape(input.shape);
        if (windowStart(columns, 0) > 0 || windowEnd(columns, stepWidth(layer) - 1) < width - 1)
          fail(`layer ${layer.index} does not read whole rows of ${input.name}, which are planar`);
      }
    }
  }
}
