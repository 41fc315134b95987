import { describe, expect, it } from 'vitest';
import { integer, integers } from '../onnx/make-model.ts';
import { poolingCases } from './cases/pooling.ts';
import { quantizedCase, stepsFromFloat } from './quantized-case.ts';
import { runNode, text } from './read-node.ts';

describe('pooling in integers', () => {
  it.each(poolingCases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    for (let seed = 1; seed <= 8; seed += 1) expect(stepsFromFloat(quantizedCase(one, seed))).toBeLessThanOrEqual(1);
  });
});

describe('AveragePool', () => {
  it('leaves padding out of the count unless it is told otherwise', () => {
    const spec = {
      op: 'AveragePool',
      shape: [1, 1, 4],
      attributes: [integers('kernel_shape', [3]), integers('pads', [1, 1])],
    };
    expect(runNode(spec).data).toEqual([0.5, 1, 2, 2.5]);
    const included = runNode({ ...spec, attributes: [...spec.attributes, integer('count_include_pad', 1)] });
    expect(included.data).toEqual([1 / 3, 1, 2, 5 / 3].map(Math.fround));
  });

  it('counts the stated padding but never what ceil_mode adds', () => {
    const attributes = [
      integers('kernel_shape', [3]),
      integers('strides', [2]),
      integers('pads', [1, 1]),
      integer('ceil_mode', 1),
      integer('count_include_pad', 1),
    ];
    // Windows -1..1, 1..3 and 3..5, of which 4 is stated padding and 5 lies behind it.
    expect(runNode({ op: 'AveragePool', shape: [1, 1, 4], attributes }).data).toEqual([1 / 3, 2, 1.5].map(Math.fround));
  });

  it('pads as auto_pad says', () => {
    const pool = (mode: string) =>
      runNode({
        op: 'AveragePool',
        shape: [1, 1, 3],
        attributes: [integers('kernel_shape', [2]), text('auto_pad', mode)],
      }).data;
    expect(pool('SAME_UPPER')).toEqual([0.5, 1.5, 2]);
    expect(pool('SAME_LOWER')).toEqual([0, 0.5, 1.5]);
    expect(pool('VALID')).toEqual([0.5, 1.5]);
  });

  it('knows dilations', () => {
    const attributes = [integers('kernel_shape', [2]), integers('dilations', [3])];
    expect(runNode({ op: 'AveragePool', shape: [1, 1, 5], attributes }).data).toEqual([1.5, 2.5]);
  });

  it('is a mean where one window covers the input, or all of an axis', () => {
    const whole = runNode({ op: 'AveragePool', shape: [1, 2, 2, 3], attributes: [integers('kernel_shape', [2, 3])] });
    expect(whole).toEqual({ operators: ['ReduceMean'], shape: [1, 2, 1, 1], data: [2.5, 8.5] });
    const rows = runNode({ op: 'AveragePool', shape: [1, 1, 2, 3], attributes: [integers('kernel_shape', [2, 1])] });
    expect(rows).toEqual({ operators: ['ReduceMean'], shape: [1, 1, 1, 3], data: [1.5, 2.5, 3.5] });
    const strided = [integers('kernel_shape', [2, 1]), integers('strides', [1, 2])];
    expect(runNode({ op: 'AveragePool', shape: [1, 1, 2, 3], attributes: strided })).toEqual({
      operators: ['AveragePool'],
      shape: [1, 1, 1, 2],
      data: [1.5, 3.5],
    });
  });

  it('refuses windows that have no element', () => {
    const attributes = [integers('kernel_shape', [2]), integers('pads', [2, 0])];
    expect(() => runNode({ op: 'AveragePool', shape: [1, 1, 4], attributes })).toThrow(
      'the window from -2 on lies wholly',
    );
    const dilated = [integers('kernel_shape', [2]), integers('pads', [1, 1]), integers('dilations', [2])];
    expect(() => runNode({ op: 'MaxPool', shape: [1, 1, 1], attributes: dilated })).toThrow(
      'the window from -1 on lies wholly',
    );
  });

  it('refuses what it does not do or what is not valid', () => {
    const pool = (shape: readonly number[], kernel: readonly number[]) =>
      runNode({ op: 'AveragePool', shape, attributes: [integers('kernel_shape', kernel)] });
    expect(() => pool([1, 1, 2, 2, 2], [1, 1, 1])).toThrow('3 spatial axes; 1 and 2 are supported');
    expect(() => pool([1, 1, 4], [2, 2])).toThrow('kernel_shape needs 1 values, and has 2');
    expect(() => pool([1, 1, 4], [5])).toThrow('the kernel spans 5 of an axis that is only 4 long');
    expect(() => runNode({ op: 'AveragePool', shape: [1, 1, 4] })).toThrow('kernel_shape is missing');
  });
});

describe('MaxPool', () => {
  it('ignores padding, whatever the sign of the values', () => {
    const attributes = [integers('kernel_shape', [2]), integers('strides', [2]), integers('pads', [1, 1])];
    expect(runNode({ op: 'MaxPool', shape: [1, 1, 4], attributes }).data).toEqual([0, 2, 3]);
  });

  it('is a maximum where one window covers the input', () => {
    const whole = runNode({ op: 'MaxPool', shape: [1, 2, 2, 3], attributes: [integers('kernel_shape', [2, 3])] });
    expect(whole).toEqual({ operators: ['ReduceMax'], shape: [1, 2, 1, 1], data: [5, 11] });
  });

  it('leaves out the window that ceil_mode would start behind the input', () => {
    const attributes = [integers('kernel_shape', [1]), integers('strides', [2]), integer('ceil_mode', 1)];
    expect(runNode({ op: 'MaxPool', shape: [1, 1, 4], attributes }).data).toEqual([0, 2]);
    const wider = [integers('kernel_shape', [2]), integers('strides', [2]), integer('ceil_mode', 1)];
    expect(runNode({ op: 'MaxPool', shape: [1, 1, 5], attributes: wider }).data).toEqual([1, 3, 4]);
  });

  it('refuses the second output', () => {
    const attributes = [integers('kernel_shape', [2])];
    expect(() => runNode({ op: 'MaxPool', shape: [1, 1, 4], attributes, outputs: 2 })).toThrow('the output Indices');
  });
});
