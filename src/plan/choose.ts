import type { Graph } from '../graph/types.ts';
import { buildPlan } from './build.ts';
import { canStream } from './demand.ts';
import type { Layer, Plan, Step } from './types.ts';

/** What a plan is for: the least time (every layer whole, one after the other) or the least SRAM. */
export type Objective = 'time' | 'sram';

/** Whether the model's input lies whole in the arena, or is fetched row by row where a stage begins with it. */
export type InputMode = 'resident' | 'stream';

export interface PlanOptions {
  readonly objective: Objective;
  readonly input: InputMode;
  readonly segment?: number;
}

/**
 * Chooses the steps. For the least SRAM every run of layers that can stream becomes one stage, cut where the arena
 * comes out smallest; nothing is ever computed twice.
 */
export function choosePlan(graph: Graph, layers: readonly Layer[], options: PlanOptions): Plan {
  const used = layers.map((layer) => layer.index);
  const call = (layer: number): Step => ({ kind: 'call', layer });
  let best = buildPlan(graph, layers, used.map(call));
  if (options.objective === 'time' && options.input === 'resident') return best;
  const steps: Step[] = [];
  let position = 0;
  while (position < layers.length) {
    const end = runEnd(layers, position);
    if (end === position) {
      steps.push(call(position));
      position += 1;
      continue;
    }
    // The best cut of this run, with everything after it layer by layer.
    let cut = position;
    for (let length = 1; position + length <= end; length += 1) {
      const stage = stageOf(graph, layers, position, position + length, options);
      if (length === 1 && stage.fetched.length === 0) continue;
      const rest = used.slice(position + length).map(call);
      const plan = buildPlan(graph, layers, [...steps, stage, ...rest]);
      if (plan.arenaBytes < best.arenaBytes) {
        best = plan;
        cut = position + length;
      }
    }
    if (cut > position) {
      steps.push(stageOf(graph, layers, position, cut, options));
      position = cut;
    } else {
      steps.push(call(position));
      position += 1;
    }
  }
  return best;
}

/** The end of the longest run of streamable layers from `start` on. */
function runEnd(layers: readonly Layer[], start: number): number {
  let end = start;
  while (end < layers.length && canStream(layers[end] as Layer)) end += 1;
  return end;
}

function stageOf(graph: Graph, layers: readonly Layer[], start: number, end: number, options: PlanOptions): Step & { kind: 'stage' } {
  const members = layers.slice(start, end);
  const inside = new Set(members.map((layer) => layer.index));
  const fetched = graph.inputs
    .map((port) => port.tensor)
    .filter(
      (name) =>
        options.input === 'stream' &&
        members.some((layer) => layer.node.inputs.includes(name)) &&
        !layers.some((layer) => !inside.has(layer.index) && layer.node.inputs.includes(name)) &&
        !graph.outputs.some((port) => port.tensor === name),
    );
  return { kind: 'stage', layers: members.map((layer) => layer.index), segments: members.map(() => options.segment ?? 2), fetched };
}
