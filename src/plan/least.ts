import { type Graph, rowShape, tensorOf } from '../graph/types.ts';
import { accumulates, canStream, scratchBytes } from './demand.ts';
import { type Life, livesOf } from './lives.ts';
import { leanLayers } from './lower.ts';
import { type InputMode, runsOf, stageOf } from './stages.ts';
import { alignUp, type Layer } from './types.ts';
import { regionsOf } from './views.ts';

/** What a ring takes at the least in a stage that goes on until a certain layer; nothing is known of shorter ones. */
interface RingBound {
  readonly bytes: number;
  readonly until: number;
}

/**
 * A peak that no plan of these layers in this order has less than, however they are cut into stages, in segments of
 * whatever widths, each layer with its own, with whatever kernels there are for them. Of rings it counts only what must be
 * in them for certain, so that the least plan may need more. Outputs stand in the arena at the end.
 */
export function leastPeak(graph: Graph, layers: readonly Layer[], input: InputMode): number {
  const program = { graph, layers };
  const runs = runsOf(layers);
  const lives = livesOf(program, regionsOf(graph, layers));
  const fetchable = new Set(runs.flatMap((run) => stageOf(program, { ...run, segment: 1 }, input).fetched));
  const from = (life: Life): number => (fetchable.has(life.name) ? (life.firstUse ?? life.made) : life.made);
  const rings = new Map(lives.map((life) => [life.name, life.single ? ringBound(program, life.name) : null]));
  const scratch = layers.map(leastScratch);

  /** What a step over layers `start` to `end` - 1 needs; `streamed`: as a stage, not one layer that is computed whole. */
  const stepBytes = (start: number, end: number, streamed: boolean): number => {
    let [bytes, born, dying] = [0, 0, 0];
    for (const life of lives) {
      if (from(life) >= end || life.lastUse < start) continue;
      const whole = alignUp(life.bytes);
      if (streamed && life.single && from(life) >= start && life.lastUse < end) {
        const ring = rings.get(life.name) ?? null;
        if (ring !== null && ring.until < end) bytes += Math.min(whole, alignUp(ring.bytes));
        continue;
      }
      bytes += whole;
      if (life.made >= start && life.lastUse >= end) born += whole;
      if (life.made < start && life.lastUse < end) dying += whole;
    }
    let shared = 0;
    for (let index = start; index < end; index += 1) {
      const own = scratch[index] as number;
      if (accumulates(layers[index] as Layer)) bytes += own;
      else shared = Math.max(shared, own);
    }
    const overlaps = streamed || canStream(layers[start] as Layer);
    return bytes + shared - (overlaps ? Math.min(born, dying) : 0);
  };

  const least = layers.map(() => Number.POSITIVE_INFINITY);
  layers.forEach((_, end) => {
    const run = runs.find((one) => one.start <= end && end < one.end);
    for (let start = run?.start ?? end; start <= end; start += 1) {
      const before = start === 0 ? 0 : (least[start - 1] as number);
      if (before >= (least[end] as number)) continue;
      const ways = [
        ...(run === undefined ? [] : [stepBytes(start, end + 1, true)]),
        ...(start === end ? [stepBytes(start, end + 1, false)] : []),
      ];
      least[end] = Math.min(least[end] as number, Math.max(before, Math.min(...ways)));
    }
  });
  return least.at(-1) ?? 0;
}

/** The scratch of a layer with the kernels of the least, computed whole or in segments of one column. */
function leastScratch(layer: Layer): number {
  const fastest = layer.fast === undefined ? layer : { ...layer, lowering: layer.fast };
  const kernels = [layer, fastest, ...leanLayers(fastest)];
  return Math.min(...kernels.flatMap((one) => [scratchBytes(one, null), scratchBytes(one, 1)]));
}

/**
 * What a tensor takes for certain inside a stage. A reader of several rows at a time keeps all but the last whole, and at
 * least a pixel of that. Where a third layer waits for the reader alone it computes in between, since the deepest goes
 * first: then the tensor lies in a lane with no other (see Ring).
 */
function ringBound(
  { graph, layers }: { readonly graph: Graph; readonly layers: readonly Layer[] },
  name: string,
): RingBound | null {
  const { width, channels } = rowShape(tensorOf(graph, name).shape);
  let rows = 0;
  let until = Number.POSITIVE_INFINITY;
  for (const reader of layers) {
    const demand = reader.demands.find(({ tensor }) => tensor.name === name);
    if (demand === undefined) continue;
    const { firstRow, lastRow } = demand;
    let isKept = true;
    firstRow.forEach((first, y) => {
      const last = lastRow[y] as number;
      const before = y === 0 ? -1 : (lastRow[y - 1] as number);
      if (last > before) rows = Math.max(rows, last - first);
      if (y > 0 && first > before) isKept = false;
    });
    if (!isKept || accumulates(reader)) continue;
    const output = reader.node.output;
    const between = layers.find(({ demands, node }) => {
      const own = demands.find(({ tensor }) => tensor.name === output);
      const needed = own?.lastRow[0] as number;
      if (own === undefined || needed >= rowShape(own.tensor.shape).rows - 1 || node.inputs.includes(name))
        return false;
      // What it needs besides must be there when the reader has made what is needed of it.
      return demands.every(
        (other) =>
          other === own || (other.lastRow[0] as number) < lastRowFor(layers, output, needed, other.tensor.name),
      );
    });
    if (between !== undefined) until = Math.min(until, between.index);
  }
  return rows === 0 || until === Number.POSITIVE_INFINITY ? null : { bytes: (rows * width + 1) * channels, until };
}

/** How many tensors are gone back through at the most. */
const mostBack = 6;

/** The last row of a tensor that must have been made for a row of another one; -1 where that is not known. */
function lastRowFor(layers: readonly Layer[], made: string, row: number, wanted: string, back = mostBack): number {
  const maker = layers.find(({ node }) => node.output === made);
  if (maker === undefined || back === 0 || accumulates(maker)) return -1;
  return maker.demands.reduce((most, { tensor, lastRow }) => {
    const last = lastRow[row] ?? -1;
    if (last < 0) return most;
    return Math.max(most, tensor.name === wanted ? last : lastRowFor(layers, tensor.name, last, wanted, back - 1));
  }, -1);
}
