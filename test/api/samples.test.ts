import { describe, expect, it } from 'vitest';
import { arraysFor, inGraphOrder, inOnnxOrder, inputArrays, randomSamples, samplesOf } from '../../src/api/samples.ts';
import type { Graph, Port } from '../../src/graph/types.ts';
import type { NumericArray } from '../../src/numpy/npy.ts';

const port = (name: string, shape: readonly number[], permutation = shape.map((_, axis) => axis)): Port => {
  return { name, tensor: name, shape, permutation };
};
const graphOf = (...inputs: readonly Port[]): Graph => ({
  name: 'g',
  inputs,
  outputs: [],
  tensors: new Map(),
  nodes: [],
});
const image = graphOf(port('image', [1, 3, 4, 5]));
const array = (...shape: readonly number[]): NumericArray => {
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i) };
};

describe('samples', () => {
  it.each([
    [[7, 3, 4, 5], 7],
    [[1, 3, 4, 5], 1],
    [[3, 4, 5], 1],
    [[7, 1, 3, 4, 5], 7],
  ])('of shape %j are %i', (shape, count) => {
    expect(samplesOf(image, [array(...shape)]).count).toBe(count);
  });

  it('are finite, or the one that is not is named', () => {
    const samples = array(2, 3, 4, 5);
    samples.data[70] = Number.NaN;
    expect(() => samplesOf(image, [samples])).toThrow('sample 1 of the input image holds NaN');
  });

  it('are whole numbers from 0 to 255 where the model takes pixels', () => {
    const pixels = graphOf({ ...port('image', [1, 3, 4, 5]), encoding: 'pixels' });
    for (const wrong of [-0.83, 256, 12.5, Number.NaN]) {
      const samples = array(2, 3, 4, 5);
      samples.data[61] = wrong;
      expect(() => samplesOf(pixels, [samples])).toThrow(`sample 1 of the input image holds ${wrong}`);
    }
    const big = { shape: [3, 4, 5], data: new BigInt64Array(60).fill(-1n) };
    expect(() => samplesOf(pixels, [big])).toThrow('sample 0 of the input image holds -1');
    expect(samplesOf(pixels, [array(2, 3, 4, 5)]).count).toBe(2);
  });

  it('are named by their file where they are refused', () => {
    const [bad, none] = [array(3, 4, 5), array(0, 3, 4, 5)];
    bad.data[0] = Number.NaN;
    expect(() => samplesOf(image, [bad], ['bad.npy'])).toThrow(/^bad\.npy: sample 0 of the input image holds NaN/);
    expect(() => samplesOf(image, [none], ['none.npy'])).toThrow(/^none\.npy: there is not a single sample/);
    expect(() => samplesOf(image, [array(7)], ['x.npy'])).toThrow(/^x\.npy: the input image has the shape/);
    const folder = { kind: 'folder', arrays: new Map([['7', array(7)]]) } as const;
    expect(() => arraysFor(image, folder, 'folder')).toThrow(/^folder\/7\.npy: the input image has the shape/);
    expect(() => samplesOf(image, [])).toThrow('the model has 1 input (image [1,3,4,5]); 0 arrays were given');
    expect(() => inputArrays(image, [])).toThrow('there are no samples');
  });

  it('of a hostile archive reach no terminal raw', () => {
    const two = graphOf(port('a?', [1, 2]), port('b', [1, 3]));
    const arrays = new Map([
      ['a\u001b', array(4, 2)],
      ['b', array(4, 3)],
    ]);
    expect(arraysFor(two, { kind: 'named', arrays }, 'x.npz')).toHaveLength(2);
    expect(() => arraysFor(image, { kind: 'named', arrays }, 'x.npz')).toThrow('x.npz holds a?, b;');
  });

  it('warn where bytes go in as they are, and not where the model takes pixels', () => {
    const bytes = { shape: [3, 4, 5], data: new Uint8Array(60) };
    expect(samplesOf(image, [bytes]).warnings).toEqual([expect.stringContaining('--input-scale')]);
    const pixels = graphOf({ ...port('image', [1, 3, 4, 5]), encoding: 'pixels' });
    expect(samplesOf(pixels, [bytes]).warnings).toEqual([]);
    expect(samplesOf(image, [array(3, 4, 5)]).warnings).toEqual([]);
  });

  it('lie one behind the other', () => {
    const second = samplesOf(image, [array(2, 3, 4, 5)]).at(1)[0];
    expect([second?.[0], second?.length]).toEqual([60, 60]);
  });

  it.each([
    [[7, 4, 5, 3], 'moveaxis'],
    [[7, 3, 5, 5], 'Axis 0'],
    [[60], 'Axis 0'],
    [[0, 3, 4, 5], ''],
  ])('of shape %j are refused', (shape, hint) => {
    try {
      samplesOf(image, [array(...shape)]);
      expect.unreachable();
    } catch (error) {
      expect((error as { hint?: string }).hint ?? '').toContain(hint);
    }
  });

  it('of several inputs come by name, and in equal numbers', () => {
    const two = graphOf(port('a', [1, 2]), port('b', [1, 3]));
    const named = {
      kind: 'named',
      arrays: new Map([
        ['b', array(4, 3)],
        ['a', array(4, 2)],
      ]),
    } as const;
    expect(arraysFor(two, named, 'x.npz').map(({ shape }) => shape)).toEqual([
      [4, 2],
      [4, 3],
    ]);
    expect(() => samplesOf(two, [array(4, 2), array(5, 3)])).toThrow(/4, 5/);
    expect(() => arraysFor(two, { kind: 'named', arrays: new Map([['c', array(4, 2)]]) }, 'x.npz')).toThrow(
      /x\.npz holds c/,
    );
  });

  it('of a folder follow each other', () => {
    const folder = {
      kind: 'folder',
      arrays: new Map([
        ['1', array(3, 4, 5)],
        ['2', array(2, 3, 4, 5)],
      ]),
    } as const;
    const [joined] = arraysFor(image, folder, 'folder');
    expect(joined?.shape).toEqual([3, 1, 3, 4, 5]);
    expect(samplesOf(image, [joined as NumericArray]).at(2)[0]?.[0]).toBe(60);
  });

  it('are laid out as the graph has them, and back', () => {
    const last = port('x', [1, 2, 2, 3], [0, 2, 3, 1]);
    const values = Float32Array.from({ length: 12 }, (_, i) => i);
    const moved = inGraphOrder(last, values);
    expect([...moved]).toEqual([0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]);
    expect(inOnnxOrder(last, moved)).toEqual(values);
  });

  it('at random are the same each time, and differ from each other', () => {
    const [first, again] = [randomSamples(image), randomSamples(image)];
    expect(first.at(0)).toEqual(again.at(0));
    expect(first.at(0)).not.toEqual(first.at(1));
    const values = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((index) => [...(first.at(index)[0] as Float32Array)]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.15);
    expect(Math.abs(variance - 1)).toBeLessThan(0.25);
  });
});
