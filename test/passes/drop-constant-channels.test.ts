import { expect, test } from 'vitest';
import type { Graph, Tensor } from '../../src/graph/types.ts';
import { tensorOf } from '../../src/graph/types.ts';
import { createGraphBuilder, type GraphBuilder } from '../../src/ops/build.ts';
import { dropConstantChannels } from '../../src/passes/drop-constant-channels.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import { finished, randomInputs, runOnQuantizedGraphs, runSameBytes } from '../support/pass.ts';
import { createDice, randomFrom } from '../support/random.ts';

type Parts = {
  readonly b: GraphBuilder;
  /** A convolution whose channels of these numbers have biases far below or above what the weights can reach. */
  conv(x: Tensor, outputs: number, dead: readonly number[], options?: ConvOptions): Tensor;
  random(name: string, shape: readonly number[]): Tensor;
};

interface ConvOptions {
  readonly kernel?: number;
  readonly pad?: number;
  readonly depthwise?: boolean;
  /** Far above: the channel is saturated at the top, which is not the zero point. */
  readonly above?: boolean;
}

/** A quantised graph of one input [1, 6, 6, 4], built of convolutions with Relu6. */
function quantized(build: (parts: Parts, x: Tensor) => Tensor, seed = 1): Graph {
  const b = createGraphBuilder('dead');
  const random = randomFrom(seed);
  const constant = (name: string, shape: readonly number[], value: (i: number) => number): Tensor => {
    const data = Float32Array.from({ length: shape.reduce((n, size) => n * size, 1) }, (_, i) => value(i));
    return b.constant(name, { shape, dtype: 'float32', data });
  };
  let count = 0;
  const parts: Parts = {
    b,
    random: (name, shape) => constant(name, shape, () => 2 * random() - 1),
    conv(x, outputs, dead, { kernel = 1, pad = 0, depthwise = false, above = false } = {}) {
      count += 1;
      const inputs = depthwise ? 1 : (x.shape.at(-1) as number);
      const weights = parts.random(`w${count}`, [outputs, kernel, kernel, inputs]);
      const bias = constant(`b${count}`, [outputs], (o) => (dead.includes(o) ? (above ? 1e4 : -1e4) : random() - 0.2));
      return b.add('Conv', [x, weights, bias], {
        kernel: [kernel, kernel],
        strides: [1, 1],
        dilations: [1, 1],
        pads: [
          [pad, pad],
          [pad, pad],
        ],
        groups: depthwise ? outputs : 1,
        clamp: { min: 0, max: 6 },
      });
    },
  };
  const x = b.input('x', { shape: [1, 6, 6, 4], dtype: 'float32' });
  const graph = finished(b, x, build(parts, x));
  const samples = [1, 2, 3].map((s) => randomInputs(graph, s));
  return assignQuantization(graph, calibrate(graph, samples, 'min-max'));
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** The channels of the outputs of all nodes, in order. */
const widths = (graph: Graph): number[] =>
  graph.nodes.map(({ output }) => tensorOf(graph, output).shape.at(-1) as number);

test('dead channels go, from the layer that makes them to the one that reads them', () => {
  const before = quantized(({ conv }, x) => {
    const first = conv(x, 24, range(0, 13));
    const second = conv(first, 24, [], { depthwise: true, kernel: 3, pad: 1 });
    return conv(second, 10, []);
  });
  const after = runSameBytes(dropConstantChannels, before);
  expect(widths(after)).toEqual([16, 16, 10]);
});

test('a depthwise layer can make channels constant that were not', () => {
  const before = quantized(({ conv }, x) => {
    const first = conv(x, 16, []);
    return conv(conv(first, 16, range(3, 14), { depthwise: true, kernel: 3, pad: 1 }), 10, []);
  });
  expect(widths(runSameBytes(dropConstantChannels, before))).toEqual([8, 8, 10]);
});

test.each([
  { name: 'a dense layer without padding', kernel: 3, pad: 0, expected: [8, 12] },
  { name: 'but not one that pads with zero', kernel: 3, pad: 1, expected: [16, 12] },
])('channels that are saturated go before $name', ({ kernel, pad, expected }) => {
  const before = quantized(({ conv }, x) => conv(conv(x, 16, range(4, 13), { above: true }), 12, [], { kernel, pad }));
  expect(widths(runSameBytes(dropConstantChannels, before))).toEqual(expected);
});

test('through a mean and a flatten to a dense layer', () => {
  const before = quantized(({ b, conv, random }, x) => {
    const mean = b.add('ReduceMean', [conv(x, 32, range(5, 32))], { axes: [1, 2] });
    const flat = b.add('Reshape', [mean], { shape: [1, 32] });
    return b.add('FullyConnected', [flat, random('w', [3, 32]), random('b', [3])], {});
  });
  expect(widths(runSameBytes(dropConstantChannels, before))).toEqual([8, 8, 8, 3]);
});

test('channels of outputs, and of tensors with several readers, stay', () => {
  const output = quantized(({ conv }, x) => conv(x, 16, range(0, 15)));
  expect(dropConstantChannels(output)).toBe(output);
  const sum = quantized(({ b, conv }, x) => {
    const first = conv(x, 16, range(0, 15));
    return b.add('Add', [conv(first, 16, []), first], {});
  });
  expect(widths(runSameBytes(dropConstantChannels, sum))).toEqual(widths(sum));
});

test('a layer all of whose channels are dead keeps some', () => {
  const before = quantized(({ conv }, x) => conv(conv(x, 16, range(0, 16)), 12, []));
  expect(widths(runSameBytes(dropConstantChannels, before))).toEqual([8, 12]);
});

test('random chains keep their bytes', () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const dice = createDice(randomFrom(seed));
    const before = quantized(({ conv }, x) => {
      let y = x;
      for (let layer = 0; layer < 5; layer += 1) {
        const depthwise = dice.chance(0.4);
        const outputs = depthwise ? (y.shape.at(-1) as number) : dice.integer(1, 40);
        const dead = range(0, outputs).filter(() => dice.chance(dice.pick([0, 0.3, 0.9])));
        const kernel = dice.pick([1, 3]);
        y = conv(y, outputs, dead, { depthwise, kernel, pad: kernel === 3 ? 1 : 0, above: dice.chance(0.3) });
      }
      return y;
    }, seed);
    runSameBytes(dropConstantChannels, before, seed);
  }
});

test('random quantised graphs', () => runOnQuantizedGraphs(dropConstantChannels));
