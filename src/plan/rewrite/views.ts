import { describeNode } from '../../graph/types.ts';
import { integerForm } from '../lower.ts';
import type { Layer, Program } from '../types.ts';
import { activationsOf, type Rewriting } from './rewrite.ts';

/**
 * Concatenations whose inputs are computed where they belong, and slices that are read where they lie: each saves a
 * copy, and keeps the whole from the making of its first part on.
 */
export function viewRewritings({ graph, layers }: Program): readonly Rewriting[] {
  const made = new Map(layers.map((layer) => [layer.node.output, layer]));
  const ports = new Set([...graph.inputs, ...graph.outputs].map(({ tensor }) => tensor));
  /** Inputs of concatenations lie in one only, and nowhere else. */
  const taken = new Set<string>();
  return layers.flatMap((layer): Rewriting[] => {
    if (layer.lowering.kind === 'alias') return [];
    const views = integerForm(layer.node).views?.(layer.parameters, layer.tensors) ?? null;
    if (views === null) return [];
    const inputs = activationsOf(layer);
    if (inputs.length !== layer.tensors.inputs.length) return [];
    if (views.some(({ whole }) => whole === 'output')) {
      const names = inputs.map(({ name }) => name);
      const isFree = (name: string): boolean =>
        !taken.has(name) &&
        !ports.has(name) &&
        makesBytes(made.get(name)) &&
        names.indexOf(name) === names.lastIndexOf(name);
      if (!names.every(isFree)) return [];
      for (const name of names) taken.add(name);
    }
    const { node, tensors } = layer;
    return [
      {
        kind: 'views',
        text: `${describeNode(node)} copies nothing`,
        family: `views of ${node.output}`,
        extraMacs: 0,
        replaced: new Map([[node.output, [{ kind: 'views', node, output: tensors.output, views }]]]),
      },
    ];
  });
}

/** Whether a tensor's bytes are written by the kernels of one layer. */
function makesBytes(layer: Layer | undefined): boolean {
  return layer?.lowering.kind === 'calls';
}
