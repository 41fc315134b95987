import type { Tensor } from '../graph/types.ts';
import { present, type ReadContext } from './define.ts';
import { integerInput } from './integer-input.ts';
import { emitSlice } from './slice-read.ts';

/** Elements added before and after each axis; a negative number takes them away. */
export interface PadAttributes {
  readonly mode: 'constant' | 'edge' | 'reflect' | 'wrap';
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** The real value of what mode constant adds. */
  readonly value: number;
}

/** Most elements that one axis may be padded by. */
const largestPad = 65535;

/** Pad: attributes before opset 11, inputs since; a list of axes since opset 18, mode wrap since 19. */
export function readPad(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  const rank = x.shape.length;
  const mode = c.string('mode', 'constant');
  if (mode !== 'constant' && mode !== 'edge' && mode !== 'reflect' && mode !== 'wrap')
    c.invalid(`mode ${mode} is unknown`);
  const pads = c.opset < 11 ? c.optionalIntegers('pads') : integerInput(c, 1, 'the pads');
  if (pads === null) c.invalid('the pads are missing');
  const constant = c.opset < 11 ? null : c.optionalConstant(2, 'the value');
  if (constant !== null && constant.data.length !== 1)
    c.invalid(`the value has ${constant.data.length} elements; 1 is needed`);
  if (constant !== null && constant.dtype !== x.dtype)
    c.invalid(`the value has type ${constant.dtype}, the input ${x.dtype}`);
  if (c.opset < 11 && x.dtype !== 'float32') c.invalid(`type ${x.dtype} cannot be padded before opset 11`);
  const value = c.opset < 11 ? c.float('value', 0) : Number(constant?.data[0] ?? 0);
  const stated = (c.opset < 18 ? null : integerInput(c, 3, 'the axes')) ?? x.shape.map((_, axis) => axis);
  if (pads.length !== 2 * stated.length)
    c.invalid(`${stated.length} axes need ${2 * stated.length} pads, not ${pads.length}`);
  if (pads.some((size) => Math.abs(size) > largestPad)) c.unsupported(`a pad of more than ${largestPad} elements`);
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  const seen = new Set<number>();
  stated.forEach((number, i) => {
    const axis = number < 0 ? number + rank : number;
    if (axis < 0 || axis >= rank) c.invalid(`axis ${number} is out of range for ${rank} axes`);
    if (seen.has(axis)) c.invalid(`axis ${number} is listed twice`);
    seen.add(axis);
    before[axis] = present(pads[i]);
    after[axis] = present(pads[i + stated.length]);
  });
  // Padding by negative numbers alone is a slice.
  if (pads.every((size) => size <= 0)) {
    const ends = x.shape.map((size, axis) => size + present(after[axis]));
    return [emitSlice(c, x, { starts: before.map((size) => 0 - size), ends, steps: x.shape.map(() => 1) })];
  }
  return [c.emit('Pad', [x], { mode, before, after, value } satisfies PadAttributes)];
}
