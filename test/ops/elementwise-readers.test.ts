import type { onnx } from 'onnx-proto';
import { describe, expect, it, test } from 'vitest';
import { elementCount, type Graph, type Value } from '../../src/graph/types.ts';
import { readModel } from '../../src/onnx/read.ts';
import { evaluateGraph } from '../../src/ops/evaluate.ts';
import { floatTensor, integer, makeModel, node, valueInfo } from '../onnx/make-model.ts';
import { randomFrom } from '../support/random.ts';

interface Spec {
  readonly op: string;
  /** Shapes of the inputs that are activations, and constants as tensors; null is left out. */
  readonly inputs: readonly (readonly number[] | onnx.ITensorProto | null)[];
  readonly attributes?: readonly onnx.IAttributeProto[];
  readonly opset?: number;
  readonly outputs?: number;
}

function float(name: string, f: number): onnx.IAttributeProto {
  return { name, type: 1, f };
}

function int64s(values: readonly number[]): onnx.ITensorProto {
  return { dims: [values.length], dataType: 7, int64Data: [...values] };
}

/** A constant of values from -2 to 2, none of them near zero. */
function constant(dims: readonly number[], seed = 1): onnx.ITensorProto {
  const random = randomFrom(seed);
  const value = (): number => Math.fround((random() < 0.5 ? -1 : 1) * (0.3 + 1.7 * random()));
  return floatTensor('', dims, Array.from({ length: elementCount(dims) }, value));
}

function read(spec: Spec): Graph | string {
  const names = spec.inputs.map((input, i) => (input === null ? '' : `i${i}`));
  const activations = spec.inputs.flatMap((input, i) => (Array.isArray(input) ? [valueInfo(`i${i}`, input)] : []));
  const initializers = spec.inputs.flatMap((input, i) =>
    input !== null && 'dims' in input ? [{ ...input, name: `i${i}` }] : [],
  );
  const outputs = Array.from({ length: spec.outputs ?? 1 }, (_, i) => `y${i}`);
  const bytes = makeModel({
    opset: spec.opset ?? 17,
    nodes: [node(spec.op, names, outputs, spec.attributes ?? [])],
    inputs: activations,
    outputs: outputs.map((name) => ({ name })),
    initializers,
  });
  const { graph, problems } = readModel(bytes, { file: 'test.onnx' });
  return graph ?? problems.map(({ reason }) => reason).join('; ');
}

function graphOf(spec: Spec): Graph {
  const graph = read(spec);
  if (typeof graph === 'string') throw new Error(graph);
  return graph;
}

/** The operators that the node becomes, without changes of layout. */
function operators(spec: Spec): readonly string[] {
  return graphOf(spec)
    .nodes.map(({ op }) => op)
    .filter((op) => op !== 'Reshape' && op !== 'Transpose');
}

/** What activations hold: the values that `constant` gives for the input's index. */
function activation(index: number, shape: readonly number[]): Value {
  return { shape, dtype: 'float32', data: Float32Array.from(constant(shape, index + 100).floatData ?? []) };
}

function run(spec: Spec): Value {
  const graph = graphOf(spec);
  const values = new Map(graph.inputs.map((port) => [port.tensor, activation(Number(port.name.slice(1)), port.shape)]));
  const output = graph.outputs[0];
  const value = output === undefined ? undefined : evaluateGraph(graph, values).get(output.tensor);
  const data = output === undefined ? undefined : graph.tensors.get(output.tensor);
  if (value !== undefined) return value;
  if (data?.data === undefined) throw new Error('no output');
  return { shape: data.shape, dtype: data.dtype, data: data.data };
}

/** The same node with its constants as activations that hold the same values: the general way to compute it. */
function expectSameAsComputed(spec: Spec): void {
  const general: Spec = {
    ...spec,
    inputs: spec.inputs.map((input) => (input !== null && 'dims' in input ? (input.dims as number[]) : input)),
  };
  const graph = graphOf(general);
  const values = new Map(
    graph.inputs.map((port) => {
      const index = Number(port.name.slice(1));
      const input = spec.inputs[index];
      const stated = input !== null && input !== undefined && 'dims' in input;
      const data = stated ? Float32Array.from(input.floatData ?? []) : activation(index, port.shape).data;
      return [port.tensor, { shape: port.shape, dtype: 'float32', data } as Value];
    }),
  );
  const expected = evaluateGraph(graph, values).get(graph.outputs[0]?.tensor ?? '');
  const actual = run(spec);
  expect(actual.shape).toEqual(expected?.shape);
  for (const [i, value] of actual.data.entries()) expect(Number(value)).toBeCloseTo(Number(expected?.data[i]), 4);
}

describe('arithmetic with a constant of one element is a function of one value', () => {
  const x = [2, 3];
  it.each([
    ['Add', [x, constant([])]],
    ['Add', [constant([1]), x]],
    ['Sub', [x, constant([1, 1])]],
    ['Sub', [constant([]), x]],
    ['Mul', [constant([]), x]],
    ['Div', [x, constant([])]],
    ['Div', [constant([]), x]],
    ['Max', [x, constant([])]],
    ['Min', [constant([1]), x]],
    ['PRelu', [x, constant([1])]],
  ] as const)('%s', (op, inputs) => {
    expect(operators({ op, inputs })).toEqual(['Unary']);
    expectSameAsComputed({ op, inputs });
  });

  it('gives the rank of the result', () => {
    expect(run({ op: 'Add', inputs: [[3], constant([1, 1, 1])] }).shape).toEqual([1, 1, 3]);
  });
});

test('a division by constants is a product with their reciprocals', () => {
  const spec = { op: 'Div', inputs: [[2, 3], constant([3])] };
  expect(operators(spec)).toEqual(['Mul']);
  expectSameAsComputed(spec);
  expect(read({ op: 'Div', inputs: [[2, 2], floatTensor('', [2], [1, 0])] })).toContain('infinity');
});

test('operands get equal ranks, and mixed batches are stretched', () => {
  expect(graphOf({ op: 'Add', inputs: [[2, 3, 4], [4]] }).nodes.map(({ op }) => op)).toEqual(['Reshape', 'Add']);
  expect(
    operators({
      op: 'Add',
      inputs: [
        [2, 3, 4],
        [1, 3, 4],
      ],
    }),
  ).toEqual(['Add']);
  expect(
    operators({
      op: 'Mul',
      inputs: [
        [2, 3, 4, 5, 2],
        [2, 1, 4, 5, 2],
      ],
    }),
  ).toEqual(['Expand', 'Mul']);
  expect(
    read({
      op: 'Mul',
      inputs: [
        [2, 3],
        [4, 3],
      ],
    }),
  ).toBe('shapes [2,3] and [4,3] do not broadcast');
});

test('sums and means of several', () => {
  const [a, b, c] = [0, 1, 2].map((i) => activation(i, [2, 2]).data as Float32Array) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const mean = run({
    op: 'Mean',
    inputs: [
      [2, 2],
      [2, 2],
      [2, 2],
    ],
  });
  for (const [i, value] of mean.data.entries()) {
    expect(value).toBeCloseTo(((a[i] ?? 0) + (b[i] ?? 0) + (c[i] ?? 0)) / 3, 5);
  }
});

describe('PRelu', () => {
  it.each([
    [[2, 3, 4, 4], [3, 1, 1], ['PRelu']],
    [[2, 3, 4], [1, 3, 1], ['PRelu']],
    [[2, 3], [3], ['PRelu']],
    [[2, 3, 4, 4], [4], ['Unary', 'Mul', 'Unary', 'Add']],
  ] as const)('of %j with slopes %j', (x, slopes, expected) => {
    const spec = { op: 'PRelu', inputs: [x, constant(slopes)] };
    expect(operators(spec)).toEqual(expected);
    expectSameAsComputed(spec);
  });

  it('refuses slopes that would stretch the input', () => {
    expect(read({ op: 'PRelu', inputs: [[2, 3], constant([2, 2, 3])] })).toContain('does not broadcast');
  });
});

describe('BatchNormalization', () => {
  const statistics = (channels: number): onnx.ITensorProto[] => {
    const variance = constant([channels], 4);
    return [
      constant([channels], 1),
      constant([channels], 2),
      constant([channels], 3),
      { ...variance, floatData: (variance.floatData ?? []).map(Math.abs) },
    ];
  };

  it.each([
    [[2, 3, 4, 5], ['Conv']],
    [[2, 3, 4], ['Conv']],
    [[2, 3, 2, 2, 2], ['Conv']],
    [[1, 1, 4, 4], ['Conv']],
    [
      [2, 3],
      ['Mul', 'Add'],
    ],
  ] as const)('of %j', (x, expected) => {
    const spec = { op: 'BatchNormalization', inputs: [x, ...statistics(x[1])], attributes: [float('epsilon', 0.01)] };
    expect(operators(spec)).toEqual(expected);
    expectSameAsComputed(spec);
  });

  it('refuses training and what is not right', () => {
    const inputs = [[2, 3, 4], ...statistics(3)];
    const training = { op: 'BatchNormalization', inputs, attributes: [integer('training_mode', 1)] };
    expect(read(training)).toContain('export the model for inference');
    expect(read({ op: 'BatchNormalization', inputs, outputs: 3, opset: 9 })).toContain('statistics');
    expect(read({ op: 'BatchNormalization', inputs: [[2, 4, 4], ...statistics(3)] })).toContain('[4] is needed');
    const zero = [[1, 1, 2], ...[1, 0, 0, -1].map((value) => floatTensor('', [1], [value]))];
    expect(read({ op: 'BatchNormalization', inputs: zero })).toContain('variance of -1');
  });
});

describe('MatMul', () => {
  it.each([
    [[5, 7], constant([7, 3]), ['FullyConnected']],
    [[2, 5, 7], constant([1, 1, 7, 3]), ['FullyConnected']],
    [[7], constant([7, 3]), ['FullyConnected']],
    [[2, 5, 7], constant([7]), ['FullyConnected']],
    [constant([3, 5]), [5, 4], ['FullyConnected']],
    [constant([3, 5]), [2, 5, 4], ['FullyConnected']],
    [constant([5]), [2, 5, 4], ['FullyConnected']],
    [[2, 5, 7], constant([2, 7, 3]), ['MatMul']],
    [[2, 1, 3, 5, 7], constant([2, 3, 1, 7, 3]), ['Expand', 'MatMul']],
  ] as const)('of %j and %j', (a, b, expected) => {
    const spec = { op: 'MatMul', inputs: [a, b] };
    const general = operators(spec);
    expect(general.filter((op) => op !== 'Expand')).toEqual(expected.filter((op) => op !== 'Expand'));
    expectSameAsComputed(spec);
  });

  it('refuses matrices that do not fit', () => {
    expect(
      read({
        op: 'MatMul',
        inputs: [
          [5, 7],
          [6, 3],
        ],
      }),
    ).toBe('matrices [5,7] and [6,3] do not multiply');
    expect(read({ op: 'MatMul', inputs: [[], [6, 3]] })).toBe('a scalar operand');
  });
});

describe('Gemm', () => {
  const attributes = [float('alpha', 0.5), float('beta', -2), integer('transA', 1), integer('transB', 1)];
  it.each([
    [constant([4, 5]), constant([4]), ['FullyConnected']],
    [constant([4, 5]), constant([1]), ['FullyConnected']],
    [constant([4, 5]), constant([3, 1]), ['FullyConnected', 'Add']],
    [constant([4, 5]), null, ['FullyConnected']],
    [constant([4, 5]), [3, 4], ['Unary', 'FullyConnected', 'Add']],
    [[4, 5], constant([1, 4]), ['MatMul', 'Unary', 'Add']],
  ] as const)('case %#', (b, c, expected) => {
    const spec = { op: 'Gemm', inputs: [[5, 3], b, c], attributes };
    expect([...operators(spec)].sort()).toEqual([...expected].sort());
    expectSameAsComputed(spec);
  });

  it('refuses a C that does not fit', () => {
    expect(read({ op: 'Gemm', inputs: [[3, 5], constant([5, 4]), constant([3])] })).toBe(
      'C [3] does not broadcast to [3,4]',
    );
  });
});

describe('shapes are computed when the model is read', () => {
  const int64Output = (spec: Spec): readonly number[] => Array.from(run(spec).data, Number);

  it('Shape, Size, ConstantOfShape, Range', () => {
    expect(int64Output({ op: 'Shape', inputs: [[2, 3, 4]] })).toEqual([2, 3, 4]);
    expect(
      int64Output({ op: 'Shape', inputs: [[2, 3, 4]], attributes: [integer('start', -2), integer('end', -1)] }),
    ).toEqual([3]);
    expect(int64Output({ op: 'Size', inputs: [[2, 3, 4]] })).toEqual([24]);
    expect(run({ op: 'ConstantOfShape', inputs: [int64s([2, 2])] })).toEqual({
      shape: [2, 2],
      dtype: 'float32',
      data: new Float32Array(4),
    });
    expect(read({ op: 'ConstantOfShape', inputs: [int64s([100000, 100000])] })).toContain('10000000000 elements');
    const scalar = (value: number): onnx.ITensorProto => ({ ...int64s([value]), dims: [] });
    expect(int64Output({ op: 'Range', inputs: [scalar(10), scalar(3), scalar(-3)] })).toEqual([10, 7, 4]);
  });

  it('arithmetic of integers', () => {
    expect(int64Output({ op: 'Mul', inputs: [int64s([2, -3]), int64s([5])] })).toEqual([10, -15]);
    expect(int64Output({ op: 'Div', inputs: [int64s([-7, 7]), int64s([2])] })).toEqual([-3, 3]);
    expect(int64Output({ op: 'Sub', inputs: [int64s([2]), int64s([5])] })).toEqual([-3]);
    expect(read({ op: 'Div', inputs: [int64s([2]), int64s([0])] })).toBe('integer division by zero');
    expect(int64Output({ op: 'Gather', inputs: [int64s([7, 8, 9]), int64s([-1])] })).toEqual([9]);
    expect(read({ op: 'Gather', inputs: [int64s([7, 8, 9]), int64s([3])] })).toBe(
      'index 3 is out of range for 3 positions',
    );
    expect(int64Output({ op: 'Neg', inputs: [int64s([7])] })).toEqual([-7]);
  });

  it('comparisons and choices', () => {
    const bools = (values: readonly number[]): onnx.ITensorProto => ({
      dims: [values.length],
      dataType: 9,
      int32Data: [...values],
    });
    expect(run({ op: 'Equal', inputs: [int64s([1, -1]), int64s([-1])] }).data).toEqual(Uint8Array.of(0, 1));
    expect(run({ op: 'Greater', inputs: [int64s([1, -1]), int64s([0])] }).data).toEqual(Uint8Array.of(1, 0));
    expect(run({ op: 'Not', inputs: [bools([1, 0])] }).data).toEqual(Uint8Array.of(0, 1));
    expect(int64Output({ op: 'Where', inputs: [bools([1, 0]), int64s([5]), int64s([6, 7])] })).toEqual([5, 7]);
  });

  it('Cast', () => {
    const to = (type: number): readonly onnx.IAttributeProto[] => [integer('to', type)];
    expect(run({ op: 'Cast', inputs: [floatTensor('', [3], [-1.5, 2.75, 300])], attributes: to(7) }).data).toEqual(
      BigInt64Array.of(-1n, 2n, 300n),
    );
    expect(run({ op: 'Cast', inputs: [floatTensor('', [3], [-1.5, 0, 0.25])], attributes: to(9) }).data).toEqual(
      Uint8Array.of(1, 0, 1),
    );
    expect(run({ op: 'Cast', inputs: [int64s([257, -1])], attributes: to(3) }).data).toEqual(Int8Array.of(1, -1));
    expect(operators({ op: 'Cast', inputs: [[2, 3]], attributes: to(1) })).toEqual([]);
    expect(read({ op: 'Cast', inputs: [[2, 3]], attributes: to(11) })).toContain('type 11');
  });
});

test('what does nothing at inference leaves no node', () => {
  expect(operators({ op: 'Identity', inputs: [[2, 3]] })).toEqual([]);
  expect(operators({ op: 'Dropout', inputs: [[2, 3]] })).toEqual([]);
  expect(read({ op: 'Dropout', inputs: [[2, 3]], outputs: 2 })).toBe('the mask as an output');
});

test('a clip whose bounds are computed is a Max and a Min', () => {
  const spec = { op: 'Clip', inputs: [[2, 3], floatTensor('', [], [-0.5]), floatTensor('', [], [0.75])] };
  expect(operators(spec)).toEqual(['Unary']);
  expectSameAsComputed(spec);
  expect(operators({ op: 'Clip', inputs: [[2, 3], null, []] })).toEqual(['Min']);
});

test('what has no inputs, or values of a type that it does not take, is refused', () => {
  for (const op of ['Max', 'Min', 'Sum', 'Mean']) expect(read({ op, inputs: [] })).toContain('there are no inputs');
  const whole = int64s([1, 2, 3]);
  expect(read({ op: 'Softmax', inputs: [whole] })).toContain('type int64; float32 is supported');
  expect(read({ op: 'QuantizeLinear', inputs: [whole, floatTensor('', [1], [0.5])] })).toContain('input type int64');
});

test('Expand and Tile', () => {
  expect(run({ op: 'Expand', inputs: [[3, 1], int64s([2, 1, 4])] }).shape).toEqual([2, 3, 4]);
  const x = activation(0, [2, 2]).data;
  const tiled = run({ op: 'Tile', inputs: [[2, 2], int64s([1, 2])] });
  expect(Array.from(tiled.data as Float32Array)).toEqual([x[0], x[1], x[0], x[1], x[2], x[3], x[2], x[3]]);
});
