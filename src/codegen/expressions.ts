import type { AxisMap } from '../ops/define.ts';

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
