import { type Graph, rowShape, tensorOf } from '../graph/types.ts';
import type { Isa } from '../kernels/define.ts';
import { buildPlan } from './build.ts';
import { accumulates, canStream, scratchBytes, splitsRows, stepCount, stepWidth } from './demand.ts';
import { fitRings, ringBytes } from './rings.ts';
import { alignUp, type Layer, type Plan, type StageStep, type Step, tensorBytes } from './types.ts';

/**
 * What a plan is for: `time`: every layer whole, one after the other; `sram`: the least arena; `balanced`: the least
 * arena that costs at most 5 % more time than layer by layer.
 */
export const objectives = ['balanced', 'sram', 'time'] as const;
export type Objective = (typeof objectives)[number];

/** Whether the model's input lies whole in the arena, or is fetched row by row where a stage begins with it. */
export type InputMode = 'resident' | 'stream';

export interface PlanOptions {
  readonly objective: Objective;
  readonly input: InputMode;
  /** Instruction sets that kernels may use; the portable kernels alone where they are left out. */
  readonly isas?: readonly Isa[] | undefined;
  /** The most bytes that the arena may take: then the fastest plan that fits, whatever the objective. */
  readonly arenaLimit?: number | undefined;
}

/** Time is counted in multiply-accumulates; a call of a kernel costs as much as so many of them. */
const callCost = 100;

/** What `balanced` may cost, as a multiple of the time of layer by layer. */
const balancedTime = 1.05;

/** Columns that the layers of a stage compute at a time; whole rows, or a few pixels. */
const segmentWidths = [Number.POSITIVE_INFINITY, 8, 4, 2, 1];

/** A run of layers as one step of the plan: what it needs of the arena, and how many calls of kernels it takes. */
export interface Candidate {
  readonly start: number;
  readonly end: number;
  /** Null: a single layer, computed whole. */
  readonly segment: number | null;
  readonly bytes: number;
  readonly calls: number;
}

/** How often a plan calls a kernel in one inference. */
export function kernelCalls(plan: Plan): number {
  let calls = 0;
  for (const step of plan.steps) {
    if (step.kind === 'call') calls += callsOf(plan.layers[step.layer] as Layer, null);
    else
      step.layers.forEach((index, i) => {
        calls += callsOf(plan.layers[index] as Layer, step.segments[i] as number);
      });
  }
  return calls;
}

/** What a plan costs in time: multiply-accumulates, and calls of kernels. */
export function timeOf(plan: Plan): number {
  return plan.macs + callCost * kernelCalls(plan);
}

/** A model that cannot be planned within the arena that it was given. */
export class ArenaLimitError extends Error {
  readonly least: Plan;

  constructor(least: Plan) {
    super(`the least arena is ${least.arenaBytes} bytes`);
    this.least = least;
  }
}

/**
 * Chooses the steps of a plan by dynamic programming over the places where stages begin and end. Nothing is computed
 * twice. Of the plans that the objective allows alike the one with the fewest kernel calls is taken.
 * @throws ArenaLimitError where no plan fits the limit; it carries the plan with the least arena
 */
export function choosePlan(graph: Graph, layers: readonly Layer[], options: PlanOptions): Plan {
  const search = searchOf(graph, layers, options);
  const layerwise = search.layerwise();
  const { arenaLimit, objective } = options;
  if (arenaLimit === undefined && objective === 'time') return layerwise;
  const plans = paretoOf(search);
  const least = plans.at(-1) ?? layerwise;
  if (arenaLimit !== undefined) {
    const fitting = plans.find((plan) => plan.arenaBytes <= arenaLimit);
    if (fitting === undefined) throw new ArenaLimitError(least);
    return fitting;
  }
  if (objective === 'sram') return least;
  const bound = balancedTime * timeOf(layerwise);
  return plans.filter((plan) => timeOf(plan) <= bound).at(-1) ?? layerwise;
}

/** The plans of which none has both less arena and less time than another, the fastest first. */
export function paretoPlans(graph: Graph, layers: readonly Layer[], input: InputMode): readonly Plan[] {
  return paretoOf(searchOf(graph, layers, { objective: 'sram', input }));
}

/** The plans that a model can have. Limits are bytes that no step may exceed. */
interface Search {
  /** The limits at which the choice can change, from the least on, ascending. */
  readonly limits: readonly number[];
  /** The time of the fastest plan within a limit. */
  timeWithin(limit: number): number;
  planWithin(limit: number): Plan;
  layerwise(): Plan;
}

function searchOf(graph: Graph, layers: readonly Layer[], options: PlanOptions): Search {
  const candidates = candidatesOf(graph, layers, options);
  const least = leastPeak(candidates, layers.length);
  const limits = [...new Set(candidates.map((candidate) => candidate.bytes))].filter((bytes) => bytes >= least);
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  const within = (limit: number): readonly Candidate[] => fewestCalls(candidates, layers.length, limit);
  return {
    limits: limits.sort((a, b) => a - b),
    timeWithin: (limit) => macs + callCost * within(limit).reduce((sum, candidate) => sum + candidate.calls, 0),
    planWithin: (limit) => buildPlan(graph, layers, stepsOf(graph, layers, within(limit), options)),
    layerwise: () =>
      buildPlan(
        graph,
        layers,
        layers.map((layer): Step => ({ kind: 'call', layer: layer.index })),
      ),
  };
}

/** From the fastest plan downwards: each time the fastest of those that need less in every step. */
function paretoOf(search: Search): readonly Plan[] {
  const plans: Plan[] = [];
  let index = search.limits.length - 1;
  while (index >= 0) {
    const time = search.timeWithin(search.limits[index] as number);
    // The least limit that gives the same time.
    let low = 0;
    let high = index;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (search.timeWithin(search.limits[middle] as number) <= time) high = middle;
      else low = middle + 1;
    }
    const plan = search.planWithin(search.limits[low] as number);
    if (plan.arenaBytes < (plans.at(-1)?.arenaBytes ?? Number.POSITIVE_INFINITY)) plans.push(plan);
    index = low - 1;
  }
  return plans;
}

/** The least peak of all the plans that are searched: the bytes that live at the busiest step. */
export function leastPossiblePeak(graph: Graph, layers: readonly Layer[], input: InputMode): number {
  return leastPeak(candidatesOf(graph, layers, { input }), layers.length);
}

/** The least possible peak over all ways to cut the layers into candidates. */
function leastPeak(candidates: readonly Candidate[], length: number): number {
  const best = new Array<number>(length + 1).fill(Number.POSITIVE_INFINITY);
  best[0] = 0;
  for (const { start, end, bytes } of candidates) {
    best[end] = Math.min(best[end] as number, Math.max(best[start] as number, bytes));
  }
  return best[length] as number;
}

/** The cut with the fewest kernel calls of which no step needs more than `limit` bytes. */
function fewestCalls(candidates: readonly Candidate[], length: number, limit: number): readonly Candidate[] {
  const best = new Array<number>(length + 1).fill(Number.POSITIVE_INFINITY);
  const last = new Array<Candidate | undefined>(length + 1).fill(undefined);
  best[0] = 0;
  for (const candidate of candidates) {
    const calls = (best[candidate.start] as number) + candidate.calls;
    if (candidate.bytes > limit || calls >= (best[candidate.end] as number)) continue;
    best[candidate.end] = calls;
    last[candidate.end] = candidate;
  }
  const chosen: Candidate[] = [];
  for (let end = length; end > 0; ) {
    const candidate = last[end];
    if (candidate === undefined) throw new Error('no way to cut the layers');
    chosen.unshift(candidate);
    end = candidate.start;
  }
  return chosen;
}

/** Every step that a plan could take, ordered by where it ends. */
export function candidatesOf(
  graph: Graph,
  layers: readonly Layer[],
  options: Pick<PlanOptions, 'input'>,
): readonly Candidate[] {
  const lives = livesOf(graph, layers);
  const candidates: Candidate[] = [];
  const rings = segmentWidths.map((segment) => ({ segment, bytes: ringsOf(graph, layers, segment, options) }));
  for (let end = 1; end <= layers.length; end += 1) {
    for (let start = end - 1; start >= 0; start -= 1) {
      const layer = layers[start] as Layer;
      if (start === end - 1) {
        candidates.push({
          start,
          end,
          segment: null,
          bytes: bytesAt(layers, lives, start, end, null),
          calls: callsOf(layer, null),
        });
      }
      if (!canStream(layer)) break;
      for (const { segment, bytes } of rings) {
        let calls = 0;
        for (let index = start; index < end; index += 1) calls += callsOf(layers[index] as Layer, segment);
        candidates.push({ start, end, segment, bytes: bytesAt(layers, lives, start, end, bytes), calls });
      }
    }
  }
  return candidates;
}

/** The calls of kernels that a layer takes: whole (null), or in segments. */
function callsOf(layer: Layer, segment: number | null): number {
  if (layer.lowering.kind === 'alias') return 0;
  const width = splitsRows(layer) ? stepWidth(layer) : 1;
  const rows = stepCount(layer);
  if (segment === null) return layer.lowering.calls.every((call) => call.pointwise) ? 1 : rows;
  return rows * Math.ceil(width / Math.min(segment, width));
}

interface Life {
  readonly bytes: number;
  /** The layer that makes the tensor; -1 for an input of the graph. */
  readonly made: number;
  readonly lastUse: number;
  /** An input of the graph that a stage may fetch row by row, if all its consumers are in it. */
  readonly fetchable: number | null;
}

/** When each stored tensor is made and last used, by layer; aliases count for the tensor that they name. */
function livesOf(graph: Graph, layers: readonly Layer[]): ReadonlyMap<string, Life> {
  const lives = new Map<string, Life>();
  const roots = new Map<string, string>();
  const root = (name: string): string => roots.get(name) ?? name;
  const use = (name: string, layer: number): void => {
    const life = lives.get(root(name));
    if (life === undefined) return;
    const fetchable = life.fetchable === null ? null : Math.min(life.fetchable, layer);
    lives.set(root(name), { ...life, lastUse: Math.max(life.lastUse, layer), fetchable });
  };
  for (const port of graph.inputs) {
    const bytes = tensorBytes(tensorOf(graph, port.tensor));
    lives.set(port.tensor, { bytes, made: -1, lastUse: -1, fetchable: Number.POSITIVE_INFINITY });
  }
  for (const layer of layers) {
    for (const name of layer.node.inputs) if (name !== null) use(name, layer.index);
    if (layer.lowering.kind === 'alias') roots.set(layer.node.output, root(layer.node.inputs[0] as string));
    else
      lives.set(layer.node.output, {
        bytes: tensorBytes(layer.tensors.output),
        made: layer.index,
        lastUse: layer.index,
        fetchable: null,
      });
  }
  for (const port of graph.outputs) use(port.tensor, layers.length);
  return lives;
}

/** The ring of every tensor, if all layers that can stream did so in segments of this width. */
function ringsOf(
  graph: Graph,
  layers: readonly Layer[],
  segment: number,
  options: Pick<PlanOptions, 'input'>,
): ReadonlyMap<string, number> {
  const bytes = new Map<string, number>();
  let start = 0;
  while (start < layers.length) {
    let end = start;
    while (end < layers.length && canStream(layers[end] as Layer)) end += 1;
    if (end > start) {
      const stage = stageOf(graph, layers, { start, end, segment }, options);
      const rings = fitRings(layers.slice(start, end), stage, (name) => tensorOf(graph, name));
      for (const [name, ring] of rings) {
        const { width, channels } = rowShape(tensorOf(graph, name).shape);
        bytes.set(name, ringBytes(ring, { width, pixelBytes: channels }));
      }
    }
    start = Math.max(end, start + 1);
  }
  return bytes;
}

/** The arena that a step over layers [start, end) needs; `rings` is null for a layer that is computed whole. */
function bytesAt(
  layers: readonly Layer[],
  lives: ReadonlyMap<string, Life>,
  start: number,
  end: number,
  rings: ReadonlyMap<string, number> | null,
): number {
  let sum = 0;
  for (const [name, life] of lives) {
    if (life.made >= end || life.lastUse < start) continue;
    const fetched =
      life.made < 0 &&
      life.fetchable !== null &&
      rings?.has(name) === true &&
      life.fetchable >= start &&
      life.lastUse < end;
    // An input that is fetched takes nothing before it is needed.
    if (life.made < 0 && life.fetchable !== null && life.fetchable >= end && rings?.has(name)) continue;
    const inside = (life.made >= start && life.lastUse < end) || fetched;
    sum += alignUp(inside && rings !== null ? (rings.get(name) ?? life.bytes) : life.bytes);
  }
  // As in buildPlan: accumulators are each layer's own, all other scratch is shared.
  let shared = 0;
  for (const layer of layers.slice(start, end)) {
    if (accumulates(layer)) sum += scratchBytes(layer);
    else shared = Math.max(shared, scratchBytes(layer));
  }
  return sum + shared;
}

function stepsOf(
  graph: Graph,
  layers: readonly Layer[],
  chosen: readonly Candidate[],
  options: PlanOptions,
): readonly Step[] {
  return chosen.map((candidate): Step => {
    const { start, segment } = candidate;
    return segment === null
      ? { kind: 'call', layer: start }
      : stageOf(graph, layers, { ...candidate, segment }, options);
  });
}

function stageOf(
  graph: Graph,
  layers: readonly Layer[],
  { start, end, segment }: { readonly start: number; readonly end: number; readonly segment: number },
  options: Pick<PlanOptions, 'input'>,
): StageStep {
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
  return {
    kind: 'stage',
    layers: members.map((layer) => layer.index),
    segments: members.map((layer) => Math.min(segment, stepWidth(layer))),
    fetched,
  };
}
