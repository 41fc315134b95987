import { describeNode, type Tensor } from '../../graph/types.ts';
import { canStream } from '../demand.ts';
import type { Layer, Program } from '../types.ts';
import { activationsOf, type NewNode, type Rewriting, readersOf } from './rewrite.ts';

/** Layers that are computed again, at most. */
const longest = 8;

/**
 * Layers computed twice: where one reader of a tensor has to be through before another can begin, as a gate before what
 * it is multiplied with, the tensor need not be kept in between. The first copy is for the early readers.
 */
export function twiceRewritings({ graph, layers }: Program): readonly Rewriting[] {
  const readers = readersOf(layers);
  const made = new Map(layers.map((layer) => [layer.node.output, layer]));
  const ports = new Set(graph.outputs.map(({ tensor }) => tensor));
  return layers.flatMap((layer) => {
    const found = readers.get(layer.node.output) ?? [];
    if (found.length < 2 || ports.has(layer.node.output)) return [];
    const needing = found.map((reader) => descendants(reader, layers));
    const early = found.filter((_, index) => found.some((other) => needing[index]?.has(other.node.output)));
    const late = found.filter((reader) => !early.includes(reader));
    if (early.length === 0) return [];
    const chain: Layer[] = [];
    const rewritings: Rewriting[] = [];
    for (let next: Layer | undefined = layer; next !== undefined && chain.length < longest; ) {
      if (!canStream(next)) break;
      chain.unshift(next);
      rewritings.push(twice([...chain], early, late));
      const inputs: readonly Tensor[] = activationsOf(next);
      const [input] = inputs;
      const only = inputs.length === 1 && input !== undefined && (readers.get(input.name) ?? []).length === 1;
      next = only && !ports.has(input.name) ? made.get(input.name) : undefined;
    }
    return rewritings;
  });
}

/** The outputs of all layers that need what a layer makes. */
function descendants(layer: Layer, layers: readonly Layer[]): ReadonlySet<string> {
  const found = new Set([layer.node.output]);
  for (const { node } of layers.slice(layer.index + 1)) {
    if (node.inputs.some((name) => name !== null && found.has(name))) found.add(node.output);
  }
  found.delete(layer.node.output);
  return found;
}

/** The second time begins when the early readers are through: not together with the first. */
const startingStage = (node: NewNode, index: number): NewNode =>
  index === 0 && node.kind === 'calls' ? { ...node, startsStage: true } : node;

function twice(chain: readonly Layer[], early: readonly Layer[], late: readonly Layer[]): Rewriting {
  const inside = new Set(chain.map(({ node }) => node.output));
  const again = (name: string | null): string | null => (name !== null && inside.has(name) ? `${name}#1` : name);
  const same = ({ node, tensors, parameters }: Layer): NewNode => ({
    kind: 'calls',
    node,
    output: tensors.output,
    parameters,
    constants: [],
  });
  const renamed = ({ node, tensors, parameters }: Layer, output: string): NewNode => ({
    kind: 'calls',
    node: { ...node, inputs: node.inputs.map(again), output },
    output: { ...tensors.output, name: output },
    parameters,
    constants: [],
  });
  const first = late.reduce((least, layer) => (layer.index < least.index ? layer : least));
  const last = chain.at(-1) as Layer;
  const text =
    chain.length === 1
      ? `${describeNode(last.node)} computed twice`
      : `${describeNode((chain[0] as Layer).node)} to ${describeNode(last.node)} computed twice`;
  return {
    kind: 'twice',
    text,
    family: `twice up to ${last.node.output}`,
    extraMacs: chain.reduce((sum, { macs }) => sum + macs, 0),
    replaced: new Map([
      ...chain.map((layer): [string, readonly NewNode[]] => [
        layer.node.output,
        [renamed(layer, `${layer.node.output}#1`)],
      ]),
      ...early.map((layer): [string, readonly NewNode[]] => [layer.node.output, [renamed(layer, layer.node.output)]]),
      ...late.map((layer): [string, readonly NewNode[]] => [
        layer.node.output,
        layer === first ? [...chain.map(same).map(startingStage), same(layer)] : [same(layer)],
      ]),
    ]),
  };
}
