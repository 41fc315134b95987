import type { AxisMap, KernelCall, KernelInput } from '../ops/define.ts';
import { windowStart } from '../plan/demand.ts';

/** `variable * factor + summand` in C, without what changes nothing. */
export function linear(variable: string, factor: number, summand: number): string {
  if (factor === 0) return `${summand}`;
  const product = factor === 1 ? variable : `${variable} * ${factor}`;
  if (summand === 0) return product;
  return `${product} ${summand < 0 ? '-' : '+'} ${Math.abs(summand)}`;
}

/** The position of the first tap of a window, plus `offset`, for the output position `variable`. */
export function startExpression(map: AxisMap, variable: string, offset = 0): string {
  if (map.divide === 1) return linear(variable, map.multiply, map.add + offset);
  return `tsr_floor_div(${linear(variable, map.multiply, map.add + offset * map.divide)}, ${map.divide})`;
}

/** Rows of an input that are looked up one by one, so that only those that may be padding are asked whether they are. */
export const unrolledRows = 3;

/** Row `index` of those that a call needs for step y, and when it is outside the tensor: '' for never. */
export function rowText(
  call: KernelCall,
  access: KernelInput,
  height: number,
  index: number,
): { row: string; outside: string } {
  const map = access.rows;
  if (map === 'whole') return { row: '0', outside: '' };
  const offset = index * map.dilation;
  const row = startExpression(map, 'y', offset);
  const ends = [call.firstRow, call.firstRow + call.count - 1].map((y) => windowStart(map, y) + offset);
  const before = Math.min(...ends) < 0 ? [`${row} < 0`] : [];
  const behind = Math.max(...ends) >= height ? [`${row} >= ${height}`] : [];
  return { row, outside: [...before, ...behind].join(' || ') };
}

/** A C expression in brackets where it needs them as a factor. */
export const bracket = (text: string): string => (/^\w+$/.test(text) || text.startsWith('tsr_') ? text : `(${text})`);
