import { expect, test } from 'vitest';
import { type Graph, tensorOf } from '../../src/graph/types.ts';
import { createGraphBuilder, type GraphBuilder } from '../../src/ops/build.ts';
import type { ConvAttributes } from '../../src/ops/conv.ts';
import { foldBatchnorm } from '../../src/passes/fold-batchnorm.ts';
import { census, constants, finished, run, runOnRandomGraphs, runSame } from '../support/pass.ts';

const oneTap: ConvAttributes = {
  kernel: [1, 1],
  strides: [1, 1],
  dilations: [1, 1],
  pads: [
    [0, 0],
    [0, 0],
  ],
  groups: 1,
};
const window: ConvAttributes = { ...oneTap, kernel: [3, 2] };
const padded: ConvAttributes = {
  ...window,
  pads: [
    [1, 1],
    [0, 1],
  ],
};
const affine = (factor: number, summand: number) => ({
  chain: [{ function: 'affine', parameters: [factor, summand] }],
});

function start(shape: readonly number[] = [1, 6, 5, 4]) {
  const b = createGraphBuilder('affine');
  return { b, constant: constants(b), x: b.input('x', { shape, dtype: 'float32' }) };
}

/** What BatchNormalization of `channels` is read as. */
function normalize(b: GraphBuilder, x: Parameters<GraphBuilder['add']>[1][number], channels: number, clamp = {}) {
  const constant = constants(b, 7);
  const weights = constant('factor', [channels, 1, 1, 1]);
  return b.add('Conv', [x, weights, constant('summand', [channels])], { ...oneTap, groups: channels, ...clamp }, [
    { name: 'bn', operator: 'BatchNormalization' },
  ]);
}

test('a normalisation goes into the padded convolution before it, and its clamp and origin with it', () => {
  const { b, constant, x } = start();
  const conv = b.add('Conv', [x, constant('w', [6, 3, 2, 4]), null], padded, [{ name: 'c', operator: 'Conv' }]);
  const after = runSame(foldBatchnorm, finished(b, x, normalize(b, conv, 6, { clamp: { min: 0, max: null } })));
  expect(after.nodes).toHaveLength(1);
  expect(after.nodes[0]?.attributes).toMatchObject({ pads: padded.pads, clamp: { min: 0, max: null } });
  expect(after.nodes[0]?.from.map((origin) => origin.name)).toEqual(['c', 'bn']);
});

test('into a depthwise convolution', () => {
  const { b, constant, x } = start();
  const conv = b.add('Conv', [x, constant('w', [4, 3, 2, 1]), constant('b', [4])], { ...window, groups: 4 });
  expect(runSame(foldBatchnorm, finished(b, x, normalize(b, conv, 4))).nodes).toHaveLength(1);
});

test('products, sums and differences with a constant of each channel or of one value go into a dense layer', () => {
  const { b, constant, x } = start([3, 8]);
  let y = b.add('FullyConnected', [x, constant('w', [5, 8]), null], {});
  y = b.add('Mul', [constant('m', [1, 5]), y], {});
  y = b.add('Add', [y, constant('a', [1, 5])], {});
  y = b.add('Sub', [y, constant('s', [1, 1])], {});
  y = b.add('Sub', [constant('t', [1, 5]), y], {});
  y = b.add('Unary', [y], { chain: [...affine(-0.5, 3).chain, ...affine(4, -1).chain] });
  expect(census(runSame(foldBatchnorm, finished(b, x, y)))).toEqual({ FullyConnected: 1 });
});

test('a normalisation of the input goes into a convolution of groups without padding', () => {
  const { b, constant, x } = start();
  const conv = b.add('Conv', [normalize(b, x, 4), constant('w', [6, 3, 2, 2]), constant('b', [6])], {
    ...window,
    groups: 2,
  });
  const after = runSame(foldBatchnorm, finished(b, x, conv));
  expect(after.nodes).toHaveLength(1);
  expect(after.nodes[0]?.from[0]?.name).toBe('bn');
});

test('before padding only a factor does', () => {
  const build = (summand: number): Graph => {
    const { b, constant, x } = start();
    const scaled = b.add('Unary', [x], affine(0.25, summand));
    return finished(b, x, b.add('Conv', [scaled, constant('w', [6, 3, 2, 4]), null], padded));
  };
  expect(runSame(foldBatchnorm, build(0)).nodes).toHaveLength(1);
  expect(runSame(foldBatchnorm, build(1)).nodes).toHaveLength(2);
});

test('nothing is folded across a clamp, a second reader, an output or a stretched input', () => {
  const { b, constant, x } = start();
  const conv = (attributes: object) =>
    b.add('Conv', [x, constant('w', [6, 3, 2, 4]), null], { ...window, ...attributes });
  const clamped = normalize(b, conv({ clamp: { min: 0, max: 6 } }), 6);
  const twice = conv({});
  const readTwice = b.add('Add', [normalize(b, twice, 6), b.add('Unary', [twice], affine(2, 0))], {});
  const output = conv({});
  const single = b.add('Conv', [x, constant('w', [1, 3, 2, 4]), null], window);
  const stretched = b.add('Mul', [single, constant('m', [1, 1, 1, 3])], {});
  const graph = finished(b, x, clamped, readTwice, output, normalize(b, output, 6), stretched);
  expect(runSame(foldBatchnorm, graph).nodes).toHaveLength(graph.nodes.length);
});

test('weights that a QDQ model states keep their steps under positive factors, and are left alone otherwise', () => {
  const build = (factor: number): Graph => {
    const b = createGraphBuilder('stated');
    const x = b.input('x', { shape: [1, 2], dtype: 'float32' });
    const value = { shape: [2, 2], dtype: 'float32', data: Float32Array.of(0.5, 1, -0.25, 2) } as const;
    const w = b.constant('w', value, { scales: [0.25], zeroPoints: [0] });
    return finished(b, x, b.add('Unary', [b.add('FullyConnected', [x, w, null], {})], affine(factor, 1)));
  };
  const after = runSame(foldBatchnorm, build(3));
  const weights = tensorOf(after, after.nodes[0]?.inputs[1] as string);
  expect(weights.quant).toEqual({ scales: [0.75, 0.75], zeroPoints: [0, 0], axis: 0 });
  expect(run(foldBatchnorm, build(-3)).nodes).toHaveLength(2);
});

test('random graphs', () => runOnRandomGraphs(foldBatchnorm));
