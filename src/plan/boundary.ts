import { type Graph, rowShape } from '../graph/types.ts';
import { canStream } from './demand.ts';
import type { Layer, Plan, Program } from './types.ts';

/**
 * Whether outputs stand in the arena after a run, or go to the caller row by row as they are made. An output that no
 * layer makes, because it is an input as well, stands there in either way.
 */
export type OutputMode = 'resident' | 'stream';

/** The program of a graph and its layers, for outputs that reach the caller in this way. */
export function programFor(graph: Graph, layers: readonly Layer[], mode: OutputMode | undefined): Program {
  if (mode !== 'stream') return { graph, layers };
  const program = withoutLastReshapes({ graph, layers });
  const made = new Set(program.layers.map(({ node }) => node.output));
  const outputs = program.graph.outputs.map(({ tensor }) => tensor);
  return { ...program, handed: new Set(outputs.filter((name) => made.has(name))) };
}

/**
 * The program without layers that only give an output of the model another shape: what is handed over is then the tensor
 * before it, whose bytes are the same and come in rows as they are computed.
 */
function withoutLastReshapes({ graph, layers }: Program): Program {
  const isOutput = (name: string): boolean => graph.outputs.some(({ tensor }) => tensor === name);
  const found = layers.find(
    ({ lowering, node: { inputs, output } }) =>
      lowering.kind === 'alias' &&
      lowering.views === undefined &&
      isOutput(output) &&
      layers.some(({ node }) => node.output === inputs[0]) &&
      !layers.some(({ node }) => node.inputs.includes(output)),
  );
  if (found === undefined) return { graph, layers };
  const { output, inputs } = found.node;
  const left = layers.filter((layer) => layer !== found).map((layer, index) => ({ ...layer, index }));
  const tensors = new Map(graph.tensors);
  tensors.delete(output);
  const outputs = graph.outputs.map((port) =>
    port.tensor === output ? { ...port, tensor: inputs[0] as string } : port,
  );
  return withoutLastReshapes({
    graph: { ...graph, tensors, outputs, nodes: left.map(({ node }) => node) },
    layers: left,
  });
}

/** The outputs that are handed over, by their tensors. */
export function handedOutputs({ handed }: Program): ReadonlySet<string> {
  return handed ?? new Set();
}

/**
 * Whether all that a layer makes is rows that are handed over. It works in a stage then, even alone, so that there is no
 * plan in which a map stands whole in memory for nobody but the caller.
 */
export function goesInRows({ layers, handed }: Program, layer: Layer): boolean {
  const { output } = layer.node;
  return (
    handed?.has(output) === true &&
    canStream(layer) &&
    rowShape(layer.tensors.output.shape).rows > 1 &&
    !layers.some(({ node }) => node.inputs.includes(output))
  );
}

/** The outputs that stand in the arena after a run, by their tensors. */
export function keptOutputs(program: Program): readonly string[] {
  const handed = handedOutputs(program);
  return program.graph.outputs.map(({ tensor }) => tensor).filter((name) => !handed.has(name));
}

/** Inputs whose rows are fetched through a callback, by their tensors. */
export function fetchedInputs({ steps }: Plan): ReadonlySet<string> {
  return new Set(steps.flatMap((step) => (step.kind === 'stage' ? step.fetched : [])));
}
