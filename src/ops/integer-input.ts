import type { ReadContext } from './define.ts';

/** The elements of an optional input that must be constant integers (axes, shapes, pads); null where it is left out. */
export function integerInput(c: ReadContext, index: number, what: string): readonly number[] | null {
  const value = c.optionalConstant(index, what);
  if (value === null) return null;
  if (value.dtype !== 'int64' && value.dtype !== 'int32') c.invalid(`${what} must be integers, and are ${value.dtype}`);
  return Array.from(value.data, Number);
}
