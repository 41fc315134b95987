import { describeNode, elementCount, type Node, type Tensor } from '../../graph/types.ts';
import { integerForm } from '../lower.ts';
import type { Layer, Program } from '../types.ts';
import { activationsOf, type NewNode, type Rewriting, readersOf } from './rewrite.ts';

/** Into how many groups channels are cut: each is C of its own, so that many cost flash. */
const counts = [2, 3, 4, 6, 8, 12, 16];

/** Kernels take channels in fours. */
const granularity = 4;

/** Layers whose channels can be computed group by group: the first needs all channels of its input, the others their own. */
interface Region {
  readonly layers: readonly Layer[];
  readonly channels: number;
}

/**
 * Channels in groups: a convolution and the channelwise layers behind it compute some channels after the other. What
 * lies between them is then needed for one group only. Nothing is computed twice.
 */
export function groupRewritings(program: Program): readonly Rewriting[] {
  const { graph, layers } = program;
  const readers = readersOf(layers);
  const ports = new Set(graph.outputs.map(({ tensor }) => tensor));
  return layers.flatMap((first) => {
    const region = regionFrom(first, layers, readers, ports);
    if (region === null) return [];
    const sizes = counts.map((count) => Math.ceil(region.channels / count / granularity) * granularity);
    return [...new Set(sizes)].filter((size) => size < region.channels).map((size) => grouped(region, size, readers));
  });
}

function regionFrom(
  first: Layer,
  layers: readonly Layer[],
  readers: ReadonlyMap<string, readonly Layer[]>,
  ports: ReadonlySet<string>,
): Region | null {
  const channels = first.tensors.output.shape.at(-1) ?? 1;
  if (ports.has(first.node.output) || !isSingle(first) || channels <= granularity) return null;
  const part = partOf(first, 0, channels);
  if (part === null || part.inputs[0] !== 'whole') return null;
  const inside = new Set([first.node.output]);
  const region = [first];
  for (const layer of layers.slice(first.index + 1)) {
    const [input, ...others] = activationsOf(layer);
    if (input === undefined || others.length > 0 || !inside.has(input.name) || ports.has(layer.node.output)) continue;
    if (!isSingle(layer) || layer.tensors.output.shape.at(-1) !== channels) continue;
    if (partOf(layer, 0, channels)?.inputs[0] !== 'part') continue;
    inside.add(layer.node.output);
    region.push(layer);
  }
  // Where nothing is left inside, nothing is saved.
  const isInner = ({ node }: Layer): boolean =>
    (readers.get(node.output) ?? []).every((reader) => region.includes(reader));
  return region.some(isInner) ? { layers: region, channels } : null;
}

/** One image, channels last, and kernels of its own. */
function isSingle({ tensors, lowering }: Layer): boolean {
  const shapes = [tensors.output, ...tensors.inputs.slice(0, 1)].map((tensor) => tensor?.shape ?? []);
  return (
    lowering.kind === 'calls' && shapes.every((shape) => shape.length >= 3 && elementCount(shape.slice(0, -3)) === 1)
  );
}

function partOf(layer: Layer, from: number, to: number) {
  return integerForm(layer.node).channels?.(layer.parameters, layer.tensors, from, to) ?? null;
}

function grouped(
  { layers, channels }: Region,
  size: number,
  readers: ReadonlyMap<string, readonly Layer[]>,
): Rewriting {
  const groups = Array.from({ length: Math.ceil(channels / size) }, (_, group) => ({
    from: group * size,
    to: Math.min(channels, (group + 1) * size),
  }));
  const first = layers[0] as Layer;
  const inside = new Set(layers.map(({ node }) => node.output));
  const parts = groups.flatMap(({ from, to }) => layers.map((layer) => channelsOf(layer, from, to, inside)));
  const wholes = layers
    .filter(({ node }) => (readers.get(node.output) ?? []).some((reader) => !layers.includes(reader)))
    .map(({ node, tensors }): NewNode => {
      const inputs = groups.map(({ from, to }) => partName(node.output, from, to));
      const attributes = { axis: tensors.output.shape.length - 1 };
      const views = groups.map(
        ({ from }, input) => ({ whole: 'output', input, row: 0, column: 0, channel: from }) as const,
      );
      const concat: Node = { op: 'Concat', inputs, output: node.output, attributes, from: node.from };
      return { kind: 'views', node: concat, output: tensors.output, views };
    });
  const last = layers.at(-1) as Layer;
  return {
    kind: 'groups',
    text: `${describeNode(first.node)} to ${describeNode(last.node)} in ${groups.length} groups of channels`,
    extraMacs: 0,
    family: `groups from ${first.node.output}`,
    replaced: new Map([
      ...layers.slice(1).map(({ node }): [string, readonly NewNode[]] => [node.output, []]),
      [first.node.output, [...parts, ...wholes]],
    ]),
  };
}

const partName = (name: string, from: number, to: number): string => `${name}[${from}:${to}]`;

/** A layer for channels [from, to) alone. */
function channelsOf(layer: Layer, from: number, to: number, inside: ReadonlySet<string>): NewNode {
  const { node, tensors } = layer;
  const part = partOf(layer, from, to);
  if (part === null) throw new Error(`${node.op} has no part of its channels`);
  const constants: Tensor[] = [];
  const inputs = tensors.inputs.map((tensor, index): string | null => {
    if (tensor === null) return null;
    if (part.inputs[index] === 'whole') return tensor.name;
    if (inside.has(tensor.name)) return partName(tensor.name, from, to);
    const constant = indicesOf(tensor, from, to);
    constants.push(constant);
    return constant.name;
  });
  const output = {
    ...tensors.output,
    name: partName(node.output, from, to),
    shape: [...tensors.output.shape.slice(0, -1), to - from],
  };
  return {
    kind: 'calls',
    startsStage: part.inputs[0] === 'whole',
    node: { ...node, inputs, output: output.name, attributes: part.attributes },
    output,
    parameters: part.parameters,
    constants,
  };
}

/** Indices [from, to) of axis 0 of a constant. */
function indicesOf(tensor: Tensor, from: number, to: number): Tensor {
  const [, ...rest] = tensor.shape;
  const inner = elementCount(rest);
  const { data, quant } = tensor;
  if (data === undefined) throw new Error(`${tensor.name} is not constant`);
  const cut = <T>(values: readonly T[]): readonly T[] => (values.length === 1 ? values : values.slice(from, to));
  return {
    ...tensor,
    name: partName(tensor.name, from, to),
    shape: [to - from, ...rest],
    data: data.subarray(from * inner, to * inner),
    ...(quant === undefined
      ? {}
      : { quant: { ...quant, scales: cut(quant.scales), zeroPoints: cut(quant.zeroPoints) } }),
  };
}
