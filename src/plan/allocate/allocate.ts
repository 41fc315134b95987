import { alignUp, type Buffer, bufferAlignment, type Join, type PlacedBuffer } from '../types.ts';
import { placeBySize } from './greedy.ts';
import { overlapBound } from './overlaps.ts';
import { type Block, liveBound, type Overlap } from './problem.ts';
import { defaultWork, solveAllocation } from './solve.ts';

/**
 * Gives every buffer a place such that buffers that live at the same time do not share bytes, by the quick rule of
 * largest first: for the many plans that are only compared.
 */
export function allocate(buffers: readonly Buffer[]): readonly PlacedBuffer[] {
  return withOffsets(buffers, placeBySize(buffers.map(toBlock)));
}

/** A placement that is never worse than `allocate`'s, and what is known about the least that there is. */
export interface ThoroughAllocation {
  readonly buffers: readonly PlacedBuffer[];
  /** No placement of these buffers takes fewer bytes: `allocationBound`, or more where the search has proven it. */
  readonly bound: number;
  /** The arena is as small as the bound. */
  readonly optimal: boolean;
}

/**
 * The same by search, for the plan that is kept: finds the least arena in all but very hard problems.
 * @param work how much to search, in visits of a buffer; the same work gives the same places on every machine
 */
export function allocateThoroughly(buffers: readonly Buffer[], work: number = defaultWork): ThoroughAllocation {
  return allocateJoined(buffers, [], work);
}

/**
 * The same where outputs may begin in their dying inputs; never worse than if they did not.
 * @param joins each buffer is the input of one at most, and the output of one at most
 */
export function allocateJoined(
  buffers: readonly Buffer[],
  joins: readonly Join[],
  work: number = defaultWork,
): ThoroughAllocation {
  const overlaps = overlapsOf(buffers, joins);
  const { offsets, bound, optimal } = solveAllocation(buffers.map(toBlock), { work, overlaps });
  return { buffers: withOffsets(buffers, offsets), bound: bound * bufferAlignment, optimal };
}

/** The bytes that no placement of such buffers is below: what lives at one step, or along a chain of outputs over inputs. */
export function joinedBound(buffers: readonly Buffer[], joins: readonly Join[]): number {
  return overlapBound(buffers.map(toBlock), overlapsOf(buffers, joins)) * bufferAlignment;
}

/** Joins as the search takes them: buffers by their positions, distances in units of the alignment. */
export function overlapsOf(buffers: readonly Buffer[], joins: readonly Join[]): readonly Overlap[] {
  const index = new Map(buffers.map(({ name }, position) => [name, position]));
  return joins.map(({ input, output, distance }) => ({
    input: index.get(input) as number,
    output: index.get(output) as number,
    distance: distance / bufferAlignment,
  }));
}

/** The bytes from the start of the arena to the end of its last buffer. */
export function arenaBytes(buffers: readonly PlacedBuffer[]): number {
  return alignUp(buffers.reduce((end, buffer) => Math.max(end, buffer.offset + buffer.bytes), 0));
}

/** The most bytes that live at one step: no allocation of these buffers is smaller. */
export function allocationBound(buffers: readonly Buffer[]): number {
  return liveBound(buffers.map(toBlock)) * bufferAlignment;
}

/** In units of the alignment, so that every offset that the search can find is aligned. */
export function toBlock(buffer: Buffer): Block {
  return { lower: buffer.first, upper: buffer.last + 1, size: alignUp(buffer.bytes) / bufferAlignment };
}

function withOffsets(buffers: readonly Buffer[], offsets: readonly number[]): readonly PlacedBuffer[] {
  return buffers.map((buffer, index) => ({
    ...buffer,
    region: 0,
    offset: (offsets[index] as number) * bufferAlignment,
  }));
}
