import { accumulates, canStream, stepWidth } from './demand.ts';
import type { Layer, Program, StageStep } from './types.ts';

/** Whether the model's input lies whole in the arena, or is fetched row by row where a stage begins with it. */
export type InputMode = 'resident' | 'stream';

/** Layers from `start` on, before `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * The runs of layers that stages lie in. Behind a layer that accumulates nothing can go on before the last row is there;
 * so where all that follows needs it, a stage across it would be two in one, and a run ends there.
 */
export function runsOf(layers: readonly Layer[]): readonly Stretch[] {
  const runs: { start: number; end: number }[] = [];
  const streams = layers.map(canStream);
  for (let start = 0; start < layers.length; ) {
    let end = start;
    while (end < layers.length && streams[end] && (end === start || !layers[end]?.startsStage)) end += 1;
    let from = start;
    for (let index = start; index < end - 1; index += 1) {
      if (!accumulates(layers[index] as Layer) || !allNeed(layers, index, end)) continue;
      runs.push({ start: from, end: index + 1 });
      from = index + 1;
    }
    if (end > from) runs.push({ start: from, end });
    start = Math.max(end, start + 1);
  }
  return runs;
}

/** Whether all layers from behind `index` to `end` need what it makes. */
function allNeed(layers: readonly Layer[], index: number, end: number): boolean {
  const needing = new Set([layers[index]?.node.output]);
  for (const { node } of layers.slice(index + 1, end)) {
    if (!node.inputs.some((name) => name !== null && needing.has(name))) return false;
    needing.add(node.output);
  }
  return true;
}

/** The step that computes layers in segments of so many columns, all alike or each its own. */
export function stageOf(
  { graph, layers, handed }: Program,
  { start, end, segment }: Stretch & { readonly segment: number | readonly number[] },
  input: InputMode,
): StageStep {
  const members = layers.slice(start, end);
  const inside = new Set(members.map((layer) => layer.index));
  const fetched = graph.inputs
    .map((port) => port.tensor)
    .filter(
      (name) =>
        input === 'stream' &&
        members.some((layer) => layer.node.inputs.includes(name)) &&
        !layers.some((layer) => !inside.has(layer.index) && layer.node.inputs.includes(name)) &&
        !graph.outputs.some((port) => port.tensor === name),
    );
  return {
    kind: 'stage',
    layers: members.map((layer) => layer.index),
    segments: members.map((layer, index) =>
      Math.min(typeof segment === 'number' ? segment : (segment[index] as number), stepWidth(layer)),
    ),
    fetched,
    handed: members.map(({ node }) => node.output).filter((name) => handed?.has(name)),
  };
}
