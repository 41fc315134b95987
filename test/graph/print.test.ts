import { expect, it } from 'vitest';
import { printGraph } from '../../src/graph/print.ts';
import type { Graph } from '../../src/graph/types.ts';

it('printGraph shows quantisation, layouts, states, long lists and where nodes come from', () => {
  const graph: Graph = {
    name: 'small',
    inputs: [{ name: 'image', tensor: 'x', shape: [1, 3, 8, 8], permutation: [0, 2, 3, 1] }],
    outputs: [{ name: 'y', tensor: 'y', shape: [1, 2], permutation: [0, 1] }],
    tensors: new Map([
      [
        'x',
        {
          name: 'x',
          kind: 'activation',
          dtype: 'int8',
          shape: [1, 8, 8, 3],
          quant: { scales: [0.5], zeroPoints: [-128] },
        },
      ],
      ['s', { name: 's', kind: 'state', dtype: 'int8', shape: [1, 2] }],
      [
        'w',
        {
          name: 'w',
          kind: 'constant',
          dtype: 'int8',
          shape: [2, 4],
          data: new Int8Array(8),
          quant: { scales: [1, 2], zeroPoints: [0, 0], axis: 0 },
        },
      ],
      ['y', { name: 'y', kind: 'activation', dtype: 'int8', shape: [1, 2] }],
    ]),
    nodes: [
      {
        op: 'Mix',
        inputs: ['x', 's', 'w', null],
        output: 'y',
        attributes: { axes: [1, 2], clamp: { min: 0, max: null }, absent: undefined, table: new Int8Array(256) },
        from: [
          { name: 'a', operator: 'Conv' },
          { name: '', operator: 'Relu' },
        ],
      },
    ],
  };
  expect(printGraph(graph)).toBe(
    [
      'graph small',
      'input x: int8[1,8,8,3] (scale 0.5, zero point -128) # image, axes [0,2,3,1] of ONNX',
      'y: int8[1,2] = Mix(x, s, w: int8[2,4] (scale 2 scales on axis 0, zero point 0) constant, -) ' +
        '{axes: [1, 2], clamp: {min: 0, max: null}, table: [0, 0, 0, 0, 0, 0, 0, 0, ... 256 in all]} # Conv a + Relu',
      'output y',
      '',
    ].join('\n'),
  );
});
