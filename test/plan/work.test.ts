import { describe, expect, it } from 'vitest';
import { quantize } from '../../src/compile.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { callCount, kernelWork } from '../../src/plan/cost/work.ts';
import { callShapes } from '../../src/plan/cost/work-shapes.ts';
import { lowerGraph } from '../../src/plan/lower.ts';
import type { Layer } from '../../src/plan/types.ts';

/** A 3 x 3 convolution of stride 1 with padding, depthwise or not, of a map of 5 x 7 and 8 channels. */
function convolution(groups: number, isas: readonly 'dsp'[] = []): Layer {
  const b = createGraphBuilder('one');
  const x = b.input('x', { shape: [1, 5, 7, 8], dtype: 'float32' });
  const data = new Float32Array(8 * 9 * (8 / groups)).fill(0.1);
  const weights = b.constant('w', { shape: [8, 3, 3, 8 / groups], dtype: 'float32', data });
  const y = b.add('Conv', [x, weights], {
    ...{ kernel: [3, 3], strides: [1, 1], dilations: [1, 1], groups },
    pads: [
      [1, 1],
      [1, 1],
    ],
  });
  const graph = quantize(
    b.finish([plainPort(x)], [plainPort(y)]),
    new Map([
      ['x', { min: -1, max: 1 }],
      [y.name, { min: -4, max: 4 }],
    ]),
  );
  return lowerGraph(graph, isas)[0] as Layer;
}

const callOf = (layer: Layer) => {
  if (layer.lowering.kind === 'alias') throw new Error('an alias');
  const [call] = layer.lowering.calls;
  if (call === undefined) throw new Error('no call');
  return call;
};

describe('how a layer calls its kernel', () => {
  const layer = convolution(1);
  const call = callOf(layer);

  it('whole: rows with padding above, below and nowhere', () => {
    const shapes = callShapes(layer, call, null, null);
    const common = { pixels: 7, first: -1, width: 7 };
    expect(shapes).toEqual([
      { ...common, count: 1, rows: 2, above: 1, below: 0 },
      { ...common, count: 3, rows: 3, above: 0, below: 0 },
      { ...common, count: 1, rows: 2, above: 0, below: 1 },
    ]);
  });

  it('in segments: also with padding left, nowhere and right', () => {
    const middle = callShapes(layer, call, 3, null).filter(({ rows }) => rows === 3);
    expect(middle.map(({ count, pixels, first, width }) => [count, pixels, first, width])).toEqual([
      [3, 3, -1, 4],
      [3, 3, 0, 5],
      [3, 1, 0, 2],
    ]);
    expect(callCount(layer, call, 3, null)).toBe(15);
  });

  it.each([1, 2, 3, 4, 7])('in segments of %i: every pixel once, every tap once', (segment) => {
    const shapes = callShapes(layer, call, segment, null);
    expect(shapes.reduce((sum, { count, pixels }) => sum + count * pixels, 0)).toBe(35);
    const work = kernelWork(layer, call, segment, null);
    // Of 9 taps of 35 pixels, those in the input: (3 * 5 - 2) * (3 * 7 - 2).
    const inside = 13 * 19;
    expect(work.get('taps')).toBe(8 * inside);
    expect(work.get('padding')).toBe(8 * (9 * 35 - inside));
  });

  it('as one long row where each pixel needs one, rows lie one behind the other and no output overlaps', () => {
    const b = createGraphBuilder('pointwise');
    const x = b.input('x', { shape: [1, 5, 7, 8], dtype: 'float32' });
    const y = b.add('Unary', [x], { chain: [{ function: 'sigmoid', parameters: [] }] });
    const graph = quantize(
      b.finish([plainPort(x)], [plainPort(y)]),
      new Map([
        ['x', { min: -1, max: 1 }],
        [y.name, { min: 0, max: 1 }],
      ]),
    );
    const one = lowerGraph(graph, [])[0] as Layer;
    expect(callCount(one, callOf(one), null, null)).toBe(1);
    for (const [together, calls] of [
      [1, 5],
      [2, 3],
      [4, 2],
    ] as const) {
      const placed = { storage: new Map(), overlapping: new Map([[one.index, together]]) };
      expect(callCount(one, callOf(one), null, placed)).toBe(calls);
      const pixels = callShapes(one, callOf(one), null, placed).map(({ count, pixels }) => count * pixels);
      expect(pixels.reduce((sum, some) => sum + some, 0)).toBe(35);
    }
  });
});

describe('the work of the convolution for Arm DSP', () => {
  it('takes all pixels of a call in groups of four, two and one', () => {
    const layer = convolution(1, ['dsp']);
    const work = kernelWork(layer, callOf(layer), null, null);
    const groups = [4, 2, 1].map((pixels) => work.get(`groups ${pixels}`) ?? 0);
    expect(groups[0] as number).toBe(5);
    expect(groups.reduce((sum, count, i) => sum + count * ([4, 2, 1][i] as number), 0)).toBe(35);
    // 36 pairs of taps, two channels at a time of four pixels, four of fewer.
    expect(work.get('sum pairs 4')).toBe(5 * 36 * 4);
  });

  it('in groups is that of one for each', () => {
    const layer = convolution(2, ['dsp']);
    const call = callOf(layer);
    const { symbol, fields } = call;
    expect(symbol).toMatch(/_groups$/);
    expect([fields.in_channels, fields.out_channels]).toEqual([4, 4]);
    const work = kernelWork(layer, call, null, null);
    expect([work.get('calls'), work.get('channel groups')]).toEqual([5, 10]);
    expect(work.get('groups 4')).toBe(2 * 5);
    // 18 pairs of taps of four channels each.
    expect(work.get('sum pairs 4')).toBe(2 * 5 * 18 * 2);
  });
});
