import { rowShape, tensorOf } from '../graph/types.ts';
import { allocateJoined, arenaBytes, joinedBound } from './allocate/allocate.ts';
import { keptOutputs } from './boundary.ts';
import { timeOf } from './cost/cost.ts';
import { accumulates, scratchBytes } from './demand.ts';
import { overlappingLayers, usefulRoom } from './joined.ts';
import { withPlanarRows } from './layout.ts';
import { joinBuffers } from './overlap.ts';
import { fitRings, ringBytes } from './rings.ts';
import { withRoomBefore } from './room.ts';
import {
  alignUp,
  type Buffer,
  type Join,
  type Layer,
  type PlacedBuffer,
  type Plan,
  type Program,
  type RewritingNote,
  type Step,
  type Storage,
  tensorBytes,
} from './types.ts';
import { regionsOf } from './views.ts';

/** The columns that a layer computes at a time; null where it is computed whole. */
function segmentOf(step: Step | undefined, layer: number): number | null {
  return step?.kind === 'stage' ? (step.segments[step.layers.indexOf(layer)] ?? null) : null;
}

/**
 * The scratch of each layer. What one call leaves there the next may overwrite, so all layers of a step share one; but
 * accumulators live from a stage's step to the next, each in a buffer of its own.
 */
function scratchBuffers(
  layers: readonly Layer[],
  steps: readonly Step[],
  stepOfLayer: ReadonlyMap<number, number>,
): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  const shared = new Map<number, { readonly layers: number[]; bytes: number }>();
  for (const layer of layers) {
    const step = stepOfLayer.get(layer.index);
    if (step === undefined) continue;
    const bytes = scratchBytes(layer, segmentOf(steps[step] as Step, layer.index));
    if (bytes === 0) continue;
    if (accumulates(layer)) {
      const name = `accumulators of ${layer.node.output}`;
      found.set(layer.index, { name, bytes, first: step, last: step });
    } else {
      const users = shared.get(step) ?? { layers: [], bytes: 0 };
      users.layers.push(layer.index);
      users.bytes = Math.max(users.bytes, bytes);
      shared.set(step, users);
    }
  }
  for (const [step, users] of shared) {
    const buffer = { name: `scratch of step ${step}`, bytes: users.bytes, first: step, last: step };
    for (const layer of users.layers) found.set(layer, buffer);
  }
  return found;
}

/** A program that may have been rewritten, and what it was before. */
export interface RewrittenProgram extends Program {
  readonly source: Program;
  readonly rewritings: readonly RewritingNote[];
}

/** A plan of which all is decided but where its buffers lie. */
export interface Draft {
  /** No placement of its buffers takes fewer bytes. */
  readonly bound: number;
  /** The time of its plan in estimated instructions, by how its tensors lie. */
  readonly time: () => number;
  /** @param work how much to search for places, in visits of a buffer */
  readonly place: (work?: number) => Plan;
}

/** Makes the plan that these steps are: rings, buffers, their lives and places. */
export function buildPlan(program: RewrittenProgram, steps: readonly Step[]): Plan {
  return draftPlan(program, steps).place();
}

/** The same, to be placed if it is of interest. */
export function draftPlan(program: RewrittenProgram, steps: readonly Step[]): Draft {
  const { graph, handed, optimize } = program;
  const regions = regionsOf(graph, program.layers);
  const root = (name: string): string => regions.get(name)?.root ?? name;
  const stepOfLayer = new Map<number, number>();
  steps.forEach((step, index) => {
    for (const layer of step.kind === 'call' ? [step.layer] : step.layers) stepOfLayer.set(layer, index);
  });
  const life = new Map<string, { first: number; last: number }>();
  const touch = (name: string, step: number): void => {
    const known = life.get(root(name));
    life.set(root(name), { first: Math.min(known?.first ?? step, step), last: Math.max(known?.last ?? step, step) });
  };
  const fetched = new Set(steps.flatMap((step) => (step.kind === 'stage' ? step.fetched : [])));
  for (const port of graph.inputs) if (!fetched.has(port.tensor)) touch(port.tensor, 0);
  for (const layer of program.layers) {
    const step = stepOfLayer.get(layer.index);
    if (step === undefined) continue;
    touch(layer.node.output, step);
    for (const tensor of layer.tensors.inputs)
      if (tensor !== null && tensor.kind !== 'constant') touch(tensor.name, step);
  }
  const kept = keptOutputs(program);
  for (const name of kept) touch(name, steps.length - 1);

  const whole = (name: string): Storage => {
    const { rows, width, channels } = rowShape(tensorOf(graph, name).shape);
    const { offset, rowBytes, pixelBytes } = regions.get(name) ?? {
      offset: 0,
      rowBytes: width * channels,
      pixelBytes: channels,
    };
    const layout = 'interleaved';
    return { buffer: null, offset, slots: rows, rowBytes, pixelBytes, window: 0, settle: [], lane: null, layout };
  };
  const storage = new Map<string, Storage>();
  const bytesOf = new Map<string, number>();
  /** Rings that lie where others of their stage lie, and the buffers that they share. */
  const laneOf = new Map<string, string>();
  const lanes = new Map<string, Buffer>();
  for (const [index, step] of steps.entries()) {
    if (step.kind !== 'stage') continue;
    const members = step.layers.map((index) => program.layers[index] as Layer);
    const inside = new Set(step.layers);
    for (const [name, ring] of fitRings(members, step, (tensor) => tensorOf(graph, tensor))) {
      const leaves =
        root(name) !== name ||
        kept.some((output) => root(output) === name) ||
        program.layers.some((layer) => !inside.has(layer.index) && layer.node.inputs.includes(name));
      if (leaves) continue;
      const { width, channels } = rowShape(tensorOf(graph, name).shape);
      storage.set(name, { ...whole(name), ...ring });
      const bytes = ringBytes(ring, { width, pixelBytes: channels });
      bytesOf.set(name, bytes);
      if (ring.lane === null) continue;
      const lane = `lane ${ring.lane} of step ${index}`;
      laneOf.set(name, lane);
      lanes.set(lane, { name: lane, bytes: Math.max(bytes, lanes.get(lane)?.bytes ?? 0), first: index, last: index });
    }
  }

  // Tensors that the caller sees, that have parts or other names, or of which a window is kept, have rows of pixels.
  const parts = [...regions].flatMap(([name, region]) => (region.root === name ? [] : [name, region.root]));
  const interleaved = new Set([...kept, ...(handed ?? []), ...parts]);
  const { layers, planar } = withPlanarRows({
    layers: program.layers,
    segmentOf: (layer) => segmentOf(steps[stepOfLayer.get(layer) ?? -1], layer),
    isFree: (name) => optimize !== 'size' && !interleaved.has(name) && (storage.get(name)?.window ?? 0) === 0,
  });
  const storageOf = (name: string): Storage => ({
    ...(storage.get(name) ?? whole(name)),
    layout: planar.has(name) ? 'planar' : 'interleaved',
  });

  const tensors = [...life].flatMap(([name, { first, last }]): Buffer[] =>
    laneOf.has(name) ? [] : [{ name, bytes: bytesOf.get(name) ?? tensorBytes(tensorOf(graph, name)), first, last }],
  );
  const rings = new Set(storage.keys());
  const scratches = scratchBuffers(layers, steps, stepOfLayer);
  const sharable = new Set(tensors.map((buffer) => buffer.name).filter((name) => !rings.has(name)));
  const all = [...tensors, ...lanes.values(), ...new Set(scratches.values())];
  const joins = joinBuffers({ graph, layers, handed, regions }, steps, all, sharable);
  const called = new Set(steps.flatMap((step) => (step.kind === 'call' ? [step.layer] : [])));
  const room = new Map(
    layers
      .filter(({ index }) => called.has(index))
      .map((layer) => [layer.node.output, usefulRoom(layer, (name) => storageOf(name).rowBytes)] as const),
  );
  const place = (work?: number): Plan => {
    const { buffers, bound } = allocateJoined(all, joins, work);
    const settled = withScratchBelow(buffers, joins, new Set(scratches.values()));
    const placed = withRoomBefore(settled, joins, room);
    const indexOf = new Map(placed.map((buffer, index) => [buffer.name, index]));
    const scratch = new Map<number, number>();
    for (const [layer, { name }] of scratches) scratch.set(layer, indexOf.get(name) as number);
    const places = new Map<string, Storage>();
    for (const { name, kind } of graph.tensors.values()) {
      const buffer = kind === 'constant' ? undefined : indexOf.get(laneOf.get(name) ?? root(name));
      places.set(name, { ...storageOf(name), buffer: buffer ?? null });
    }
    return {
      ...program,
      layers,
      steps,
      buffers: placed,
      storage: places,
      scratch,
      overlapping: overlappingLayers(layers, placedJoins(joins, placed), places),
      joins,
      regions: [{ memory: null, bytes: arenaBytes(placed), bound }],
      arenaBytes: arenaBytes(placed),
      allocationBound: bound,
      macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
    };
  };
  const stored = new Map([...graph.tensors.keys()].map((name) => [name, storageOf(name)]));
  // What is to lie over an input mostly does, and as near as it can.
  const placed = { layers, steps, storage: stored, overlapping: overlappingLayers(layers, joins, stored) };
  return { bound: joinedBound(all, joins), time: () => timeOf(placed), place };
}

/**
 * A placement with rings at the top of the arena where scratch would lie there: a kernel's scratch is what it takes at the
 * most, and what is measured on a device is what was written.
 */
function withScratchBelow(
  buffers: readonly PlacedBuffer[],
  joins: readonly Join[],
  scratches: ReadonlySet<Buffer>,
): readonly PlacedBuffer[] {
  const top = arenaBytes(buffers);
  const endOf = ({ offset, bytes }: PlacedBuffer): number => offset + alignUp(bytes);
  const scratchNames = new Set([...scratches].map(({ name }) => name));
  const joined = new Set(joins.flatMap(({ input, output }) => [input, output]));
  const moved = new Map<string, number>();
  for (const scratch of buffers) {
    if (!scratchNames.has(scratch.name) || endOf(scratch) !== top) continue;
    // Where both live as long, the bytes of the two together are theirs in any order.
    const below = buffers.find(
      (other) =>
        endOf(other) === scratch.offset &&
        other.first === scratch.first &&
        other.last === scratch.last &&
        !scratchNames.has(other.name) &&
        !joined.has(other.name),
    );
    if (below === undefined) continue;
    moved.set(scratch.name, below.offset);
    moved.set(below.name, top - alignUp(below.bytes));
  }
  return buffers.map((buffer) => ({ ...buffer, offset: moved.get(buffer.name) ?? buffer.offset }));
}

/** The joins whose buffers do share bytes, each with the distance that they lie at. */
export function placedJoins(joins: readonly Join[], buffers: readonly PlacedBuffer[]): readonly Join[] {
  const byName = new Map(buffers.map((buffer) => [buffer.name, buffer]));
  return joins.flatMap((join): Join[] => {
    const [a, b] = [byName.get(join.input) as PlacedBuffer, byName.get(join.output) as PlacedBuffer];
    const isMet = a.region === b.region && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
    return isMet ? [{ ...join, distance: a.offset - b.offset }] : [];
  });
}
