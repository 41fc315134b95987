import { expect, test } from 'vitest';
import type { Graph } from '../../src/graph/types.ts';
import { createGraphBuilder } from '../../src/ops/build.ts';
import { foldFlatten } from '../../src/passes/fold-flatten.ts';
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

function flattening(shape: readonly number[], permutation: readonly number[], flat: readonly number[]): Graph {
  const b = createGraphBuilder('flatten');
  const constant = constants(b);
  const x = b.input('x', { shape, dtype: 'float32' });
  const moved = b.add('Transpose', [x], { permutation }, [{ name: 't', operator: 'Transpose' }]);
  const y = b.add('Reshape', [moved], { shape: flat }, [{ name: 'f', operator: 'Flatten' }]);
  const dense = b.add('FullyConnected', [y, constant('w', [4, flat.at(-1) as number]), constant('b', [4])], {});
  return finished(b, x, dense);
}

test.each([
  { shape: [2, 3, 4, 5], permutation: [0, 3, 1, 2], flat: [2, 60] },
  { shape: [2, 3, 4, 5], permutation: [0, 2, 3, 1], flat: [2, 60] },
  { shape: [1, 6, 5], permutation: [0, 2, 1], flat: [1, 30] },
  { shape: [2, 3, 4, 5], permutation: [0, 1, 3, 2], flat: [2, 3, 20] },
])('a transpose by [$permutation] before [$flat] becomes an order of columns', ({ shape, permutation, flat }) => {
  const after = runSame(foldFlatten, flattening(shape, permutation, flat));
  expect(census(after)).toEqual({ Reshape: 1, FullyConnected: 1 });
  expect(after.nodes[0]?.from.map((origin) => origin.name)).toEqual(['t', 'f']);
});

test('a transpose that moves the batch, or mixes rows of the product, stays', () => {
  const kept = [flattening([2, 3, 4], [1, 0, 2], [3, 8]), flattening([2, 3, 4], [0, 2, 1], [4, 6])];
  for (const graph of kept) expect(runSame(foldFlatten, graph).nodes).toHaveLength(3);
});

const graph = flattening([1, 3, 4, 5], [0, 3, 1, 2], [1, 60]);
const ranges = calibrate(
  graph,
  [1, 2, 3].map((seed) => randomInputs(graph, seed)),
  'min-max',
);

test.each([
  { name: 'one quantisation', quants: {}, nodes: 2 },
  { name: 'a quantisation that changes at the flatten', quants: { Reshape: [0.02, 5] }, nodes: 2 },
  { name: 'a quantisation that changes at the transpose', quants: { Transpose: [0.02, 5] }, nodes: 2 },
  { name: 'one that changes twice', quants: { Transpose: [0.02, 5], Reshape: [0.03, -7] }, nodes: 3 },
] as const)('bytes stay the same with $name', ({ quants, nodes }) => {
  const before = assignQuantization(stated(graph, quants as Parameters<typeof stated>[1]), ranges);
  expect(runSameBytes(foldFlatten, before).nodes).toHaveLength(nodes);
});

test('random graphs', () => runOnRandomGraphs(foldFlatten));

test('random quantised graphs', () => runOnQuantizedGraphs(foldFlatten));
