import { rowShape, type Tensor } from '../graph/types.ts';
import type { KernelCall } from '../ops/define.ts';
import { layerTime } from './cost/cost.ts';
import { scratchBytes, stepWidth, windowEnd, windowStart } from './demand.ts';
import type { Layer } from './types.ts';

/** What decides whether the rows of a tensor may have another layout. */
export interface LayoutOptions {
  readonly layers: readonly Layer[];
  /** The columns that a layer computes at a time; null where it is computed whole. */
  readonly segmentOf: (layer: number) => number | null;
  /** Whether a tensor is one layer's output alone, whose rows lie whole, one behind the other, and that nobody else sees. */
  readonly isFree: (tensor: string) => boolean;
}

/** A layer that makes a tensor, and the only one that reads it, with the kernels for its planar rows. */
interface Pair {
  readonly tensor: string;
  readonly maker: Layer;
  readonly reader: Layer;
}

/**
 * The tensors whose rows are channel-planar: those that a kernel reads, and the one before it writes, in less time than
 * interleaved rows and in no more scratch.
 * @returns the layers with the kernels for that, and the names of those tensors
 */
export function withPlanarRows({ layers, segmentOf, isFree }: LayoutOptions): {
  readonly layers: readonly Layer[];
  readonly planar: ReadonlySet<string>;
} {
  const planar = new Set<string>();
  const changed = [...layers];
  for (const given of layers) {
    const input = given.tensors.inputs[0];
    if (onlyCall(given)?.planarInput === undefined || !input || !isFree(input.name)) continue;
    const pair = pairOf(changed, given, input, segmentOf);
    if (pair === null || !gains(changed, pair, segmentOf)) continue;
    for (const layer of [pair.maker, pair.reader]) changed[layer.index] = layer;
    planar.add(pair.tensor);
  }
  return { layers: changed, planar };
}

function pairOf(
  layers: readonly Layer[],
  given: Layer,
  input: Tensor,
  segmentOf: LayoutOptions['segmentOf'],
): Pair | null {
  const { width } = rowShape(input.shape);
  const makers = layers.filter(({ node }) => node.output === input.name);
  const readers = layers.filter(({ node }) => node.inputs.includes(input.name));
  const [maker] = makers;
  if (maker === undefined || makers.length > 1 || readers.length > 1) return null;
  // Rows come and go whole.
  const isWhole = ({ index }: Layer, columns: number): boolean => (segmentOf(index) ?? columns) >= columns;
  const call = onlyCall(given);
  const [access] = call?.inputs ?? [];
  if (call === null || access === undefined || access.rows === 'whole') return null;
  const last = windowEnd(access.columns, stepWidth(given) - 1);
  const reachesAll = windowStart(access.columns, 0) <= 0 && last >= width - 1;
  if (!reachesAll || !isWhole(given, stepWidth(given)) || !isWhole(maker, width)) return null;
  const made = onlyCall(maker);
  const { planarInput } = call;
  if (made?.planarOutput === undefined || planarInput === undefined) return null;
  const writes = { ...made, fields: { ...made.fields, ...made.planarOutput } };
  return {
    tensor: input.name,
    maker: withCall(maker, writes),
    reader: withCall(given, { ...call, fewScratch: undefined, ...planarInput }),
  };
}

function onlyCall({ lowering }: Layer): KernelCall | null {
  return lowering.kind === 'calls' && lowering.calls.length === 1 ? (lowering.calls[0] as KernelCall) : null;
}

/** A layer with another form of its kernel, which is called for one row at a time. */
function withCall(layer: Layer, { smallSymbol, smallMost, rowsSymbol, rowsLeast, ...call }: KernelCall): Layer {
  return { ...layer, lowering: { kind: 'calls', calls: [{ ...call, pointwise: false }] } };
}

function gains(layers: readonly Layer[], { maker, reader }: Pair, segmentOf: LayoutOptions['segmentOf']): boolean {
  const before = [maker, reader].map(({ index }) => layers[index] as Layer);
  const timeOf = (some: readonly Layer[]): number =>
    some.reduce((sum, layer) => sum + layerTime(layer, segmentOf(layer.index)), 0);
  const takesMore = [maker, reader].some(
    (layer, i) =>
      scratchBytes(layer, segmentOf(layer.index)) > scratchBytes(before[i] as Layer, segmentOf(layer.index)),
  );
  return !takesMore && timeOf([maker, reader]) < timeOf(before);
}
