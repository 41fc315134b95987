import { rowShape } from '../../graph/types.ts';
import type { KernelCall } from '../../ops/define.ts';
import { accumulates, splitsRows, stepCount, stepWidth } from '../demand.ts';
import type { Placed } from '../joined.ts';
import type { Layer, Ring } from '../types.ts';
import type { Tally } from './work-shapes.ts';

/** Bytes that code in line moves, where their number is known (TSR_SHORT_BYTES in runtime-c/tsr.h). */
const mostInLine = 32;

/** How the output of a layer is kept where no plan says: a window as wide as what is made at a time. */
function likelyRing(segment: number, width: number): Pick<Ring, 'slots' | 'window'> {
  return { slots: 2, window: segment < width ? segment : 0 };
}

/** What tsr_ring_write in runtime-c/tsr.h moves for all segments of a row, and of the row before at its first. */
function countMoves(
  tally: Tally,
  ring: Pick<Ring, 'slots' | 'window'>,
  segment: number,
  width: number,
  rows: number,
  pixelBytes: number,
): void {
  const { slots, window } = ring;
  // What is as wide as a window and has no slots passes straight to the next layer.
  if (window === 0 || (slots === 0 && window === segment)) return;
  const even = width % segment === 0;
  const move = (pixels: number, times: number, known: 'constant' | 'computed'): void => {
    const bytes = pixels * pixelBytes;
    if (bytes <= 0 || times === 0) return;
    if (known === 'constant' && bytes <= mostInLine && bytes % 4 === 0) tally('stageWords', (times * bytes) / 4);
    else {
      tally('stageMoves', times);
      tally('stageMoved', times * bytes);
    }
  };
  if (slots > 0) move(Math.min(window, width), rows - 1, 'constant');
  for (let x = segment; x < width; x += segment) {
    const count = Math.min(segment, width - x);
    const joined = even && window % segment === 0;
    if (slots > 0) {
      if (joined) move(x >= window ? count : 0, rows, 'constant');
      else move(Math.min(count, x + count - window), rows, 'computed');
    }
    move(window - count, rows, even ? 'constant' : 'computed');
  }
}

/**
 * What a stage does besides, to call one kernel of a layer in segments of so many columns: it finds the rows, has rings
 * take what is made, and chooses what runs next. `placed`: how tensors lie, where that is decided.
 */
export function countStage(tally: Tally, layer: Layer, call: KernelCall, segment: number, placed: Placed | null): void {
  const width = stepWidth(layer);
  const step = splitsRows(layer) ? Math.min(segment, width) : width;
  const calls = call.count * Math.ceil(width / step);
  tally('stageCalls', calls);
  if (step < width) tally('stageSegments', calls);
  if (width % step !== 0) tally('stageUneven', calls);
  for (const { input, rows, columns } of call.inputs) {
    const tensor = layer.tensors.inputs[input];
    if (tensor === null || tensor === undefined) continue;
    const count = rows === 'whole' ? 1 : rows.count;
    const window = placed === null ? step < width : (placed.storage.get(tensor.name)?.window ?? 0) > 0;
    const follows = count === 1 && columns.count === 1 && columns.multiply === 1 && window;
    if (follows) tally('stageFollows', calls);
    else tally(window ? 'stageWindowRows' : 'stageRows', calls * count);
  }
  if (accumulates(layer)) return;
  const { channels } = rowShape(layer.tensors.output.shape);
  const storage = placed?.storage.get(layer.tensors.output.name);
  const ring = storage ?? likelyRing(step, width);
  countMoves(tally, ring, step, width, stepCount(layer), storage?.pixelBytes ?? channels);
}
