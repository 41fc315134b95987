import type { Tensor } from '../graph/types.ts';
import type { ReadContext } from './define.ts';
import { integerInput } from './integer-input.ts';

/** The axes as they are stated: an attribute before opset 13, an input since; null where none are. */
function statedAxes(c: ReadContext): readonly number[] | null {
  return c.opset < 13 ? c.optionalIntegers('axes') : integerInput(c, 1, 'the axes');
}

/** The axes counted from 0, and checked. */
function countedAxes(c: ReadContext, stated: readonly number[], rank: number): readonly number[] {
  const axes = stated.map((axis) => (axis < 0 ? axis + rank : axis));
  if (axes.some((axis) => axis < 0 || axis >= rank)) c.invalid(`axes [${stated}] are out of range for ${rank} axes`);
  if (new Set(axes).size !== axes.length) c.invalid(`axes [${stated}] name an axis twice`);
  return axes;
}

/** Takes axes of one out: those listed, or all. */
export function readSqueeze(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  const stated = statedAxes(c);
  const axes = stated === null ? null : countedAxes(c, stated, x.shape.length);
  for (const axis of axes ?? []) {
    if (x.shape[axis] !== 1) c.invalid(`axis ${axis} of [${x.shape}] is not 1`);
  }
  const shape = x.shape.filter((size, axis) => (axes === null ? size !== 1 : !axes.includes(axis)));
  return [c.emit('Reshape', [x], { shape })];
}

/** Puts axes of one in, at the listed places of the output. */
export function readUnsqueeze(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  const stated = statedAxes(c) ?? c.invalid('the axes are missing');
  const rank = x.shape.length + stated.length;
  const axes = countedAxes(c, stated, rank);
  const sizes = x.shape.values();
  const shape = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (sizes.next().value as number)));
  return [c.emit('Reshape', [x], { shape })];
}
