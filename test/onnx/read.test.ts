import type { onnx } from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { TesseraError } from '../../src/errors.ts';
import { checkGraph } from '../../src/graph/check.ts';
import { printGraph } from '../../src/graph/print.ts';
import type { Graph } from '../../src/graph/types.ts';
import { readModel, requireGraph } from '../../src/onnx/read.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import { floatTensor, integer, integers, type ModelSpec, makeModel, node, valueInfo } from './make-model.ts';

function graphOf(spec: ModelSpec): Graph {
  const graph = requireGraph(readModel(makeModel(spec), { file: 'm.onnx' }), 'm.onnx');
  checkGraph(graph, operatorNamed);
  return graph;
}

/** The message of the refusal, which must be the user's to mend. */
function refusal(spec: ModelSpec): string {
  try {
    graphOf(spec);
  } catch (error) {
    expect(error).toBeInstanceOf(TesseraError);
    expect((error as TesseraError).code).toBe(3);
    expect((error as TesseraError).hint).toBeDefined();
    return (error as TesseraError).message;
  }
  return 'none';
}

const weights = floatTensor('w', [2, 2, 1, 1], [1, 2, 3, 4]);
const relu = (input: string, output: string, rest: onnx.INodeProto = {}) => node('Relu', [input], [output], [], rest);

describe('a graph that was read', () => {
  it('has the names of the file, and no constant that nothing uses', () => {
    const unused = floatTensor('unused', [1], [1]);
    const graph = graphOf({
      nodes: [node('Conv', ['x', 'w'], ['c']), relu('c', 'y')],
      initializers: [weights, unused],
    });
    expect([...graph.tensors.keys()].sort()).toEqual(['c', 'c/Conv', 'c/Transpose', 'w', 'x', 'y'].sort());
    expect(graph.nodes.map(({ from }) => from[0]?.name)).toEqual(['Conv_c', 'Conv_c', 'Conv_c', 'Relu_y']);
    expect(graph.inputs).toEqual([{ name: 'x', tensor: 'x', shape: [1, 2, 4, 4], permutation: [0, 1, 2, 3] }]);
    expect(graph.outputs).toEqual([{ name: 'y', tensor: 'y', shape: [1, 2, 4, 4], permutation: [0, 1, 2, 3] }]);
  });

  it('keeps names apart that the file gives to something else', () => {
    const graph = graphOf({
      nodes: [node('Conv', ['x', 'w'], ['c']), relu('c', 'c/Conv'), relu('c/Conv', 'y')],
      initializers: [weights],
    });
    expect(graph.nodes.map(({ output }) => output)).toEqual(['c/Transpose', 'c/Conv#2', 'c', 'c/Conv', 'y']);
  });

  it('comes in order from nodes in any order', () => {
    const graph = graphOf({ nodes: [relu('b', 'y'), relu('a', 'b'), relu('x', 'a')] });
    expect(graph.nodes.map(({ output }) => output)).toEqual(['a', 'b', 'y']);
  });

  it('takes initializers that are listed as inputs for constants', () => {
    const inputs = [valueInfo('x', [1, 2, 4, 4]), valueInfo('w', [2, 2, 1, 1])];
    const graph = graphOf({ nodes: [node('Conv', ['x', 'w'], ['y'])], inputs, initializers: [weights] });
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('holds the values of Constant nodes, the greatest int64 among them', () => {
    // 2^63 - 1, by its two halves as the encoder takes them.
    const greatest = { low: -1, high: 0x7fffffff, unsigned: false } as unknown as number;
    const constants: readonly onnx.INodeProto[] = [
      node('Constant', [], ['starts'], [integers('value_ints', [0, 1])]),
      node('Constant', [], ['ends'], [{ name: 'value', type: 4, t: { dataType: 7, dims: [2], int64Data: [1, 3] } }]),
      node('Constant', [], ['axes'], [integers('value_ints', [1, 2])]),
      node('Constant', [], ['one'], [integers('value_ints', [1])]),
      node('Constant', [], ['end'], [{ name: 'value_ints', type: 7, ints: [greatest] }]),
      node('Constant', [], ['three'], [integers('value_ints', [3])]),
    ];
    const slices = [
      node('Slice', ['x', 'starts', 'ends', 'axes'], ['a']),
      node('Slice', ['a', 'one', 'end', 'three'], ['y']),
    ];
    const graph = graphOf({ nodes: [...constants, ...slices], outputs: [valueInfo('y', [1, 1, 2, 3])] });
    expect(graph.outputs[0]?.shape).toEqual([1, 1, 2, 3]);
  });

  it('may give out an input or one tensor twice', () => {
    const outputs = [valueInfo('x', [1, 2, 4, 4]), valueInfo('y', [1, 2, 4, 4])];
    expect(graphOf({ nodes: [node('Identity', ['x'], ['y'])], outputs }).outputs.map(({ tensor }) => tensor)).toEqual([
      'x',
      'x',
    ]);
  });

  it('knows nodes without a name by their output', () => {
    const graph = graphOf({ nodes: [relu('x', 'y', { name: '' })] });
    expect(graph.nodes[0]?.from).toEqual([{ name: 'y', operator: 'Relu' }]);
  });

  it('takes the domain ai.onnx for the default one', () => {
    const opset = [
      { domain: 'ai.onnx', version: 13 },
      { domain: 'com.example', version: 1 },
    ];
    expect(graphOf({ nodes: [relu('x', 'y', { domain: 'ai.onnx' })], opset }).nodes).toHaveLength(1);
  });

  it('has the real shape where the declared one is wrong, and says so', () => {
    const spec = { nodes: [relu('x', 'y')], outputs: [valueInfo('y', [1, 2, 4, 5])] };
    const { warnings } = readModel(makeModel(spec), { file: 'm.onnx' });
    expect(warnings).toEqual(['output y: the declared shape [1,2,4,5] differs from the real one, [1,2,4,4]']);
    expect(graphOf(spec).outputs[0]?.shape).toEqual([1, 2, 4, 4]);
  });

  it('says that a size is not used', () => {
    const dimensions = new Map([['height', 4]]);
    const { warnings } = readModel(makeModel({ nodes: [relu('x', 'y')] }), { file: 'm.onnx', dimensions });
    expect(warnings).toEqual([expect.stringContaining('height')]);
  });

  it('prints as text', () => {
    const graph = graphOf({ nodes: [node('Conv', ['x', 'w'], ['y'])], initializers: [weights] });
    expect(printGraph(graph).split('\n')).toEqual([
      'graph test',
      'input x: float32[1,2,4,4]',
      'y/Transpose: float32[1,4,4,2] = Transpose(x) {permutation: [0, 2, 3, 1]} # Conv Conv_y',
      expect.stringMatching(
        /^y\/Conv: float32\[1,4,4,2\] = Conv\(y\/Transpose, w: float32\[2,1,1,2\] constant, -\) \{.*\} # Conv Conv_y$/,
      ),
      'y: float32[1,2,4,4] = Transpose(y/Conv) {permutation: [0, 3, 1, 2]} # Conv Conv_y',
      'output y',
      '',
    ]);
  });
});

describe('a refusal', () => {
  it('names every unsupported node at once, and none that only hangs on one', () => {
    const nodes = [
      node('Foo', ['x'], ['a']),
      relu('a', 'b'),
      node('Conv', ['b', 'w'], ['c'], [integer('group', 0)]),
      node('Bar', ['c'], ['d'], [], { domain: 'com.example' }),
      node('Foo', ['d'], ['y']),
      node('Conv', ['x', 'w'], ['e'], [integer('group', 0)]),
    ];
    expect(refusal({ nodes, initializers: [weights] }).split('\n')).toEqual([
      'm.onnx: 4 problems',
      '  Foo Foo_a, com.example.Bar Bar_d, Foo Foo_y: unsupported operator',
      expect.stringMatching(/^ {2}Conv Conv_e: group must be positive/),
    ]);
  });

  it.each<[string, ModelSpec, string]>([
    [
      'a tensor with two makers',
      { nodes: [relu('x', 'y'), relu('x', 'y', { name: 'second' })] },
      'Relu second: tensor y is produced twice, by Relu Relu_y and by Relu second',
    ],
    [
      'a node that makes an input',
      { nodes: [relu('x', 'x'), relu('x', 'y')] },
      'tensor x is produced twice, by an input',
    ],
    ['a cycle', { nodes: [relu('b', 'a'), relu('a', 'b'), relu('b', 'y')] }, 'it uses its own output'],
    ['an input from nowhere', { nodes: [relu('z', 'y')] }, 'Relu Relu_y: its input z is made by no node'],
    ['an output from nowhere', { nodes: [relu('x', 'z')] }, 'output y: it is not produced'],
    [
      'an output twice',
      { nodes: [relu('x', 'y')], outputs: [valueInfo('y', [1]), valueInfo('y', [1])] },
      'output y: the output is there twice',
    ],
    [
      'an input twice',
      { nodes: [relu('x', 'y')], inputs: [valueInfo('x', [1]), valueInfo('x', [1])] },
      'input x: the input is there twice',
    ],
    ['a constant output', { nodes: [relu('w', 'y')], initializers: [weights] }, 'output y: the output is constant'],
    ['control flow', { nodes: [node('If', ['x'], ['y'])] }, 'If If_y: control flow'],
    [
      'an attribute of another type',
      { nodes: [node('LeakyRelu', ['x'], ['y'], [integer('alpha', 1)])] },
      'the attribute alpha is of type integer; float is needed',
    ],
    [
      'an attribute twice',
      { nodes: [node('LeakyRelu', ['x'], ['y'], [integer('a', 1), integer('a', 1)])] },
      'the attribute a is given twice',
    ],
    [
      'an attribute that is no number',
      { nodes: [node('LeakyRelu', ['x'], ['y'], [{ name: 'alpha', type: 1, f: Number.NaN }])] },
      'the attribute alpha is NaN',
    ],
    ['weights that are an activation', { nodes: [node('Conv', ['x', 'x'], ['y'])] }, 'must be constant'],
    [
      'an output that is not made, and used',
      { nodes: [node('MaxPool', ['x'], ['a', 'b'], [integers('kernel_shape', [1, 1])]), relu('b', 'y')] },
      'MaxPool MaxPool_a',
    ],
    [
      'a huge activation',
      { nodes: [relu('x', 'y')], inputs: [valueInfo('x', [1, 2 ** 30])] },
      'input x: the input has 1073741824 elements',
    ],
  ])('of %s names the place', (_, spec, words) => {
    expect(refusal(spec)).toContain(words);
  });

  it('of an input gives advice for inputs', () => {
    const open = { nodes: [relu('x', 'y')], inputs: [valueInfo('x', [1, 2, 'W', 'H'])] };
    expect(refusal(open)).toContain('--dim W=<size> --dim H=<size>');
    expect(() => graphOf(open)).toThrow(expect.objectContaining({ hint: expect.not.stringContaining('these parts') }));
  });

  it('of an output that is constant says to leave that out', () => {
    const spec = { nodes: [relu('w', 'y')], initializers: [weights] };
    expect(() => graphOf(spec)).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/without that output/) }),
    );
    expect(() => graphOf(spec)).toThrow(expect.objectContaining({ hint: expect.not.stringContaining('these parts') }));
  });

  it.each([
    ['ConvTranspose', '', 'a Resize followed by a Conv'],
    ['LayerNormalization', '', 'exported with opset 16'],
    ['LogSoftmax', '', 'Softmax'],
    ['QLinearConv', '', 'the QDQ format'],
    ['QLinearAdd', 'com.microsoft', 'the QDQ format'],
  ])('of %s names what does its work', (operator, domain, words) => {
    const message = refusal({ nodes: [node(operator, ['x'], ['y'], [], { domain })] });
    expect(message).toContain(`${operator}_y: unsupported operator: `);
    expect(message).toContain(words);
  });

  it('of an old or future opset names those that are read', () => {
    for (const opset of [6, 26])
      expect(refusal({ nodes: [relu('x', 'y')], opset })).toBe(`m.onnx: opset ${opset} is not supported; 7 to 25 are`);
    expect(() => graphOf({ nodes: [relu('x', 'y')], opset: [] })).toThrow('does not say which version');
  });

  it('leaves an initializer of an unsupported type alone where nothing uses it', () => {
    const text: onnx.ITensorProto = { name: 'labels', dataType: 8, dims: [1], stringData: [new Uint8Array([65])] };
    expect(refusal({ nodes: [relu('x', 'y')], initializers: [text] })).toBe('none');
    expect(refusal({ nodes: [node('Conv', ['x', 'labels'], ['y'])], initializers: [text] })).toContain(
      'initializer labels: elements of type string',
    );
  });

  it('shows no control characters of the file', () => {
    expect(refusal({ nodes: [node('\u001b[2JFoo', ['x'], ['y'])] })).toContain('?[2JFoo');
  });

  it('comes before constants are computed that take too long or too much memory', () => {
    const vector = floatTensor('v', [1], [1]);
    const shape: onnx.ITensorProto = { name: 's', dataType: 7, dims: [2], int64Data: [2 ** 14, 2 ** 14] };
    const nodes = [node('Expand', ['v', 's'], ['big']), node('Gemm', ['big', 'big'], ['y'])];
    expect(refusal({ nodes, initializers: [vector, shape] })).toContain('Expand Expand_big');
  });

  it('of the weights holds for infinity too', () => {
    const infinite = floatTensor('w', [2, 2, 1, 1], [1, 2, Number.POSITIVE_INFINITY, 4]);
    expect(refusal({ nodes: [node('Conv', ['x', 'w'], ['y'])], initializers: [infinite] })).toContain(
      'Conv Conv_y: the constant w holds NaN or infinity',
    );
  });

  it('does not take an infinite bound for one', () => {
    const bounds = [floatTensor('low', [], [0]), floatTensor('high', [], [Number.POSITIVE_INFINITY])];
    expect(refusal({ nodes: [node('Clip', ['x', 'low', 'high'], ['y'])], initializers: bounds })).toBe('none');
  });
});
