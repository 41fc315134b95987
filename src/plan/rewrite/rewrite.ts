import { type Graph, type Node, rowShape, type Tensor, tensorOf } from '../../graph/types.ts';
import type { Isa } from '../../kernels/define.ts';
import type { View } from '../../ops/define.ts';
import type { RewrittenProgram } from '../build.ts';
import { lowerInto, lowerNode } from '../lower.ts';
import type { Layer, Program, RewritingNote } from '../types.ts';
import { canWorkIn, isDense, type Region, regionsOf } from '../views.ts';

/** A node that a rewriting puts in: one that computes with given parameters, or one that only names bytes. */
export type NewNode = { readonly node: Node; readonly output: Tensor } & (
  | {
      readonly kind: 'calls';
      readonly parameters: unknown;
      readonly constants: readonly Tensor[];
      readonly startsStage?: boolean;
    }
  | { readonly kind: 'views'; readonly views: readonly View[] }
);

/**
 * Another way to compute a part of a program, with the same bytes as a result. Everything that comes after, streaming,
 * rings, code generation, checking, takes the rewritten program as if the model had come like that.
 */
export interface Rewriting extends RewritingNote {
  /** Multiply-accumulates that are computed again. */
  readonly extraMacs: number;
  /** Rewritings of one family do the same in other degrees, the mildest first. */
  readonly family: string;
  /** What stands in the place of nodes of the program, by their outputs; rewritings that share one exclude each other. */
  readonly replaced: ReadonlyMap<string, readonly NewNode[]>;
}

/** Whether two rewritings concern none of the same nodes. */
export function areApart(a: Rewriting, b: Rewriting): boolean {
  return [...a.replaced.keys()].every((name) => !b.replaced.has(name));
}

/** How nodes are lowered, and the layers that came of it, by node and place: the same are asked for again and again. */
export interface Lowerings {
  readonly isas: readonly Isa[];
  readonly known: Map<string, Layer>;
}

/**
 * A program with some rewritings, which are apart from each other.
 * @returns null where some kernel cannot work where its tensors would lie, or a name is taken
 */
export function rewrite(
  source: Program,
  rewritings: readonly Rewriting[],
  lowerings: Lowerings,
): RewrittenProgram | null {
  const replaced = new Map(rewritings.flatMap((rewriting) => [...rewriting.replaced]));
  const tensors = new Map(source.graph.tensors);
  const kept = new Set(source.layers.map(({ node }) => node.output));
  const names = new Set([...replaced.values()].flat().map(({ node }) => node.output));
  // A model may have tensors of such names itself.
  for (const name of names) if (tensors.has(name) && !kept.has(name)) return null;
  for (const [name, nodes] of replaced) {
    if (!nodes.some(({ node }) => node.output === name)) kept.delete(name);
    for (const { node, output, ...rest } of nodes) {
      tensors.set(node.output, output);
      kept.add(node.output);
      if (rest.kind === 'calls') for (const constant of rest.constants) tensors.set(constant.name, constant);
    }
  }
  for (const { node } of source.layers) if (!kept.has(node.output)) tensors.delete(node.output);
  const graph: Graph = { ...source.graph, tensors };
  const parts = source.layers.flatMap(
    (layer): readonly (Layer | NewNode)[] => replaced.get(layer.node.output) ?? [layer],
  );
  const layers = parts.map((part, index) =>
    'kind' in part ? layerOf(graph, part, index, lowerings) : { ...part, index },
  );
  const nodes = layers.map(({ node }) => node);
  const placed = placeLayers({ ...source, graph: { ...graph, nodes }, layers }, lowerings);
  return placed === null
    ? null
    : { ...placed, source, rewritings: rewritings.map(({ kind, text }) => ({ kind, text })) };
}

function layerOf(graph: Graph, part: NewNode, index: number, { isas, known }: Lowerings): Layer {
  const { node } = part;
  if (part.kind === 'calls') {
    const key = [node.output, ...node.inputs].join('\n');
    const layer = known.get(key) ?? lowerNode(graph, node, { index, isas, parameters: part.parameters });
    known.set(key, layer);
    return { ...layer, index, ...(part.startsStage ? { startsStage: true } : {}) };
  }
  return {
    index,
    node,
    tensors: {
      attributes: node.attributes,
      inputs: node.inputs.map((name) => (name === null ? null : tensorOf(graph, name))),
      output: part.output,
    },
    parameters: null,
    lowering: { kind: 'alias', views: part.views },
    macs: 0,
    demands: [],
  };
}

/** The kernels for the places where tensors lie; null where there are none. */
function placeLayers(program: Program, { isas, known }: Lowerings): Program | null {
  const { graph, layers } = program;
  const regions = regionsOf(graph, layers);
  const isPort = ({ tensor }: { readonly tensor: string }): boolean =>
    isDense(regions.get(tensor) as Region, rowShape(tensorOf(graph, tensor).shape));
  if (![...graph.inputs, ...graph.outputs].every(isPort)) return null;
  // What the caller writes, and what two nodes share, has no other place.
  if (graph.inputs.some(({ tensor }) => regions.get(tensor)?.root !== tensor)) return null;
  if (!layers.every((layer) => canWorkIn(layer, regions))) return null;
  const isStrided = (tensor: Tensor | null): boolean => {
    const region = tensor === null ? undefined : regions.get(tensor.name);
    return region !== undefined && tensor !== null && region.pixelBytes !== rowShape(tensor.shape).channels;
  };
  const isMoved = ({ tensors }: Layer): boolean => isStrided(tensors.output) || tensors.inputs.some(isStrided);
  const moved = (layer: Layer): Layer => {
    const strides = [...layer.tensors.inputs, layer.tensors.output].map(
      (tensor) => regions.get(tensor?.name ?? '')?.pixelBytes,
    );
    const key = [layer.node.output, ...layer.node.inputs, ...strides].join('\n');
    const found = known.get(key) ?? lowerInto(layer, regions, isas);
    known.set(key, found);
    return { ...found, index: layer.index };
  };
  return { ...program, layers: layers.map((layer) => (isMoved(layer) ? moved(layer) : layer)) };
}

/** The layers that read each tensor. */
export function readersOf(layers: readonly Layer[]): ReadonlyMap<string, readonly Layer[]> {
  const readers = new Map<string, Layer[]>();
  for (const layer of layers) {
    for (const name of new Set(layer.node.inputs)) {
      if (name !== null) readers.set(name, [...(readers.get(name) ?? []), layer]);
    }
  }
  return readers;
}

/** The inputs of a layer that are not constant. */
export function activationsOf({ tensors }: Layer): readonly Tensor[] {
  return tensors.inputs.filter((tensor): tensor is Tensor => tensor !== null && tensor.kind !== 'constant');
}
