import type { Graph } from '../graph/types.ts';
import type { Layer, Program } from './types.ts';

/**
 * Whether outputs stand in the arena after a run, or go to the caller row by row as they are made. An output that no
 * layer makes, because it is an input as well, stands there in either way.
 */
export type OutputMode = 'resident' | 'stream';

/** The outputs that are handed over. */
export function handedOutputs(
  { outputs }: Graph,
  layers: readonly Layer[],
  mode: OutputMode | undefined,
): ReadonlySet<string> {
  const made = new Set(layers.map(({ node }) => node.output));
  return new Set(outputs.map(({ tensor }) => tensor).filter((name) => mode === 'stream' && made.has(name)));
}

/** The outputs that stand in the arena after a run, by their tensors. */
export function keptOutputs({ graph, handed }: Program): readonly string[] {
  return graph.outputs.map(({ tensor }) => tensor).filter((name) => !handed?.has(name));
}
