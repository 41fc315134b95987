import type { Range } from './assign.ts';

const bins = 2048;

/** Counts of the values that a tensor takes, over [-limit, limit); the limit doubles as larger values come. */
export interface Histogram {
  /** Counts what is finite: infinities and NaN say nothing of the range that matters, and saturate as int8. */
  add(values: Float32Array): void;
  /** The least and the greatest value seen. */
  extent(): Range;
  /**
   * The range that leaves out `fraction` of the values at each end. Where fewer than 1 / fraction were seen, it is as
   * much wider as that of normally distributed values would be with so many.
   */
  percentile(fraction: number): Range;
  /** The range whose int8 quantisation has the least mean squared error over the values seen. */
  leastError(): Range;
}

export function createHistogram(): Histogram {
  let limit = 0;
  let counts = new Float64Array(bins);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let total = 0;

  const grow = (magnitude: number): void => {
    if (limit === 0) limit = 2 ** Math.ceil(Math.log2(Math.max(magnitude, 1e-30)));
    while (magnitude >= limit) {
      // Two old bins make one new one, in the middle half of the new range.
      const wider = new Float64Array(bins);
      for (let i = 0; i < bins; i += 1)
        wider[bins / 4 + (i >> 1)] = (wider[bins / 4 + (i >> 1)] as number) + (counts[i] as number);
      counts = wider;
      limit *= 2;
    }
  };
  const extent = (): Range => (total === 0 ? { min: 0, max: 0 } : { min, max });
  const centre = (bin: number): number => ((bin + 0.5) / bins) * 2 * limit - limit;
  /** A bin's edge, never beyond a value that was seen. */
  const edge = (bin: number): number => Math.max(min, Math.min(max, (bin / bins) * 2 * limit - limit));

  const errorOf = (range: Range): number => {
    const low = Math.min(0, range.min);
    const high = Math.max(0, range.max);
    const scale = (high - low) / 255;
    if (scale === 0) return Number.POSITIVE_INFINITY;
    // Inside, rounding errors are uniform; outside, values are cut off.
    let error = 0;
    for (let bin = 0; bin < bins; bin += 1) {
      const count = counts[bin] as number;
      if (count === 0) continue;
      const x = centre(bin);
      const beyond = x < low ? low - x : x > high ? x - high : 0;
      error += count * (beyond > 0 ? beyond * beyond : (scale * scale) / 12);
    }
    return error;
  };

  return {
    add(values) {
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < values.length; i += 1) {
        const x = values[i] as number;
        if (x < low && x > Number.NEGATIVE_INFINITY) low = x;
        if (x > high && x < Number.POSITIVE_INFINITY) high = x;
      }
      if (low > high) return;
      min = Math.min(min, low);
      max = Math.max(max, high);
      grow(Math.max(Math.abs(low), Math.abs(high)));
      const factor = bins / (2 * limit);
      for (let i = 0; i < values.length; i += 1) {
        const x = values[i] as number;
        if (!(x >= low && x <= high)) continue;
        const bin = (x * factor + bins / 2) | 0;
        counts[bin] = (counts[bin] as number) + 1;
        total += 1;
      }
    },
    extent,
    percentile(fraction) {
      const allowed = total * fraction;
      let low = 0;
      let high = bins;
      for (let seen = counts[low] as number; seen <= allowed && low < bins - 1; seen += counts[low] as number) low += 1;
      for (let seen = counts[high - 1] as number; seen <= allowed && high > 1; seen += counts[high - 1] as number)
        high -= 1;
      // The largest of n normally distributed values lies about sqrt(2 ln n) standard deviations out.
      const wider = Math.max(1, Math.sqrt(Math.log(1 / fraction) / Math.log(Math.max(2, total))));
      return { min: edge(low) * wider, max: edge(high) * wider };
    },
    leastError() {
      // Coordinate descent over the two ends, in steps of 1/64 of the extent.
      let best = extent();
      let least = errorOf(best);
      for (let round = 0; round < 2; round += 1) {
        for (const end of ['max', 'min'] as const) {
          const start = extent()[end];
          for (let part = 64; part >= 16; part -= 1) {
            const candidate = { ...best, [end]: (start * part) / 64 };
            const error = errorOf(candidate);
            if (error < least) {
              least = error;
              best = candidate;
            }
          }
        }
      }
      return best;
    },
  };
}
