import { describe, expect, it } from 'vitest';
import { present } from '../../src/ops/define.ts';
import { axisMapOf } from '../../src/ops/resize-axis.ts';
import { integer, integers } from '../onnx/make-model.ts';
import { cases } from './cases/resizing.ts';
import { quantizedCase, stepsFromFloat } from './quantized-case.ts';
import { floats, longs, type NodeSpec, runNode, text } from './read-node.ts';

describe('resizing in integers', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    for (let seed = 1; seed <= 4; seed += 1) expect(stepsFromFloat(quantizedCase(one, seed))).toBeLessThanOrEqual(1);
  });

  it('keeps an even area as it is', () => {
    for (const one of cases) {
      const { operator, node, input } = quantizedCase(one, 2);
      const quantized = present(operator.quantized);
      for (const value of [-128, -1, 127]) {
        const result = quantized.evaluate(quantized.parameters(node), [new Int8Array(input.length).fill(value)], node);
        expect(
          result.every((y) => y === value),
          one.name,
        ).toBe(true);
      }
    }
  });

  it('goes row by row where the rows follow a formula', () => {
    const whole = cases.filter((one) => {
      const { operator, node } = quantizedCase(one, 1);
      const quantized = present(operator.quantized);
      const lowering = quantized.lower(quantized.parameters(node), node);
      return lowering.kind === 'calls' && lowering.calls[0]?.steps === 'once';
    });
    expect(whole.length).toBe(2);
  });
});

describe('axisMapOf', () => {
  const apply = (table: readonly number[]) => {
    const map = axisMapOf(table, { input: 100, output: table.length, scale: table.length / 100 }, 1);
    return map && table.map((_, i) => Math.floor((i * map.multiply + map.add) / map.divide));
  };
  it('finds the formula of a table, or none', () => {
    for (const table of [[0, 0, 1, 1, 2, 2], [-1, 0, 0, 1, 1], [0, 1, 3, 5, 6, 8], [7], [4, 4, 4]])
      expect(apply(table)).toEqual(table);
    for (const table of [
      [0, 0, 0, 1, 1, 2, 2],
      [0, 1, 2, 2, 2],
      [0, 3, 4],
    ])
      expect(apply(table)).toBeNull();
  });
});

describe('Resize nodes', () => {
  const nearest: NodeSpec = { op: 'Resize', shape: [1, 1, 1, 4], parameters: [null, floats([1, 1, 1, 2])] };
  const withMode = (spec: NodeSpec, ...attributes: NodeSpec['attributes'] & object): NodeSpec => ({
    ...spec,
    attributes,
  });
  const asymmetric = text('coordinate_transformation_mode', 'asymmetric');

  it('round as nearest_mode says', () => {
    const byMode = (mode: string) => runNode(withMode(nearest, text('nearest_mode', mode), asymmetric)).data;
    expect(byMode('floor')).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(byMode('ceil')).toEqual([0, 1, 1, 2, 2, 3, 3, 3]);
    expect(byMode('round_prefer_floor')).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(byMode('round_prefer_ceil')).toEqual([0, 1, 1, 2, 2, 3, 3, 3]);
  });

  it('prefer the nearer element, and break ties as nearest_mode says', () => {
    const four: NodeSpec = { ...nearest, shape: [1, 1, 1, 2], parameters: [null, floats([1, 1, 1, 4])] };
    const byMode = (mode: string) => runNode(withMode(four, text('nearest_mode', mode), asymmetric)).data;
    expect(byMode('round_prefer_floor')).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
    expect(byMode('round_prefer_ceil')).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
  });

  it('interpolate at the positions of every coordinate mode', () => {
    const linear = (mode: string, scale: number) =>
      runNode({
        op: 'Resize',
        opset: 11,
        shape: [1, 1, 4],
        parameters: [floats([]), floats([1, 1, scale])],
        attributes: [text('mode', 'linear'), text('coordinate_transformation_mode', mode)],
      }).data;
    expect(linear('half_pixel', 2)).toEqual([0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]);
    expect(linear('asymmetric', 2)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3]);
    expect(linear('align_corners', 1.75)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3]);
    expect(linear('half_pixel', 0.25)).toEqual([1.5]);
    expect(linear('pytorch_half_pixel', 0.25)).toEqual([0]);
    const [first, last] = linear('half_pixel_symmetric', 0.625);
    expect(first).toBeCloseTo(0.7, 5);
    expect(last).toBeCloseTo(2.3, 5);
  });

  it('take sizes, some axes only, and keep the aspect ratio', () => {
    const sized = (parameters: NodeSpec['parameters'] & object, ...attributes: NodeSpec['attributes'] & object) =>
      runNode({ op: 'Resize', shape: [1, 2, 3, 4], parameters, attributes }).shape;
    expect(sized([null, null, longs([1, 2, 6, 2])])).toEqual([1, 2, 6, 2]);
    expect(sized([null, null, longs([5, 9])], integers('axes', [3, -2]))).toEqual([1, 2, 9, 5]);
    const axes = integers('axes', [2, 3]);
    expect(sized([null, null, longs([7, 8])], axes, text('keep_aspect_ratio_policy', 'not_larger'))).toEqual([
      1, 2, 6, 8,
    ]);
    expect(sized([null, null, longs([7, 8])], axes, text('keep_aspect_ratio_policy', 'not_smaller'))).toEqual([
      1, 2, 7, 9,
    ]);
  });

  it('resize any axes that are neighbours', () => {
    const rows = runNode({
      op: 'Resize',
      shape: [2, 2, 1, 2],
      parameters: [null, floats([2, 1, 1, 1])],
      attributes: [asymmetric],
    });
    expect(rows.shape).toEqual([4, 2, 1, 2]);
    expect(rows.data).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7]);
    const last = runNode({
      op: 'Resize',
      shape: [1, 2, 1, 2, 2],
      parameters: [null, floats([1, 1, 1, 2, 1])],
      attributes: [asymmetric],
    });
    expect(last.data).toEqual([0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7]);
    const apart = { op: 'Resize', shape: [1, 2, 3, 4], parameters: [null, floats([1, 2, 1, 2])] };
    expect(() => runNode(apart)).toThrow('resizing axes [1,3]; one axis or two that are neighbours');
  });

  it('leave the input alone at scales of one', () => {
    expect(runNode({ op: 'Resize', shape: [1, 1, 2], parameters: [null, floats([1, 1, 1])] }).operators).toEqual([]);
  });

  it('read the forms before opset 11', () => {
    const early = (
      op: string,
      opset: number,
      scales: readonly number[],
      ...attributes: NodeSpec['attributes'] & object
    ) => runNode({ op, opset, shape: [1, 1, 4], parameters: [floats(scales)], attributes }).data;
    expect(early('Resize', 10, [1, 1, 2])).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(early('Resize', 10, [1, 1, 0.6])).toEqual([0, 2]);
    expect(early('Upsample', 9, [1, 1, 2], text('mode', 'linear'))).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3]);
    const scales = { name: 'scales', type: 6, floats: [1, 1, 2] };
    expect(runNode({ op: 'Upsample', opset: 7, shape: [1, 1, 2], attributes: [scales] }).data).toEqual([0, 0, 1, 1]);
  });

  it('are refused for what is not done or not valid', () => {
    expect(() => runNode(withMode(nearest, text('mode', 'cubic')))).toThrow(
      'mode cubic; nearest, linear are supported',
    );
    expect(() => runNode(withMode(nearest, text('coordinate_transformation_mode', 'tf_crop_and_resize')))).toThrow(
      'coordinate_transformation_mode tf_crop_and_resize',
    );
    expect(() => runNode(withMode(nearest, integer('antialias', 1)))).toThrow('antialias');
    const given =
      (...parameters: NodeSpec['parameters'] & object) =>
      () =>
        runNode({ op: 'Resize', shape: [1, 1, 4], parameters });
    expect(given(null, floats([1, 1]))).toThrow('scales needs 3 values, and has 2');
    expect(given(null, floats([1, 1, 0]))).toThrow('scales must be positive');
    expect(given(null, floats([1, 1, 0.1]))).toThrow('resizing from 4 to 0');
    expect(given(null, floats([1, 1, 1e9]))).toThrow('resizing from 4 to 4000000000');
    expect(given(null, floats([1, 1, 2]), longs([1, 1, 8]))).toThrow('scales and sizes are both given');
    expect(given()).toThrow('neither scales nor sizes');
  });
});
