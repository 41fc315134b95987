import { expect, test } from 'vitest';
import type { Graph } from '../../src/graph/types.ts';
import { createGraphBuilder } from '../../src/ops/build.ts';
import { foldPad } from '../../src/passes/fold-pad.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import {
  census,
  constants,
  finished,
  randomInputs,
  runOnQuantizedGraphs,
  runOnRandomGraphs,
  runSame,
  runSameBytes,
  stated,
} from '../support/pass.ts';

const pad = { mode: 'constant', before: [0, 1, 2, 0], after: [0, 0, 1, 0], value: 0 };
const window = {
  kernel: [3, 3],
  strides: [2, 1],
  dilations: [1, 1],
  pads: [
    [1, 0],
    [0, 2],
  ],
};

function padding(attributes: object, op: 'Conv' | 'AveragePool' | 'MaxPool', more: object = {}): Graph {
  const b = createGraphBuilder('pad');
  const x = b.input('x', { shape: [1, 7, 6, 3], dtype: 'float32' });
  const padded = b.add('Pad', [x], { ...pad, ...attributes }, [{ name: 'p', operator: 'Pad' }]);
  const weights = op === 'Conv' ? [constants(b)('w', [4, 3, 3, 3]), null] : [];
  return finished(
    b,
    x,
    b.add(op, [padded, ...weights], { ...window, groups: 1, ...more }, [{ name: 'o', operator: op }]),
  );
}

test('zeros become the padding of a convolution', () => {
  const after = runSame(foldPad, padding({}, 'Conv'));
  expect(census(after)).toEqual({ Conv: 1 });
  expect(after.nodes[0]?.attributes).toMatchObject({
    pads: [
      [2, 0],
      [2, 3],
    ],
  });
  expect(after.nodes[0]?.from.map((origin) => origin.name)).toEqual(['p', 'o']);
});

test.each([
  [
    'that counts none of its own padding',
    [
      [0, 0],
      [0, 0],
    ],
  ],
  [
    'that counts all of it',
    [
      [1, 0],
      [0, 2],
    ],
  ],
])('zeros become counted padding of an average pooling %s', (_, counted) => {
  const after = runSame(foldPad, padding({}, 'AveragePool', { counted }));
  expect(census(after)).toEqual({ AveragePool: 1 });
});

test('other values, other modes, other axes, cropping and a maximum keep their Pad', () => {
  const kept = [
    padding({ value: 1 }, 'Conv'),
    padding({ mode: 'edge' }, 'Conv'),
    padding({ before: [0, -1, 2, 0] }, 'Conv'),
    padding({ before: [1, 1, 2, 0] }, 'Conv'),
    padding({}, 'MaxPool'),
  ];
  for (const graph of kept) expect(runSame(foldPad, graph).nodes).toHaveLength(2);
});

test('padding of several readers goes if all of them can have it', () => {
  const build = (last: 'Conv' | 'MaxPool'): Graph => {
    const b = createGraphBuilder('readers');
    const x = b.input('x', { shape: [1, 7, 6, 3], dtype: 'float32' });
    const padded = b.add('Pad', [x], pad);
    const w = constants(b)('w', [4, 3, 3, 3]);
    const conv = (inputs: Parameters<typeof b.add>[1], op: 'Conv' | 'MaxPool') =>
      b.add(op, inputs, { ...window, groups: 1 });
    return finished(b, x, conv([padded, w, null], 'Conv'), conv(last === 'Conv' ? [padded, w, null] : [padded], last));
  };
  expect(census(runSame(foldPad, build('Conv')))).toEqual({ Conv: 2 });
  expect(census(runSame(foldPad, build('MaxPool')))).toEqual({ Pad: 1, Conv: 1, MaxPool: 1 });
});

function quantized(graph: Graph, quants: Parameters<typeof stated>[1]): Graph {
  const inputs = [1, 2, 3].map((seed) => randomInputs(graph, seed));
  return assignQuantization(stated(graph, quants), calibrate(graph, inputs, 'min-max'));
}

test.each(['Conv', 'AveragePool'] as const)('in a quantised graph the padding of %s is its zero point', (op) => {
  const before = quantized(
    padding({}, op, {
      counted: [
        [0, 0],
        [0, 0],
      ],
    }),
    {},
  );
  expect(runSameBytes(foldPad, before).nodes).toHaveLength(1);
});

test('a Pad that changes the quantisation stays', () => {
  const before = quantized(padding({}, 'Conv'), { Pad: [0.01, 3] });
  expect(runSameBytes(foldPad, before).nodes).toHaveLength(2);
});

test('random graphs', () => runOnRandomGraphs(foldPad));

test('random quantised graphs', () => runOnQuantizedGraphs(foldPad));
