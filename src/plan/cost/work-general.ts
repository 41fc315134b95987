import { rowShape } from '../../graph/types.ts';
import type { KernelCall } from '../../ops/define.ts';
import { accumulates } from '../demand.ts';
import type { Layer } from '../types.ts';
import type { CallShape, Tally } from './work-shapes.ts';

/**
 * The work of a kernel whose loops nobody has written down: bytes and multiply-accumulates, by which such kernels are
 * estimated as well as can be.
 */
export function countGeneral(tally: Tally, layer: Layer, call: KernelCall, { pixels }: CallShape): void {
  const output = rowShape(layer.tensors.output.shape);
  const [first] = call.inputs;
  const source = rowShape(layer.tensors.inputs[first?.input ?? 0]?.shape ?? []);
  const taps = (first === undefined || first.rows === 'whole' ? 1 : first.rows.count) * (first?.columns.count ?? 1);
  const stride = Math.max(1, first?.columns.multiply ?? 1);
  const channels = accumulates(layer) ? source.channels : output.channels;
  const perPixel = layer.macs / Math.max(1, output.batch * output.rows * output.width);
  tally('calls', 1);
  tally('pixels', pixels);
  tally('quads', Math.ceil(pixels / 4));
  tally('outputs', pixels * channels);
  tally('inputs', (pixels * stride * source.channels * taps) / Math.max(1, first?.columns.count ?? 1));
  tally('taps', pixels * channels * taps);
  if (call.fields.table !== null && call.fields.table !== undefined) tally('looked up', pixels * channels);
  tally('macs', pixels * perPixel);
  // Weights are read once for each group of four pixels, and for what is left of a call: for two of them, and for one.
  tally('weights', Math.floor(pixels / 4) * perPixel);
  tally('pairWeights', pixels % 4 >= 2 ? perPixel : 0);
  tally('lastWeights', pixels % 2 === 1 ? perPixel : 0);
}
