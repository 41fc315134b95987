import { rowShape, tensorOf } from '../graph/types.ts';
import { goesInRows } from './boundary.ts';
import { layerTime } from './cost.ts';
import { accumulates, canStream, scratchBytes, stepWidth } from './demand.ts';
import { type Life, livesOf } from './lives.ts';
import { overlapDistance, type PlacedProgram } from './overlap.ts';
import { bytesTogether, fitRings, ringBytes } from './rings.ts';
import { alignUp, type Layer, type Program, type Ring, type StageStep, type Step } from './types.ts';
import { regionsOf } from './views.ts';
import { type Cut, cutsOf, segmentWidths } from './widths.ts';

/** Whether the model's input lies whole in the arena, or is fetched row by row where a stage begins with it. */
export type InputMode = 'resident' | 'stream';

/** A run of layers as one step of the plan: what it needs of the arena, and its time (see layerTime). */
export interface Candidate {
  readonly start: number;
  readonly end: number;
  /** Columns that its layers compute at a time: all alike, or each its own. Null: a single layer, computed whole. */
  readonly segment: number | readonly number[] | null;
  /** No step over these layers needs less: outputs count as lying over dying inputs as far as their sizes let them. */
  readonly bytes: number;
  /** What it needs where no output begins in an input. */
  readonly apart: number;
  readonly time: number;
}

/** The steps that plans of a program can have. */
export interface Candidates {
  readonly program: PlacedProgram;
  /** Ordered by where they end. */
  readonly all: readonly Candidate[];
  readonly stepOf: (candidate: Candidate) => Step;
  /** What a step really needs: its outputs lie over its inputs as far as its order of computing lets them. */
  readonly exactBytes: (candidate: Candidate) => number;
  /** The stage of a candidate with layers in segments of different widths (see cutsOf). */
  readonly cuts: (candidate: Candidate) => readonly Cut[];
  /** The tensors that live at some time of a step. */
  readonly livingAt: (candidate: Candidate) => readonly Life[];
}

/** The bytes of a ring, and the lane that it lies in (see Ring). */
interface Fitted {
  readonly bytes: number;
  readonly lane: number | null;
}

/** What planning a model found out about runs of layers, to be used again for another program with the same runs. */
export interface Memory {
  /** In the order of the tensors that are fetched, and then of the layers. */
  readonly rings: Map<string, readonly Fitted[]>;
  readonly overlaps: Map<string, number>;
  readonly times: Map<string, number>;
  readonly cuts: Map<string, readonly (readonly number[])[]>;
  /** What the layers are that make tensors, by their names. */
  readonly kinds: Map<string, string>;
}

export function createMemory(): Memory {
  return { rings: new Map(), overlaps: new Map(), times: new Map(), cuts: new Map(), kinds: new Map() };
}

/**
 * The runs of layers that stages lie in. Behind a layer that accumulates nothing can go on before the last row is there;
 * so where all that follows needs it, a stage across it would be two in one, and a run ends there.
 */
function runsOf(layers: readonly Layer[]): readonly Stretch[] {
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

/** The bytes of the ring of every tensor, if all layers of a run computed in segments of this width. */
function ringsOf(
  program: Program,
  run: Stretch,
  segment: number | readonly number[],
  input: InputMode,
  memory: Memory,
): ReadonlyMap<string, Fitted> {
  const members = program.layers.slice(run.start, run.end);
  const stage = stageOf(program, { ...run, segment }, input);
  const names = [...stage.fetched, ...members.map(({ node }) => node.output)];
  const key = [
    segment,
    ...stage.fetched,
    '',
    ...stage.handed,
    '',
    ...members.map((layer) => kindOf(layer, memory)),
  ].join('\n');
  const tensorsOf = names.map((name) => tensorOf(program.graph, name));
  const fitted = (): readonly Fitted[] => {
    const rings = fitRings(members, stage, (name) => tensorOf(program.graph, name));
    return tensorsOf.map(({ name, shape }) => {
      const { width, channels } = rowShape(shape);
      const ring = rings.get(name) as Ring;
      return { bytes: ringBytes(ring, { width, pixelBytes: channels }), lane: ring.lane };
    });
  };
  const known = memory.rings.get(key) ?? fitted();
  memory.rings.set(key, known);
  return new Map(names.map((name, index) => [name, known[index] as Fitted]));
}

/** What a layer is, as far as rings, overlaps and time go: groups of as many channels are alike. */
function kindOf({ node, tensors, lowering }: Layer, { kinds }: Memory): string {
  // Where channels or columns are computed in parts, their whole is a layer that has the name of the one that computed it.
  if (lowering.kind === 'alias') return `${node.output}, computed in no layer`;
  const kind = kinds.get(node.output) ?? `${node.output.replaceAll(/\[\d+:\d+\]/g, '[]')} ${tensors.output.shape}`;
  kinds.set(node.output, kind);
  return kind;
}

/** Layers from `start` on, before `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * Every step that a plan could take, within a stretch of the layers; of steps over the same layers those that one could choose.
 * @param cuts stages with layers in segments of different widths, beside those of one width
 */
export function candidatesOf(
  program: Program,
  input: InputMode,
  memory: Memory = createMemory(),
  stretch: Stretch = { start: 0, end: program.layers.length },
  cuts: readonly Cut[] = [],
): Candidates {
  const { graph, layers, handed } = program;
  const regions = regionsOf(graph, layers);
  const placed = { graph, layers, handed, regions };
  const lives = livesOf(program, regions);
  const byEnd = layers.map((): Candidate[] => []);
  const runs = runsOf(layers);
  const isNear = (run: Stretch): boolean => run.start < stretch.end && run.end > stretch.start;
  const rings = runs.map((run) =>
    isNear(run) ? segmentWidths.map((segment) => ringsOf(program, run, segment, input, memory)) : [],
  );
  const timeOf = (layer: Layer, segment: number | null): number => {
    const key = `${segment} ${kindOf(layer, memory)}`;
    const known = memory.times.get(key) ?? layerTime(layer, segment);
    memory.times.set(key, known);
    return known;
  };
  // An input that is fetched takes nothing before it is needed.
  const fetchable = new Set(
    runs
      .flatMap((run) => stageOf(program, { ...run, segment: 1 }, input).fetched)
      .filter((name) => lives.some((life) => life.name === name && life.firstUse !== null)),
  );
  const madeBy = layers.map((): Life[] => []);
  const endingAt = layers.map((): Life[] => []);
  for (const life of lives) {
    const made = fetchable.has(life.name) ? (life.firstUse as number) : life.made;
    madeBy[made]?.push(life);
    endingAt[life.lastUse]?.push(life);
  }
  const from = (life: Life): number => (fetchable.has(life.name) ? (life.firstUse as number) : life.made);
  /** Bytes of the tensors that live when layer `start` begins, made before it. */
  const livingAt = (start: number): readonly Life[] =>
    lives.filter((life) => from(life) < start && life.lastUse >= start);

  const extend = (
    start: number,
    limit: number,
    segment: number | null,
    ring: ReadonlyMap<string, Fitted>,
    living: readonly Life[],
    least: number[],
  ): void => {
    let whole = living.reduce((sum, life) => sum + alignUp(life.bytes), 0);
    let [born, dying, own, shared, time] = [0, 0, 0, 0, 0];
    const rings: Fitted[] = [];
    for (let end = start + 1; end <= limit; end += 1) {
      const layer = layers[end - 1] as Layer;
      time += timeOf(layer, segment);
      if (accumulates(layer)) own += scratchBytes(layer, segment);
      else shared = Math.max(shared, scratchBytes(layer, segment));
      for (const life of madeBy[end - 1] as Life[]) {
        whole += alignUp(life.bytes);
        if (life.made >= 0) born += alignUp(life.bytes);
      }
      for (const life of endingAt[end - 1] as Life[]) {
        const inside = segment === null || !life.single || from(life) < start ? undefined : ring.get(life.name);
        if (inside !== undefined) {
          whole -= alignUp(life.bytes);
          rings.push(inside);
        }
        // An output that is handed over when its layer is through may lie over a dying input, too.
        const isBorn = segment === null && handed?.has(life.name) === true;
        if (life.made >= start && !isBorn) born -= alignUp(life.bytes);
        else if (life.made < start && inside === undefined) dying += alignUp(life.bytes);
      }
      const apart = whole + own + shared + bytesTogether(rings);
      const overlaps = segment !== null || canStream(layer);
      // Narrower segments take more time: only those that need less are of use.
      if (apart >= (least[end] ?? Number.POSITIVE_INFINITY)) continue;
      if (segment !== null) least[end] = apart;
      const bytes = apart - (overlaps ? Math.min(born, dying) : 0);
      byEnd[end - 1]?.push({ start, end, segment, apart, bytes, time });
    }
  };
  for (let start = stretch.end - 1; start >= stretch.start; start -= 1) {
    const living = livingAt(start);
    if (!goesInRows(program, layers[start] as Layer)) extend(start, start + 1, null, new Map(), living, []);
    const index = runs.findIndex((run) => run.start <= start && start < run.end);
    const run = runs[index];
    if (run === undefined) continue;
    const least: number[] = [];
    segmentWidths.forEach((segment, i) => {
      const ring = rings[index]?.[i] as ReadonlyMap<string, Fitted>;
      extend(start, Math.min(run.end, stretch.end), segment, ring, living, least);
    });
  }
  /** The tensors of a stage that lie in rings. */
  const inside = ({ start, end }: Stretch): readonly Life[] =>
    lives.filter((life) => life.single && from(life) >= start && life.lastUse >= start && life.lastUse < end);
  for (const { start, end, segments } of cuts) {
    const whole = byEnd[end - 1]?.find((one) => one.start === start && one.segment === Number.POSITIVE_INFINITY);
    const run = runs.findIndex((one) => one.start <= start && end <= one.end);
    if (whole === undefined || run < 0) continue;
    const ring = ringsOf(program, { start, end }, segments, input, memory);
    const names = inside({ start, end }).map(({ name }) => name);
    const bytesOf = (fitted: ReadonlyMap<string, Fitted>): number =>
      bytesTogether(names.flatMap((name) => fitted.get(name) ?? []));
    const change = bytesOf(ring) - bytesOf(rings[run]?.[0] as ReadonlyMap<string, Fitted>);
    const layersOf = layers.slice(start, end);
    const time = layersOf.reduce((sum, layer, index) => sum + timeOf(layer, segments[index] as number), 0);
    byEnd[end - 1]?.push({
      ...{ start, end, segment: segments, time },
      ...{ apart: whole.apart + change, bytes: whole.bytes + change },
    });
  }
  const stepOf = ({ start, end, segment }: Candidate): Step =>
    segment === null ? { kind: 'call', layer: start } : stageOf(program, { start, end, segment }, input);
  return {
    program: placed,
    all: byEnd.flat(),
    stepOf,
    cuts: ({ start, end, segment }) => {
      if (segment === null || end - start < 2) return [];
      const key = layers
        .slice(start, end)
        .map((layer) => kindOf(layer, memory))
        .join('\n');
      const names = new Set(inside({ start, end }).map(({ name }) => name));
      const found =
        memory.cuts.get(key) ??
        cutsOf(program, { start, end }, stageOf(program, { start, end, segment: 1 }, input), names).map(
          ({ segments }) => segments,
        );
      memory.cuts.set(key, found);
      return found.map((segments) => ({ start, end, segments }));
    },
    livingAt: ({ start, end }) => lives.filter((life) => life.made < end && life.lastUse >= start),
    exactBytes: (candidate) =>
      candidate.bytes === candidate.apart
        ? candidate.apart
        : exactBytes(placed, lives, candidate, stepOf(candidate), memory),
  };
}

/** What a step needs where its outputs lie over its dying inputs, each over one, the most that is saved first. */
function exactBytes(
  program: PlacedProgram,
  lives: readonly Life[],
  { start, end, segment, apart }: Candidate,
  step: Step,
  memory: Memory,
): number {
  const { graph, layers } = program;
  const members = layers.slice(start, end);
  const born = lives.filter(
    ({ name, made, lastUse }) =>
      made >= start &&
      made < end &&
      (lastUse >= end || (segment === null && program.handed?.has(name))) &&
      members.some(({ node, lowering }) => node.output === name && lowering.kind === 'calls'),
  );
  const fetched = step.kind === 'stage' ? step.fetched : [];
  const dying = lives.filter(
    ({ name, made, lastUse }) => made < start && lastUse >= start && lastUse < end && !fetched.includes(name),
  );
  const key = [
    segment,
    ...members.map((layer) => kindOf(layer, memory)),
    '',
    ...born.map(({ name }) => name),
    '',
    ...dying.map(({ name }) => name),
  ].join('\n');
  const known = memory.overlaps.get(key);
  if (known !== undefined) return apart - known;
  const pairs = born.flatMap((output) =>
    dying.flatMap((input) => {
      const distance = overlapDistance(program, step, tensorOf(graph, output.name), tensorOf(graph, input.name));
      if (distance === null) return [];
      const together = Math.max(alignUp(input.bytes) + distance, alignUp(output.bytes));
      return [{ output, input, saved: alignUp(input.bytes) + alignUp(output.bytes) - together }];
    }),
  );
  const used = new Set<Life>();
  let saved = 0;
  for (const pair of pairs.sort((a, b) => b.saved - a.saved)) {
    if (pair.saved <= 0 || used.has(pair.output) || used.has(pair.input)) continue;
    used.add(pair.output).add(pair.input);
    saved += pair.saved;
  }
  memory.overlaps.set(key, saved);
  return apart - saved;
}

function stageOf(
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
