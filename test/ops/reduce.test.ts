import { describe, expect, it } from 'vitest';
import { present } from '../../src/ops/define.ts';
import { integer, integers } from '../onnx/make-model.ts';
import { reductionCases } from './cases/pooling.ts';
import { quantizedCase, stepsFromFloat } from './quantized-case.ts';
import { longs, runNode } from './read-node.ts';

describe('reductions in integers', () => {
  it.each(reductionCases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    for (let seed = 1; seed <= 8; seed += 1) expect(stepsFromFloat(quantizedCase(one, seed))).toBeLessThanOrEqual(1);
  });

  it('go row by row unless they take in the batch', () => {
    const steps = reductionCases.map((one) => {
      const { operator, node } = quantizedCase(one, 1);
      const quantized = present(operator.quantized);
      const lowering = quantized.lower(quantized.parameters(node), node);
      const { axes } = node.attributes as { axes: readonly number[] };
      const shape = present(node.inputs[0]).shape;
      const batch =
        shape.length > 2 && axes.some((axis) => axis < Math.max(1, shape.length - 3) && present(shape[axis]) > 1);
      return [one.name, lowering.kind === 'calls' ? lowering.calls.map((call) => call.steps === 'once') : [], [batch]];
    });
    for (const [name, once, batch] of steps) expect(once, String(name)).toEqual(batch);
  });
});

describe('Reduce nodes', () => {
  const shape = [2, 3, 2];
  it('take their axes from an attribute or an input', () => {
    const expected = { operators: ['ReduceMean'], shape: [2, 1, 2], data: [2, 3, 8, 9] };
    expect(runNode({ op: 'ReduceMean', opset: 17, shape, attributes: [integers('axes', [-2])] })).toEqual(expected);
    expect(runNode({ op: 'ReduceMean', opset: 18, shape, parameters: [longs([1])] })).toEqual(expected);
    const sum = { operators: ['ReduceSum'], shape: [2, 1, 2], data: [6, 9, 24, 27] };
    expect(runNode({ op: 'ReduceSum', opset: 11, shape, attributes: [integers('axes', [1])] })).toEqual(sum);
    expect(runNode({ op: 'ReduceSum', opset: 13, shape, parameters: [longs([-2])] })).toEqual(sum);
  });

  it('drop the axes with keepdims 0', () => {
    const attributes = [integer('keepdims', 0)];
    expect(runNode({ op: 'ReduceMax', shape, attributes, parameters: [longs([2, 0])] })).toEqual({
      operators: ['ReduceMax'],
      shape: [3],
      data: [7, 9, 11],
    });
    expect(runNode({ op: 'ReduceMin', shape, attributes })).toEqual({ operators: ['ReduceMin'], shape: [], data: [0] });
  });

  it('take all axes, or none, where none are named', () => {
    expect(runNode({ op: 'ReduceMean', shape, parameters: [longs([])] }).data).toEqual([5.5]);
    const noop = runNode({
      op: 'ReduceSum',
      shape,
      parameters: [longs([])],
      attributes: [integer('noop_with_empty_axes', 1)],
    });
    expect(noop).toEqual({ operators: [], shape, data: Array.from({ length: 12 }, (_, i) => i) });
  });

  it('refuse axes that are not there', () => {
    expect(() => runNode({ op: 'ReduceMean', shape, parameters: [longs([3])] })).toThrow(
      'axes [3] are out of range for 3 axes',
    );
  });
});

it('global pooling reduces the spatial axes', () => {
  expect(runNode({ op: 'GlobalAveragePool', shape: [1, 2, 2, 2] })).toEqual({
    operators: ['ReduceMean'],
    shape: [1, 2, 1, 1],
    data: [1.5, 5.5],
  });
  expect(runNode({ op: 'GlobalMaxPool', shape: [1, 2, 3] }).data).toEqual([2, 5]);
  expect(() => runNode({ op: 'GlobalMaxPool', shape: [3] })).toThrow('has no batch and channels');
});
