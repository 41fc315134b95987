import { alignUp, type Buffer, type PlacedBuffer } from './types.ts';

/**
 * Gives every buffer a place such that buffers that live at the same time do not share bytes: largest first, each in
 * the lowest gap that takes it. (Greedy by size: Pisarchyk and Lee, "Efficient memory management for deep neural net
 * inference", arXiv 2001.03288.)
 */
export function allocate(buffers: readonly Buffer[]): readonly PlacedBuffer[] {
  const offsets = new Array<number>(buffers.length).fill(0);
  const order = buffers.map((_, index) => index);
  order.sort((a, b) => (buffers[b] as Buffer).bytes - (buffers[a] as Buffer).bytes || a - b);
  const placed: number[] = [];
  for (const index of order) {
    const buffer = buffers[index] as Buffer;
    const conflicts = placed
      .filter((other) => overlapInTime(buffers[other] as Buffer, buffer))
      .sort((a, b) => (offsets[a] as number) - (offsets[b] as number));
    let offset = 0;
    for (const other of conflicts) {
      if (offset + buffer.bytes <= (offsets[other] as number)) break;
      offset = Math.max(offset, alignUp((offsets[other] as number) + (buffers[other] as Buffer).bytes));
    }
    offsets[index] = offset;
    placed.push(index);
  }
  return buffers.map((buffer, index) => ({ ...buffer, offset: offsets[index] as number }));
}

function overlapInTime(a: Buffer, b: Buffer): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The bytes from the start of the arena to the end of its last buffer. */
export function arenaBytes(buffers: readonly PlacedBuffer[]): number {
  return alignUp(Math.max(0, ...buffers.map((buffer) => buffer.offset + buffer.bytes)));
}

/** The most bytes that live at one step: no allocation of these buffers is smaller. */
export function allocationBound(buffers: readonly Buffer[]): number {
  const steps = new Set(buffers.map((buffer) => buffer.first));
  let most = 0;
  for (const step of steps) {
    const live = buffers.filter((buffer) => buffer.first <= step && step <= buffer.last);
    most = Math.max(most, live.reduce((sum, buffer) => sum + alignUp(buffer.bytes), 0));
  }
  return most;
}
