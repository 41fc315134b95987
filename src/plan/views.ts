import { type Graph, type RowShape, rowShape, type Tensor, tensorOf } from '../graph/types.ts';
import type { KernelCall, View } from '../ops/define.ts';
import type { Layer } from './types.ts';

/**
 * Where the bytes of a tensor lie: in those of `root`, a tensor that has bytes of its own, from `offset` on, so many
 * bytes from pixel to pixel and from row to row. A tensor that is no part of another is its own root.
 */
export interface Region {
  readonly root: string;
  readonly offset: number;
  readonly pixelBytes: number;
  readonly rowBytes: number;
}

/** A tensor inside another, as a layer without work of its own says. */
interface Link {
  readonly whole: string;
  /** Null: another name for the whole, whatever its shape. */
  readonly view: View | null;
}

function linksOf(layers: readonly Layer[]): ReadonlyMap<string, Link> {
  const links = new Map<string, Link>();
  for (const { lowering, node } of layers) {
    if (lowering.kind !== 'alias') continue;
    if (lowering.views === undefined) links.set(node.output, { whole: node.inputs[0] as string, view: null });
    for (const view of lowering.views ?? []) {
      const input = node.inputs[view.input] as string;
      if (view.whole === 'input') links.set(node.output, { whole: input, view });
      else links.set(input, { whole: node.output, view });
    }
  }
  return links;
}

/** The region of a tensor that has its own bytes. */
function ownRegion(tensor: Tensor): Region {
  const { width, channels } = rowShape(tensor.shape);
  return { root: tensor.name, offset: 0, pixelBytes: channels, rowBytes: width * channels };
}

/** The regions of all tensors that are not constant. */
export function regionsOf(graph: Graph, layers: readonly Layer[]): ReadonlyMap<string, Region> {
  const links = linksOf(layers);
  const regions = new Map<string, Region>();
  const find = (name: string): Region => {
    const known = regions.get(name);
    if (known !== undefined) return known;
    const own = ownRegion(tensorOf(graph, name));
    const link = links.get(name);
    const region = link === undefined ? own : within(find(link.whole), own, link.view);
    regions.set(name, region);
    return region;
  };
  for (const tensor of graph.tensors.values()) if (tensor.kind !== 'constant') find(tensor.name);
  return regions;
}

function within(whole: Region, own: Region, view: View | null): Region {
  if (view === null) return { ...own, root: whole.root, offset: whole.offset };
  const { row, column, channel } = view;
  return { ...whole, offset: whole.offset + row * whole.rowBytes + column * whole.pixelBytes + channel };
}

/** Whether a region's bytes lie one behind the other, as a tensor's own do. */
export function isDense(region: Region, { batch, rows, width, channels }: RowShape): boolean {
  if (batch > 1) return region.pixelBytes === channels && region.rowBytes === width * channels;
  return (width === 1 || region.pixelBytes === channels) && (rows === 1 || region.rowBytes === width * channels);
}

/** The field of a call's parameters that says how many bytes lie between the pixels of its input `index`. */
function inputField(call: KernelCall, index: number): string {
  return call.inputs.length === 1 ? 'in_pixel' : `${'ab'[index] ?? ''}_pixel`;
}

const outputField = 'out_pixel';

/** Whether a call can read its input `index`, or write its output (null), where pixels do not lie side by side. */
function takesStride(call: KernelCall, index: number | null, { channels, batch }: RowShape): boolean {
  if (batch > 1 || call.steps === 'once') return false;
  if (index === null) return call.fields[outputField] === channels;
  return call.inputs[index]?.rows !== 'whole' && call.fields[inputField(call, index)] === channels;
}

/** Whether a layer's kernels can work where its inputs and its output lie. */
export function canWorkIn(layer: Layer, regions: ReadonlyMap<string, Region>): boolean {
  const fits = (tensor: Tensor, strided: () => boolean): boolean => {
    const region = regions.get(tensor.name);
    return region === undefined || isDense(region, rowShape(tensor.shape)) || strided();
  };
  const { lowering, tensors } = layer;
  if (lowering.kind === 'alias') {
    // Views are taken in any place; another name is for bytes that lie side by side.
    return lowering.views !== undefined || fits(tensors.inputs[0] as Tensor, () => false);
  }
  const shape = rowShape(tensors.output.shape);
  if (!fits(tensors.output, () => lowering.calls.every((call) => takesStride(call, null, shape)))) return false;
  return tensors.inputs.every(
    (tensor, input) =>
      tensor === null ||
      tensor.kind === 'constant' ||
      fits(tensor, () =>
        lowering.calls.every((call) =>
          call.inputs.every(
            (access, index) => access.input !== input || takesStride(call, index, rowShape(tensor.shape)),
          ),
        ),
      ),
  );
}

/** A call with the strides of the places where its tensors lie. */
export function withStrides(
  call: KernelCall,
  { inputs, output }: Layer['tensors'],
  regions: ReadonlyMap<string, Region>,
): KernelCall {
  const fields = { ...call.fields };
  const place = (tensor: Tensor | null | undefined, field: string): void => {
    const region = tensor === null || tensor === undefined ? undefined : regions.get(tensor.name);
    if (region === undefined || tensor === null || tensor === undefined) return;
    const shape = rowShape(tensor.shape);
    if (fields[field] === shape.channels && shape.batch === 1) fields[field] = region.pixelBytes;
  };
  call.inputs.forEach((access, index) => {
    if (access.rows !== 'whole') place(inputs[access.input], inputField(call, index));
  });
  place(output, outputField);
  return { ...call, fields };
}
