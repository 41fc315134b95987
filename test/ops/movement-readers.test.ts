import type { onnx } from 'onnx-proto';
import { expect, test } from 'vitest';
import type { Value } from '../../src/graph/types.ts';
import { readModel } from '../../src/onnx/read.ts';
import { evaluateGraph } from '../../src/ops/evaluate.ts';
import { floatTensor, integer, integers, makeModel, node, valueInfo } from '../onnx/make-model.ts';

interface NodeSpec {
  readonly opset: number;
  readonly op: string;
  /** The shape of the input x, which counts 0, 1, 2, ... */
  readonly shape: readonly number[];
  readonly attributes?: readonly onnx.IAttributeProto[];
  /** The node's further inputs: integers as int64; null is left out. */
  readonly parameters?: readonly (readonly number[] | onnx.ITensorProto | null)[];
  readonly outputs?: number;
}

function text(name: string, s: string): onnx.IAttributeProto {
  return { name, type: 3, s: new TextEncoder().encode(s) };
}

/** What the node gives: an array of values and a shape for each output; or the reason why it is refused. */
function run(
  spec: NodeSpec,
): readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[] | string {
  const initializers = (spec.parameters ?? []).flatMap((parameter, i): onnx.ITensorProto[] => {
    if (parameter === null) return [];
    const name = `parameter${i}`;
    if ('dims' in parameter) return [{ ...parameter, name }];
    const values = parameter as readonly number[];
    return [{ name, dims: [values.length], dataType: 7, int64Data: [...values] }];
  });
  const outputs = Array.from({ length: spec.outputs ?? 1 }, (_, i) => `y${i}`);
  const inputs = ['x', ...(spec.parameters ?? []).map((parameter, i) => (parameter === null ? '' : `parameter${i}`))];
  const bytes = makeModel({
    opset: spec.opset,
    nodes: [node(spec.op, inputs, outputs, spec.attributes ?? [])],
    inputs: [valueInfo('x', spec.shape)],
    outputs: outputs.map((name) => ({ name })),
    initializers,
  });
  const { graph, problems } = readModel(bytes, { file: 'test.onnx' });
  if (graph === null) return problems.map(({ reason }) => reason).join('; ');
  const count = spec.shape.reduce((product, size) => product * size, 1);
  const x: Value = { shape: spec.shape, dtype: 'float32', data: Float32Array.from({ length: count }, (_, i) => i) };
  const values = evaluateGraph(graph, new Map(graph.inputs.map((port) => [port.tensor, x])));
  return graph.outputs.map((port) => {
    const value = values.get(port.tensor);
    if (value === undefined) throw new Error(`${port.tensor} was not computed`);
    return { shape: value.shape, data: Array.from(value.data, Number) };
  });
}

function first(spec: NodeSpec): { readonly shape: readonly number[]; readonly data: readonly number[] } {
  const result = run(spec);
  const output = typeof result === 'string' ? undefined : result[0];
  if (output === undefined) throw new Error(String(result));
  return output;
}

const int64Min = -(2 ** 63);
const int64Max = 2 ** 63 - 1024;

test('Slice takes attributes before opset 10 and inputs since, and clamps', () => {
  const attributes = [integers('starts', [1, -2]), integers('ends', [1000, 4]), integers('axes', [0, 1])];
  expect(first({ opset: 9, op: 'Slice', shape: [3, 4], attributes })).toEqual({ shape: [2, 2], data: [6, 7, 10, 11] });
  expect(
    first({
      opset: 13,
      op: 'Slice',
      shape: [3, 4],
      parameters: [
        [1, -2],
        [1000, 4],
      ],
    }),
  ).toEqual({
    shape: [2, 2],
    data: [6, 7, 10, 11],
  });
});

test('Slice walks backwards, from and to beyond the ends', () => {
  const backwards = { opset: 13, op: 'Slice', shape: [6] };
  expect(first({ ...backwards, parameters: [[int64Max], [int64Min], [-1], [-2]] }).data).toEqual([5, 3, 1]);
  expect(first({ ...backwards, parameters: [[-2], [0], null, [-1]] }).data).toEqual([4, 3, 2, 1]);
  expect(first({ ...backwards, parameters: [[-100], [int64Min], [0], [-1]] }).data).toEqual([0]);
  expect(first({ ...backwards, parameters: [[1], [int64Max], [0], [int64Max]] }).data).toEqual([1]);
  expect(first({ ...backwards, parameters: [[3], [int64Min], [0], [int64Min]] }).data).toEqual([3]);
});

test('Slice refuses what has no meaning', () => {
  const slice = { opset: 13, op: 'Slice', shape: [6, 2] };
  expect(run({ ...slice, parameters: [[0], [1], [0], [0]] })).toMatch('the step of axis 0 is 0');
  expect(run({ ...slice, parameters: [[0], [1], [2]] })).toMatch('axis 2 is out of range for 2 axes');
  expect(
    run({
      ...slice,
      parameters: [
        [0, 0],
        [1, 1],
        [1, -1],
      ],
    }),
  ).toMatch('axis -1 is listed twice');
  expect(run({ ...slice, parameters: [[0, 0], [1]] })).toMatch('do not match');
  expect(run({ ...slice, parameters: [[4], [4]] })).toMatch('without elements');
  expect(run({ ...slice, parameters: [floatTensor('', [1], [1]), [2]] })).toMatch('starts must be integers');
});

test('Split states its parts in four ways', () => {
  const data = (spec: NodeSpec): unknown => {
    const result = run(spec);
    return typeof result === 'string' ? result : result.map((output) => output.data);
  };
  const split = { op: 'Split', shape: [7], outputs: 3 };
  const uneven = [[0, 1, 2], [3, 4, 5], [6]];
  expect(data({ ...split, opset: 11, attributes: [integers('split', [3, 3, 1])] })).toEqual(uneven);
  expect(data({ ...split, opset: 13, parameters: [[3, 3, 1]] })).toEqual(uneven);
  expect(data({ ...split, opset: 18, attributes: [integer('num_outputs', 3)] })).toEqual(uneven);
  expect(data({ ...split, opset: 13, shape: [6] })).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
  expect(data({ ...split, opset: 13 })).toMatch('cannot be split into 3 equal parts');
  expect(data({ ...split, opset: 13, parameters: [[3, 3, 2]] })).toMatch('does not add up');
  expect(data({ ...split, opset: 13, parameters: [[4, 3]] })).toMatch('2 parts for 3 outputs');
});

test('Squeeze and Unsqueeze take attributes before opset 13 and inputs since', () => {
  const shape = (spec: NodeSpec): readonly number[] => first(spec).shape;
  const squeeze = { op: 'Squeeze', shape: [1, 3, 1, 2] };
  expect(shape({ ...squeeze, opset: 11, attributes: [integers('axes', [-2])] })).toEqual([1, 3, 2]);
  expect(shape({ ...squeeze, opset: 13, parameters: [[0, 2]] })).toEqual([3, 2]);
  expect(shape({ ...squeeze, opset: 13 })).toEqual([3, 2]);
  expect(run({ ...squeeze, opset: 13, parameters: [[1]] })).toMatch('axis 1 of [1,3,1,2] is not 1');
  const unsqueeze = { op: 'Unsqueeze', shape: [3, 2] };
  expect(shape({ ...unsqueeze, opset: 11, attributes: [integers('axes', [0, -1])] })).toEqual([1, 3, 2, 1]);
  expect(shape({ ...unsqueeze, opset: 13, parameters: [[3, 1]] })).toEqual([3, 1, 2, 1]);
  expect(run({ ...unsqueeze, opset: 13, parameters: [[1, -3]] })).toMatch('name an axis twice');
  expect(run({ ...unsqueeze, opset: 13, parameters: [[5]] })).toMatch('out of range');
});

test('Pad fills, repeats, reflects and wraps', () => {
  const pad = { op: 'Pad', shape: [4] };
  const data = (spec: NodeSpec): readonly number[] => first(spec).data;
  const value: onnx.IAttributeProto = { name: 'value', type: 1, f: 9 };
  expect(data({ ...pad, opset: 9, attributes: [integers('pads', [2, 1]), value] })).toEqual([9, 9, 0, 1, 2, 3, 9]);
  expect(data({ ...pad, opset: 13, parameters: [[1, 2], floatTensor('', [], [7])] })).toEqual([7, 0, 1, 2, 3, 7, 7]);
  expect(data({ ...pad, opset: 13, parameters: [[2, 1]], attributes: [text('mode', 'edge')] })).toEqual([
    0, 0, 0, 1, 2, 3, 3,
  ]);
  const reflected = data({ ...pad, opset: 13, parameters: [[5, 2]], attributes: [text('mode', 'reflect')] });
  expect(reflected).toEqual([1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1]);
  const wrapped = data({ ...pad, opset: 19, parameters: [[2, 5]], attributes: [text('mode', 'wrap')] });
  expect(wrapped).toEqual([2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0]);
});

test('Pad crops by negative numbers before it pads', () => {
  const pad = { opset: 13, op: 'Pad', shape: [5] };
  expect(first({ ...pad, parameters: [[-2, -1]] }).data).toEqual([2, 3]);
  expect(first({ ...pad, parameters: [[-1, 2]], attributes: [text('mode', 'reflect')] }).data).toEqual([
    1, 2, 3, 4, 3, 2,
  ]);
  expect(first({ ...pad, parameters: [[2, -3]] }).data).toEqual([0, 0, 0, 1]);
  expect(run({ ...pad, parameters: [[7, -5]] })).toMatch('leave nothing of an axis of 5');
});

test('Pad lists axes since opset 18, and refuses what has no meaning', () => {
  const pad = { opset: 18, op: 'Pad', shape: [2, 2] };
  expect(first({ ...pad, parameters: [[1, 0], null, [-1]] }).data).toEqual([0, 0, 1, 0, 2, 3]);
  expect(run({ ...pad, parameters: [[1, 0], null, [2]] })).toMatch('out of range');
  expect(run({ ...pad, parameters: [[1, 0]] })).toMatch('2 axes need 4 pads, not 2');
  expect(run({ ...pad, parameters: [[1, 0, 0, int64Max]] })).toMatch('a pad of more than 65535');
  expect(run({ ...pad, parameters: [[1, 0, 0, 0], [3]] })).toMatch('the value has type int64');
  expect(run({ ...pad, parameters: [[1, 0, 0, 0]], attributes: [text('mode', 'mirror')] })).toMatch(
    'mode mirror is unknown',
  );
});

test('DepthToSpace counts blocks first or last, and SpaceToDepth is the inverse of the first', () => {
  const spec = { opset: 13, op: 'DepthToSpace', shape: [1, 8, 1, 1], attributes: [integer('blocksize', 2)] };
  expect(first(spec)).toEqual({ shape: [1, 2, 2, 2], data: [0, 2, 4, 6, 1, 3, 5, 7] });
  const crd = { ...spec, attributes: [...spec.attributes, text('mode', 'CRD')] };
  expect(first(crd)).toEqual({ shape: [1, 2, 2, 2], data: [0, 1, 2, 3, 4, 5, 6, 7] });
  const back = { opset: 13, op: 'SpaceToDepth', shape: [1, 2, 2, 2], attributes: [integer('blocksize', 2)] };
  expect(first(back)).toEqual({ shape: [1, 8, 1, 1], data: [0, 4, 1, 5, 2, 6, 3, 7] });
  expect(run({ ...spec, shape: [1, 6, 1, 1] })).toMatch('6 channels are not divisible by 2 x 2');
  expect(run({ ...back, shape: [1, 2, 3, 2] })).toMatch('3 x 2 is not divisible by blocks of 2');
});
