import { describe, expect, it } from 'vitest';
import { checkGraph } from '../../src/graph/check.ts';
import type { Graph, Node, Tensor } from '../../src/graph/types.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { operatorNamed } from '../../src/ops/index.ts';

/** x [1,4] -> FullyConnected with w [2,4] -> h -> Unary -> y */
function legal(): Graph {
  const builder = createGraphBuilder('legal');
  const x = builder.input('x', { shape: [1, 4], dtype: 'float32' });
  const w = builder.constant('w', { shape: [2, 4], dtype: 'float32', data: new Float32Array(8) });
  const h = builder.add('FullyConnected', [x, w, null], {}, [], 'h');
  const y = builder.add('Unary', [h], { chain: [] }, [], 'y');
  return builder.finish([plainPort(x)], [plainPort(y)]);
}

function withTensor(name: string, change: Partial<Tensor>): Graph {
  const graph = legal();
  const tensor = graph.tensors.get(name) as Tensor;
  return { ...graph, tensors: new Map([...graph.tensors, [name, { ...tensor, ...change }]]) };
}

function withNodes(change: (nodes: readonly Node[]) => readonly Node[]): Graph {
  const graph = legal();
  return { ...graph, nodes: change(graph.nodes) };
}

describe('checkGraph', () => {
  it('lets a legal graph pass', () => {
    expect(() => checkGraph(legal(), operatorNamed)).not.toThrow();
  });

  it('lets a quantised graph pass, with a scale a channel on weights', () => {
    const graph = withTensor('h', { dtype: 'int8', quant: { scales: [0.5], zeroPoints: [-128] } });
    const quant = { scales: [1, 2], zeroPoints: [0, 0], axis: 0 };
    const w = { ...(graph.tensors.get('w') as Tensor), dtype: 'int8', data: new Int8Array(8), quant } as const;
    expect(() => checkGraph({ ...graph, tensors: new Map([...graph.tensors, ['w', w]]) }, operatorNamed)).not.toThrow();
  });

  it.each<[string, Graph, string]>([
    ['nodes out of order', withNodes((nodes) => [...nodes].reverse()), 'Unary y uses h before it is made'],
    [
      'a tensor made twice',
      withNodes((nodes) => [...nodes, nodes[1] as Node]),
      'Unary y makes a tensor that is there already',
    ],
    ['a node that is gone', withNodes((nodes) => nodes.slice(1)), 'Unary y uses h before it is made'],
    ['an output that is never made', withNodes((nodes) => nodes.slice(0, 1)), 'output y is never made'],
    [
      'an unknown tensor',
      withNodes(([node]) => [{ ...(node as Node), inputs: ['x', 'z', null] }]),
      'refers to the tensor z',
    ],
    ['a constant without data', withTensor('w', { kind: 'constant', data: undefined }), 'the constant w has no data'],
    ['an activation with data', withTensor('h', { data: new Float32Array(2) }), 'the activation h has data'],
    ['data of another length', withTensor('w', { data: new Float32Array(7) }), 'w has 7 elements'],
    ['data of another type', withTensor('w', { data: new Int8Array(8) }), 'w is float32 and its data are a Int8Array'],
    [
      'a shape that the operator does not give',
      withTensor('h', { shape: [1, 3] }),
      'FullyConnected h has the shape [1,3]',
    ],
    ['a type that the operator does not give', withTensor('h', { dtype: 'int8' }), 'FullyConnected h is int8'],
    ['a shape that is none', withTensor('h', { shape: [1, Number.NaN] }), 'the tensor h has the shape'],
    ['a tensor under another name', withTensor('h', { name: 'g' }), 'kept under the name h'],
    [
      'scales of another number',
      withTensor('w', { quant: { scales: [1], zeroPoints: [0], axis: 0 } }),
      'w has 1 scales',
    ],
    ['a scale of zero', withTensor('h', { quant: { scales: [0], zeroPoints: [0] } }), 'not positive'],
    [
      'a port of another shape',
      { ...legal(), inputs: [{ name: 'x', tensor: 'x', shape: [4, 1], permutation: [0, 1] }] },
      'x is [4,1]',
    ],
    [
      'a port whose axes are no permutation',
      { ...legal(), inputs: [{ name: 'x', tensor: 'x', shape: [1, 4], permutation: [0, 0] }] },
      'permutation',
    ],
    ['an input twice', { ...legal(), inputs: [...legal().inputs, ...legal().inputs] }, 'two inputs are the tensor x'],
  ])('finds %s', (_, graph, words) => {
    expect(() => checkGraph(graph, operatorNamed)).toThrow(words);
  });
});
