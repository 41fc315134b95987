import { expect, test } from 'vitest';
import { createGraphBuilder } from '../../src/ops/build.ts';
import { fuseActivations } from '../../src/passes/fuse-activations.ts';
import { finished, runOnRandomGraphs, runSame } from '../support/pass.ts';

const clip = (min: number, max: number) => ({ chain: [{ function: 'clip', parameters: [min, max] }] });

test('clips after a sum become its clamp, as long as the ranges meet', () => {
  const b = createGraphBuilder('clips');
  const x = b.input('x', { shape: [1, 9], dtype: 'float32' });
  let y = b.add('Add', [x, x], {});
  for (const [min, max] of [
    [-1, 2],
    [0, Number.POSITIVE_INFINITY],
    [3, 4],
  ] as const)
    y = b.add('Unary', [y], clip(min, max));
  const after = runSame(fuseActivations, finished(b, x, y));
  expect(after.nodes.map((node) => node.op)).toEqual(['Add', 'Unary']);
  expect(after.nodes[0]?.attributes).toEqual({ clamp: { min: 0, max: 2 } });
});

test('a sum that somebody else reads is not clamped', () => {
  const b = createGraphBuilder('shared');
  const x = b.input('x', { shape: [1, 9], dtype: 'float32' });
  const y = b.add('Add', [x, x], {});
  expect(
    runSame(fuseActivations, finished(b, x, b.add('Mul', [b.add('Unary', [y], clip(0, 1)), y], {}))).nodes,
  ).toHaveLength(3);
});

test('random graphs', () => runOnRandomGraphs(fuseActivations));
