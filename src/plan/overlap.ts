import { type Graph, rowShape, type Tensor, tensorOf } from '../graph/types.ts';
import { allocationBound } from './allocate.ts';
import { canStream } from './demand.ts';
import { alignUp, type Buffer, type Layer, type Step } from './types.ts';
import { runWalk, startWalk } from './walk.ts';

/** A tensor that is stored whole, and its place in a buffer. */
export interface Part {
  readonly tensor: string;
  readonly offset: number;
}

/** A buffer that several whole tensors use one after the other; the later one begins below the end of the earlier. */
export interface SharedBuffer extends Buffer {
  readonly parts: readonly Part[];
}

/**
 * How many bytes before its dying input an output must begin, so that every row is written only after the last read of
 * the bytes under it; null where the two cannot share. Exact to the row: kernels may read and write within a row in any
 * order. After "diagonal memory optimisation" (arXiv 2010.01668), with rows for elements.
 */
export function overlapDistance(
  graph: Graph,
  layers: readonly Layer[],
  step: Step,
  output: Tensor,
  input: Tensor,
): number | null {
  const members =
    step.kind === 'call' ? [layers[step.layer] as Layer] : step.layers.map((index) => layers[index] as Layer);
  if (!members.every(canStream)) return null;
  // A layer of several calls that is computed whole makes all rows of one before the next begins.
  if (step.kind === 'call' && members.some(({ lowering }) => lowering.kind === 'calls' && lowering.calls.length > 1))
    return null;
  const readers = members.filter((layer) => layer.node.inputs.includes(input.name));
  if (
    readers.some((layer) => layer.demands.some((demand) => demand.tensor.name === input.name && demand.rows === null))
  )
    return null;
  const shape = rowShape(input.shape);
  const inputRow = shape.width * shape.channels;
  const stage = step.kind === 'call' ? { segments: [], fetched: [] } : step;
  const walk = startWalk(members, stage, (name) => tensorOf(graph, name));
  let distance = 0;
  runWalk(walk, {
    step: () => {},
    write(flow, row, _from, to) {
      if (flow.tensor.name !== output.name) return;
      const written = (row * flow.width + to) * flow.pixelBytes;
      let needed = shape.rows;
      for (const member of walk.members) {
        if (member.y >= member.steps) continue;
        for (const { demand } of member.intakes) {
          if (demand.tensor.name === input.name) needed = Math.min(needed, demand.firstRowFrom[member.y] as number);
        }
      }
      distance = Math.max(distance, written - needed * inputRow);
    },
  });
  return alignUp(distance);
}

/**
 * Lets outputs begin in their dying inputs, where the busiest steps gain by it. Buffers that are joined count as one
 * that lives as long as both; so only what lowers the bound of the allocation is joined.
 * @param whole the tensors that are stored whole, each in a buffer of its own
 */
export function shareBuffers(
  graph: Graph,
  layers: readonly Layer[],
  steps: readonly Step[],
  buffers: readonly Buffer[],
  whole: ReadonlySet<string>,
): readonly SharedBuffer[] {
  let current: readonly SharedBuffer[] = buffers.map((buffer) => ({
    ...buffer,
    parts: [{ tensor: buffer.name, offset: 0 }],
  }));
  let bound = allocationBound(current);
  // A model whose outputs are its inputs has buffers, and no steps.
  while (steps.length > 0) {
    let best: readonly SharedBuffer[] | null = null;
    for (const index of busiestSteps(current, bound)) {
      for (const joined of joinedAt(graph, layers, steps, current, whole, index)) {
        const lower = allocationBound(joined);
        if (lower < bound) {
          bound = lower;
          best = joined;
        }
      }
    }
    if (best === null) break;
    current = best;
  }
  return current;
}

/** The steps at which the most bytes live. */
function busiestSteps(buffers: readonly Buffer[], bound: number): readonly number[] {
  const steps = new Set(buffers.map((buffer) => buffer.first));
  return [...steps].filter((step) => {
    const live = buffers.filter((buffer) => buffer.first <= step && step <= buffer.last);
    return live.reduce((sum, buffer) => sum + alignUp(buffer.bytes), 0) >= bound;
  });
}

/** The buffers with one output of a step joined to one of its dying inputs, in every way that there is. */
function joinedAt(
  graph: Graph,
  layers: readonly Layer[],
  steps: readonly Step[],
  buffers: readonly SharedBuffer[],
  whole: ReadonlySet<string>,
  index: number,
): readonly (readonly SharedBuffer[])[] {
  const step = steps[index] as Step;
  const made = new Set((step.kind === 'call' ? [step.layer] : step.layers).map((layer) => layers[layer]?.node.output));
  const kept = new Set(graph.outputs.map((port) => port.tensor));
  const dying = buffers.filter((buffer) => {
    const last = (buffer.parts.at(-1) as Part).tensor;
    return buffer.last === index && !made.has(last) && !kept.has(last);
  });
  const born = buffers.filter((buffer) => buffer.first === index && buffer.parts.length === 1 && made.has(buffer.name));
  return born.flatMap((output) =>
    dying.flatMap((input) => {
      const last = input.parts.at(-1) as Part;
      if (!whole.has(output.name) || !whole.has(last.tensor)) return [];
      const distance = overlapDistance(graph, layers, step, tensorOf(graph, output.name), tensorOf(graph, last.tensor));
      if (distance === null || distance >= output.bytes) return [];
      // The output begins `distance` bytes before the input; whatever would begin before the buffer moves it up.
      const start = last.offset - distance;
      const shift = Math.max(0, -start);
      const joined: SharedBuffer = {
        name: `${output.name} over ${input.name}`,
        bytes: Math.max(input.bytes + shift, start + shift + output.bytes),
        first: input.first,
        last: output.last,
        parts: [
          ...input.parts.map((part) => ({ ...part, offset: part.offset + shift })),
          { tensor: output.name, offset: start + shift },
        ],
      };
      return [[...buffers.filter((buffer) => buffer !== output && buffer !== input), joined]];
    }),
  );
}

/** Layers whose output begins in an input: they must be computed row by row. */
export function overlappingLayers(layers: readonly Layer[], buffers: readonly SharedBuffer[]): ReadonlySet<number> {
  const shared = new Set(buffers.flatMap((buffer) => buffer.parts.slice(1).map((part) => part.tensor)));
  return new Set(layers.filter((layer) => shared.has(layer.node.output)).map((layer) => layer.index));
}
