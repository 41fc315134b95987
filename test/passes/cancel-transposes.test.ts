import { expect, test } from 'vitest';
import { createGraphBuilder } from '../../src/ops/build.ts';
import { cancelTransposes } from '../../src/passes/cancel-transposes.ts';
import { carryReshape } from '../../src/passes/carry-reshape.ts';
import { census, finished, runOnRandomGraphs, runSame } from '../support/pass.ts';

const toFirst = { permutation: [0, 3, 1, 2] };
const toLast = { permutation: [0, 2, 3, 1] };
const tanh = { chain: [{ function: 'tanh', parameters: [] }] };

test('two transposes that undo each other cancel out across elementwise operators', () => {
  const b = createGraphBuilder('undone');
  const x = b.input('x', { shape: [1, 4, 5, 3], dtype: 'float32' });
  const y = b.add('Transpose', [b.add('Unary', [b.add('Transpose', [x], toFirst)], tanh)], toLast);
  expect(census(runSame(cancelTransposes, finished(b, x, y)))).toEqual({ Unary: 1 });
});

test('a reshape that drops axes of one lets a transpose through', () => {
  const b = createGraphBuilder('squeeze');
  const x = b.input('x', { shape: [1, 1, 6, 5], dtype: 'float32' });
  const first = b.add('Transpose', [x], toFirst);
  const squeezed = b.add('Reshape', [first], { shape: [1, 5, 6] });
  const mean = b.add('ReduceMean', [squeezed], { axes: [2] });
  const after = runSame(cancelTransposes, finished(b, x, b.add('Reshape', [mean], { shape: [1, 5] })));
  expect(census(after)).toEqual({ Reshape: 2, ReduceMean: 1 });
});

test('tokens of an image: a reshape that joins rows and columns lets a transpose through', () => {
  const b = createGraphBuilder('tokens');
  const x = b.input('x', { shape: [2, 3, 4, 5], dtype: 'float32' });
  const flat = b.add('Reshape', [b.add('Transpose', [x], toFirst)], { shape: [2, 5, 12] });
  const after = runSame(cancelTransposes, finished(b, x, b.add('Transpose', [flat], { permutation: [0, 2, 1] })));
  expect(census(after)).toEqual({ Reshape: 1 });
});

test('a reshape that joins channels with rows stops a transpose', () => {
  expect(carryReshape([1, 5, 3, 4], [0, 3, 1, 2], [1, 60])).toBeNull();
  expect(carryReshape([2, 5, 3, 4], [0, 3, 1, 2], [10, 3, 4])).toBeNull();
  expect(carryReshape([0, 5], [1, 0], [5, 0])).toBeNull();
});

test('axes of one that a reshape adds lie beside those that they belong to', () => {
  expect(carryReshape([1, 8, 20], [0, 2, 1], [1, 8, 1, 20])).toEqual({
    shape: [1, 1, 20, 8],
    permutation: [0, 3, 1, 2],
  });
});

test('random graphs', () => runOnRandomGraphs(cancelTransposes));
