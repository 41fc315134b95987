import { expect, test } from 'vitest';
import { createGraphBuilder } from '../../src/ops/build.ts';
import { removeIdentities } from '../../src/passes/remove-identities.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import {
  census,
  finished,
  randomInputs,
  runOnQuantizedGraphs,
  runOnRandomGraphs,
  runSame,
  runSameBytes,
  stated,
} from '../support/pass.ts';

const tanh = { chain: [{ function: 'tanh', parameters: [] }] };

test('reshapes in a row become one, and what does nothing goes', () => {
  const b = createGraphBuilder('identities');
  const x = b.input('x', { shape: [2, 3, 4], dtype: 'float32' });
  let y = b.add('Reshape', [b.add('Reshape', [x], { shape: [24] })], { shape: [6, 4] });
  y = b.add('Transpose', [y], { permutation: [0, 1] });
  y = b.add('Unary', [y], { chain: [] });
  y = b.add('Unary', [y], tanh);
  const after = runSame(removeIdentities, finished(b, x, y));
  expect(census(after)).toEqual({ Reshape: 1, Unary: 1 });
  expect(after.nodes[0]?.inputs).toEqual(['x']);
});

test('a reshape there and back goes altogether', () => {
  const b = createGraphBuilder('back');
  const x = b.input('x', { shape: [2, 3, 4], dtype: 'float32' });
  const flat = b.add('Reshape', [x], { shape: [24] });
  const y = b.add('Unary', [b.add('Reshape', [flat], { shape: [2, 3, 4] })], tanh);
  expect(census(runSame(removeIdentities, finished(b, x, y, b.add('Unary', [flat], tanh))))).toEqual({
    Unary: 2,
    Reshape: 1,
  });
});

test('what makes an output stays, so that an output is no input', () => {
  const b = createGraphBuilder('output');
  const x = b.input('x', { shape: [2, 3], dtype: 'float32' });
  expect(runSame(removeIdentities, finished(b, x, b.add('Reshape', [x], { shape: [2, 3] }))).nodes).toHaveLength(1);
});

test.each([
  { name: 'no change of quantisation', quants: {}, counts: { Unary: 2 } },
  { name: 'one change', quants: { 'Reshape#2': [0.01, 4] }, counts: { Unary: 2, Reshape: 1 } },
  { name: 'two changes', quants: { Reshape: [0.02, -9], 'Reshape#2': [0.01, 4] }, counts: { Unary: 2, Reshape: 2 } },
] as const)('with $name the bytes stay the same', ({ quants, counts }) => {
  const b = createGraphBuilder('quantised');
  const x = b.input('x', { shape: [2, 3, 4], dtype: 'float32' });
  const flat = b.add('Reshape', [b.add('Unary', [x], tanh)], { shape: [24] });
  const y = b.add('Unary', [b.add('Reshape', [flat], { shape: [2, 3, 4] })], {
    chain: [{ function: 'sin', parameters: [] }],
  });
  const graph = finished(b, x, y);
  const before = stated(graph, quants as Parameters<typeof stated>[1]);
  const ranges = calibrate(graph, [randomInputs(graph, 1)], 'min-max');
  expect(census(runSameBytes(removeIdentities, assignQuantization(before, ranges)))).toEqual(counts);
});

test('random graphs', () => runOnRandomGraphs(removeIdentities));

test('random quantised graphs', () => runOnQuantizedGraphs(removeIdentities));
