import { type Graph, rowShape, tensorOf } from '../graph/types.ts';
import { allocateThoroughly, allocationBound, arenaBytes } from './allocate.ts';
import { accumulates, scratchBytes } from './demand.ts';
import { overlappingLayers, shareBuffers } from './overlap.ts';
import { fitRings, ringBytes } from './rings.ts';
import { type Buffer, type Layer, type Plan, type Step, type Storage, tensorBytes } from './types.ts';

/** The layer that a graph's tensor is really stored by: reshapes are only other names for the same bytes. */
function aliasRoots(layers: readonly Layer[]): ReadonlyMap<string, string> {
  const roots = new Map<string, string>();
  for (const layer of layers) {
    if (layer.lowering.kind !== 'alias') continue;
    const input = layer.node.inputs[0] as string;
    roots.set(layer.node.output, roots.get(input) ?? input);
  }
  return roots;
}

/**
 * The scratch of each layer. What one call leaves there the next may overwrite, so all layers of a step share one; but
 * accumulators live from a stage's step to the next, each in a buffer of its own.
 */
function scratchBuffers(
  layers: readonly Layer[],
  stepOfLayer: ReadonlyMap<number, number>,
): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  const shared = new Map<number, { readonly layers: number[]; bytes: number }>();
  for (const layer of layers) {
    const step = stepOfLayer.get(layer.index);
    const bytes = scratchBytes(layer);
    if (step === undefined || bytes === 0) continue;
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

/** Makes the plan that these steps are: rings, buffers, their lives and places. */
export function buildPlan(graph: Graph, layers: readonly Layer[], steps: readonly Step[]): Plan {
  const roots = aliasRoots(layers);
  const root = (name: string): string => roots.get(name) ?? name;
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
  for (const layer of layers) {
    const step = stepOfLayer.get(layer.index);
    if (step === undefined) continue;
    touch(layer.node.output, step);
    for (const tensor of layer.tensors.inputs)
      if (tensor !== null && tensor.kind !== 'constant') touch(tensor.name, step);
  }
  for (const port of graph.outputs) touch(port.tensor, steps.length - 1);

  const whole = (name: string): Storage => {
    const { rows, width, channels } = rowShape(tensorOf(graph, name).shape);
    return { buffer: null, offset: 0, slots: rows, rowBytes: width * channels, window: 0, settle: [] };
  };
  const storage = new Map<string, Storage>();
  const bytesOf = new Map<string, number>();
  for (const step of steps) {
    if (step.kind !== 'stage') continue;
    const members = step.layers.map((index) => layers[index] as Layer);
    const inside = new Set(step.layers);
    for (const [name, ring] of fitRings(members, step, (tensor) => tensorOf(graph, tensor))) {
      const leaves =
        graph.outputs.some((port) => root(port.tensor) === name) ||
        layers.some((layer) => !inside.has(layer.index) && layer.node.inputs.includes(name));
      if (leaves) continue;
      const { width, channels } = rowShape(tensorOf(graph, name).shape);
      storage.set(name, { ...whole(name), ...ring });
      bytesOf.set(name, ringBytes(ring, { width, pixelBytes: channels }));
    }
  }

  const tensors = [...life].map(
    ([name, { first, last }]): Buffer => ({
      name,
      bytes: bytesOf.get(name) ?? tensorBytes(tensorOf(graph, name)),
      first,
      last,
    }),
  );
  const rings = new Set(storage.keys());
  const named = new Set(roots.values());
  const scratches = scratchBuffers(layers, stepOfLayer);
  // A tensor with other names has readers under those: they are not looked for here, so it keeps a buffer of its own.
  const sharable = new Set(tensors.map((buffer) => buffer.name).filter((name) => !rings.has(name) && !named.has(name)));
  const buffers = shareBuffers(graph, layers, steps, [...tensors, ...new Set(scratches.values())], sharable);
  const places = new Map<string, { readonly buffer: number; readonly offset: number }>();
  buffers.forEach((buffer, index) => {
    for (const part of buffer.parts) places.set(part.tensor, { buffer: index, offset: part.offset });
  });
  const scratch = new Map<number, number>();
  for (const [layer, { name }] of scratches) scratch.set(layer, places.get(name)?.buffer as number);
  for (const tensor of graph.tensors.values()) {
    const place = tensor.kind === 'constant' ? undefined : places.get(root(tensor.name));
    const known = storage.get(tensor.name) ?? whole(tensor.name);
    storage.set(tensor.name, { ...known, buffer: place?.buffer ?? null, offset: place?.offset ?? 0 });
  }
  const { buffers: placed } = allocateThoroughly(buffers);
  return {
    graph,
    layers,
    steps,
    buffers: placed,
    storage,
    scratch,
    overlapping: overlappingLayers(layers, buffers),
    arenaBytes: arenaBytes(placed),
    allocationBound: allocationBound(buffers),
    macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
  };
}
