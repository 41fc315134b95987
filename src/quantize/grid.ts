import type { Range } from './assign.ts';

/** The levels of int8. */
const levels = 256;

/** With fewer values than this, equal distances may be chance. */
const leastDistinct = 32;

/** How far from the grid a value may lie, in its steps: what float32 makes of it, but nothing that int8 could tell. */
const tolerance = 0.01;

/** Notices that values are multiples of one step, as those of pixels are, or of features that were int8 before. */
export interface Grid {
  add(values: Float32Array): void;
  /** The range of 256 levels whose int8 quantisation is exact for all values seen; null where there is none. */
  range(): Range | null;
}

export function createGrid(): Grid {
  const seen = new Set<number>();

  return {
    add(values) {
      for (let i = 0; i < values.length && seen.size <= levels; i += 1) seen.add(values[i] as number);
    },
    range() {
      if (seen.size < leastDistinct || seen.size > levels) return null;
      const values = Float64Array.from(seen).sort();
      const [first, last] = [values[0] as number, values.at(-1) as number];
      let gap = last - first;
      for (let i = 1; i < values.length; i += 1) gap = Math.min(gap, (values[i] as number) - (values[i - 1] as number));
      // Over the whole span the rounding of float32 counts least.
      const step = (last - first) / Math.round((last - first) / gap);
      const isOff = (value: number): boolean => !(Math.abs(value / step - Math.round(value / step)) <= tolerance);
      if (values.some(isOff)) return null;
      const low = Math.min(0, Math.round(first / step));
      const high = Math.max(0, Math.round(last / step));
      const spare = levels - 1 - (high - low);
      if (spare < 0) return null;
      // Values that calibration happened to miss lie on the sides of zero where it saw some.
      const below = low === 0 ? 0 : high === 0 ? spare : Math.floor(spare / 2);
      return { min: (low - below) * step, max: (high + spare - below) * step };
    },
  };
}
