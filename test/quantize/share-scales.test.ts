import { expect, test } from 'vitest';
import { checkGraph } from '../../src/graph/check.ts';
import { type Graph, tensorOf } from '../../src/graph/types.ts';
import { createGraphBuilder } from '../../src/ops/build.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import { shareScales } from '../../src/quantize/share-scales.ts';
import { bytesOf, constants, finished, quantizedGraph, randomInputs, stated } from '../support/pass.ts';

const oneTap = {
  kernel: [1, 1],
  strides: [1, 1],
  dilations: [1, 1],
  pads: [
    [0, 0],
    [0, 0],
  ],
  groups: 1,
};
const pool = {
  kernel: [2, 2],
  strides: [1, 1],
  dilations: [1, 1],
  pads: [
    [0, 1],
    [0, 1],
  ],
};

/** Inception's shape: a convolution, a pooled convolution, a convolution read twice and a gate, joined. */
function joined(): Graph {
  const b = createGraphBuilder('joined');
  const constant = constants(b);
  const x = b.input('x', { shape: [1, 4, 4, 3], dtype: 'float32' });
  const conv = (name: string) => b.add('Conv', [x, constant(`w ${name}`, [2, 1, 1, 3]), null], oneTap, [], name);
  const plain = conv('plain');
  const pooled = b.add(
    'Pad',
    [b.add('MaxPool', [conv('inner')], pool, [], 'pooled')],
    { mode: 'constant', before: [0, 0, 0, 1], after: [0, 0, 0, 0], value: 0 },
    [],
    'padded',
  );
  const shared = conv('shared');
  const gate = b.add('Unary', [conv('gated')], { chain: [{ function: 'sigmoid', parameters: [] }] }, [], 'gate');
  const y = b.add('Concat', [plain, pooled, shared, gate], { axis: 3 }, [], 'y');
  return finished(b, x, y, b.add('MaxPool', [shared], pool, [], 'z'));
}

const rangesOf = (graph: Graph) =>
  calibrate(
    graph,
    [1, 2].map((seed) => randomInputs(graph, seed)),
    'min-max',
  );

test('what goes into a Concat alone has its scale, as far back as values only move', () => {
  const graph = joined();
  const ranges = rangesOf(graph);
  const after = assignQuantization(shareScales(graph, ranges), ranges);
  checkGraph(after, operatorNamed);
  const { quant } = tensorOf(after, 'y');
  for (const name of ['plain', 'inner', 'pooled', 'padded']) expect(tensorOf(after, name).quant, name).toEqual(quant);
  for (const name of ['shared', 'gate', 'gated']) expect(tensorOf(after, name).quant, name).not.toEqual(quant);
  expect(bytesOf(after, 1).get('y')).toHaveLength(4 * 4 * 9);
});

test('without a range nothing is shared', () => {
  expect(shareScales(joined(), new Map()).tensors).toEqual(joined().tensors);
});

test('a stated scale is kept, and a stated scale of the Concat goes back', () => {
  const after = shareScales(stated(joined(), { y: [0.5, 3], plain: [0.25, 1] }), new Map());
  expect(tensorOf(after, 'plain').quant).toEqual({ scales: [0.25], zeroPoints: [1] });
  expect(tensorOf(after, 'inner').quant).toEqual({ scales: [0.5], zeroPoints: [3] });
});

test('in a QDQ model an average takes the scale that is stated behind a transpose and a reshape', () => {
  const b = createGraphBuilder('moved');
  const x = b.input('x', { shape: [1, 3, 4, 5], dtype: 'float32' });
  const mean = b.add('ReduceMean', [x], { axes: [2] }, [], 'mean');
  const y = b.add(
    'Reshape',
    [b.add('Transpose', [mean], { permutation: [0, 3, 1, 2] }, [], 'moved')],
    { shape: [15] },
    [],
    'y',
  );
  const graph = stated(finished(b, x, y), { x: [0.1, 0], y: [0.05, 6] });
  expect(tensorOf(shareScales(graph, new Map()), 'mean').quant).toEqual({ scales: [0.05], zeroPoints: [6] });
});

test('where every tensor has a scale nothing changes', () => {
  for (let seed = 0; seed < 40; seed += 1) {
    const graph = quantizedGraph(seed);
    expect(shareScales(graph, new Map()).tensors).toEqual(graph.tensors);
  }
});
