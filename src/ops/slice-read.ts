import type { Tensor } from '../graph/types.ts';
import { present, type ReadContext } from './define.ts';
import { integerInput } from './integer-input.ts';

/**
 * A part of a tensor, for every axis from `starts` to before `ends` by `steps`. All are positions of the input as they
 * stand: nothing counts from the end, and where the step is negative an end of -1 lies before the first element.
 */
export interface SliceAttributes {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly steps: readonly number[];
}

/** The shape of the part of a tensor of that shape. */
export function slicedShape(shape: readonly number[], { starts, ends, steps }: SliceAttributes): number[] {
  return shape.map((_, axis) =>
    Math.max(0, Math.ceil((present(ends[axis]) - present(starts[axis])) / present(steps[axis]))),
  );
}

/** Start, end and step of one axis of `size`, clamped as the ONNX specification of Slice says. */
function clampedRange(size: number, start: number, end: number, step: number): readonly [number, number, number] {
  const clamp = (position: number, least: number, most: number): number =>
    Math.min(Math.max(position < 0 ? position + size : position, least), most);
  const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
  const first = clamp(start, Math.max(least, 0), most);
  const count = Math.max(0, Math.ceil((clamp(end, least, most) - first) / step));
  // One element is the same by any step, however large.
  return count < 2 ? [first, first + count, 1] : [first, clamp(end, least, most), step];
}

/** The slice of x with these attributes: x itself where that is all of it. */
export function emitSlice(c: ReadContext, x: Tensor, attributes: SliceAttributes): Tensor {
  const shape = slicedShape(x.shape, attributes);
  const isWhole = shape.every((size, axis) => size === x.shape[axis]) && attributes.steps.every((step) => step > 0);
  return isWhole ? x : c.emit('Slice', [x], attributes);
}

/** Slice, with its lists as attributes before opset 10 and as inputs since. */
export function readSlice(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  const rank = x.shape.length;
  const list = (index: number, name: string): readonly number[] | null =>
    c.opset < 10 ? c.optionalIntegers(name) : integerInput(c, index, name);
  const starts = list(1, 'starts') ?? c.invalid('starts is missing');
  const ends = list(2, 'ends') ?? c.invalid('ends is missing');
  const axes = list(3, 'axes') ?? starts.map((_, i) => i);
  const steps = (c.opset < 10 ? null : list(4, 'steps')) ?? starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    c.invalid(
      `${starts.length} starts, ${ends.length} ends, ${axes.length} axes and ${steps.length} steps do not match`,
    );
  }
  const ranges = x.shape.map((size) => clampedRange(size, 0, size, 1));
  const seen = new Set<number>();
  axes.forEach((stated, i) => {
    const axis = stated < 0 ? stated + rank : stated;
    if (axis < 0 || axis >= rank) c.invalid(`axis ${stated} is out of range for ${rank} axes`);
    if (seen.has(axis)) c.invalid(`axis ${stated} is listed twice`);
    seen.add(axis);
    if (steps[i] === 0) c.invalid(`the step of axis ${stated} is 0`);
    ranges[axis] = clampedRange(present(x.shape[axis]), present(starts[i]), present(ends[i]), present(steps[i]));
  });
  const attributes: SliceAttributes = {
    starts: ranges.map(([start]) => start),
    ends: ranges.map(([, end]) => end),
    steps: ranges.map(([, , step]) => step),
  };
  return [emitSlice(c, x, attributes)];
}

/** The sizes of the parts of an axis of `size`, by whichever way the opset states them. */
function partSizes(c: ReadContext, size: number): readonly number[] {
  const sizes = c.opset < 13 ? c.optionalIntegers('split') : integerInput(c, 1, 'the sizes of the parts');
  if (sizes !== null) {
    if (sizes.length !== c.outputCount) c.invalid(`${sizes.length} parts for ${c.outputCount} outputs`);
    const total = sizes.reduce((sum, part) => sum + part, 0);
    if (sizes.some((part) => part < 0) || total !== size)
      c.invalid(`[${sizes}] does not add up to the axis of ${size}`);
    return sizes;
  }
  const parts = c.outputCount;
  if (c.opset >= 18) {
    const stated = c.integer('num_outputs', parts);
    if (stated !== parts) c.invalid(`num_outputs is ${stated}, and there are ${parts} outputs`);
    // The last part takes what is left, and may be smaller.
    const each = Math.ceil(size / parts);
    if (each * (parts - 1) > size) c.invalid(`an axis of ${size} cannot be split into ${parts} parts of ${each}`);
    return Array.from({ length: parts }, (_, i) => Math.min(each, size - i * each));
  }
  if (size % parts !== 0) c.invalid(`an axis of ${size} cannot be split into ${parts} equal parts`);
  return new Array<number>(parts).fill(size / parts);
}

/** Split becomes a Slice for each of its outputs. */
export function readSplit(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  const rank = x.shape.length;
  const stated = c.integer('axis', 0);
  const axis = stated < 0 ? stated + rank : stated;
  if (axis < 0 || axis >= rank) c.invalid(`axis ${stated} is out of range for ${rank} axes`);
  if (c.outputCount < 1) c.invalid('there are no outputs');
  let start = 0;
  return partSizes(c, present(x.shape[axis])).map((size) => {
    const first = start;
    start += size;
    return emitSlice(c, x, {
      starts: x.shape.map((_, i) => (i === axis ? first : 0)),
      ends: x.shape.map((whole, i) => (i === axis ? first + size : whole)),
      steps: x.shape.map(() => 1),
    });
  });
}
