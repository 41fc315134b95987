import { describe, expect, it } from 'vitest';
import { quantizationOf } from '../../src/quantize/assign.ts';
import { createGrid } from '../../src/quantize/grid.ts';
import { createHistogram } from '../../src/quantize/histogram.ts';
import { randomFrom } from '../support/random.ts';

/** Numbers from -1 to 1, the same every time. */
function uniform(length: number): Float32Array {
  const random = randomFrom(11);
  return Float32Array.from({ length }, () => 2 * random() - 1);
}

describe('the grid of an input', () => {
  const rangeOf = (values: Float32Array) => {
    const grid = createGrid();
    grid.add(values);
    return grid.range();
  };

  it('is that of pixels, though not every level was seen', () => {
    const range = rangeOf(Float32Array.from({ length: 200 }, (_, i) => (i * i) % 241));
    expect(range).toEqual({ min: 0, max: 255 });
  });

  it('is that of features that were int8 before: every value comes back exactly', () => {
    const values = Float32Array.from({ length: 251 }, (_, q) => (q - 211) * 0.5847029);
    const range = rangeOf(values);
    expect(range).not.toBeNull();
    const { scales, zeroPoints } = quantizationOf(range as { min: number; max: number });
    const [scale = 0] = scales;
    const [zeroPoint = 0] = zeroPoints;
    for (const value of values) {
      const steps = value / scale + zeroPoint;
      expect(Math.abs(steps - Math.round(steps))).toBeLessThan(0.001);
      expect(Math.round(steps)).toBeGreaterThanOrEqual(-128);
      expect(Math.round(steps)).toBeLessThanOrEqual(127);
    }
  });

  it('is none for other numbers, few values, a zero between levels, more than 256 levels, or infinities', () => {
    const pixels = Float32Array.from({ length: 256 }, (_, i) => i);
    expect(rangeOf(uniform(100))).toBeNull();
    expect(rangeOf(uniform(10_000))).toBeNull();
    expect(rangeOf(Float32Array.of(0, 1, 2, 3))).toBeNull();
    expect(rangeOf(pixels.map((pixel) => pixel - 127.5))).toBeNull();
    expect(rangeOf(Float32Array.from({ length: 257 }, (_, i) => i))).toBeNull();
    expect(rangeOf(Float32Array.of(...pixels.subarray(1), Number.POSITIVE_INFINITY))).toBeNull();
    expect(rangeOf(Float32Array.of(...pixels.subarray(1), Number.NaN))).toBeNull();
    expect(rangeOf(new Float32Array(0))).toBeNull();
  });
});

describe('percentile ranges', () => {
  it('leave a few outliers of many values out', () => {
    const histogram = createHistogram();
    histogram.add(uniform(1_000_000));
    histogram.add(Float32Array.of(100, 200, -300));
    const { min, max } = histogram.percentile(1e-5);
    expect(Math.abs(max - 1)).toBeLessThan(0.3);
    expect(Math.abs(min + 1)).toBeLessThan(0.3);
  });

  it('are wider than what a few values took, and keep zero where it was an end', () => {
    const histogram = createHistogram();
    histogram.add(uniform(1000).map(Math.abs));
    const { min, max } = histogram.percentile(1e-5);
    // sqrt(ln 100000 / ln 1000)
    expect(max).toBeCloseTo(1.291, 2);
    expect(min).toBeCloseTo(0, 2);
  });
});
