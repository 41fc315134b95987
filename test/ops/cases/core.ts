import type { Clamp } from '../../../src/ops/define.ts';
import type { UnaryStep } from '../../../src/ops/unary-functions.ts';
import type { Window } from '../../../src/ops/window.ts';
import type { OperatorCase } from './types.ts';

type Shape = readonly number[];

interface ConvOptions extends Partial<Window> {
  readonly groups?: number;
  readonly clamp?: Clamp;
  readonly bias?: 'none';
}

const symmetric = (random: () => number, span: number): number => span * (2 * random() - 1);

/** Weights of `outputs`, the kernel given; what the options leave out is 1 or nothing. */
function conv(shape: Shape, outputs: number, kernel: Shape, options: ConvOptions = {}): OperatorCase {
  const { strides, dilations, pads, groups = 1, clamp, bias } = options;
  const attributes = {
    kernel,
    strides: strides ?? kernel.map(() => 1),
    dilations: dilations ?? kernel.map(() => 1),
    pads: pads ?? kernel.map(() => [0, 0] as const),
    groups,
    ...(clamp === undefined ? {} : { clamp }),
  };
  const details = Object.entries(options).map(([key, value]) => ` ${key} ${JSON.stringify(value)}`);
  return {
    name: `Conv [${shape}] to ${outputs} by [${kernel}]${details.join('')}`,
    build(b, random) {
      const x = b.input('x', { shape, dtype: 'float32' });
      const weightShape = [outputs, ...kernel, (shape.at(-1) ?? 1) / groups];
      const count = weightShape.reduce((product, size) => product * size, 1);
      const data = Float32Array.from({ length: count }, () => symmetric(random, 1));
      const weights = b.constant('weights', { shape: weightShape, dtype: 'float32', data });
      const biases = Float32Array.from({ length: outputs }, () => symmetric(random, 1));
      const added = bias === 'none' ? null : b.constant('bias', { shape: [outputs], dtype: 'float32', data: biases });
      return [b.add('Conv', [x, weights, added], attributes)];
    },
  };
}

function fullyConnected(shape: Shape, outputs: number, clamp?: Clamp, bias: 'bias' | 'no bias' = 'bias'): OperatorCase {
  const inner = shape.at(-1) ?? 1;
  return {
    name: `FullyConnected [${shape}] to ${outputs}, ${bias}${clamp === undefined ? '' : `, clamp ${JSON.stringify(clamp)}`}`,
    build(b, random) {
      const x = b.input('x', { shape, dtype: 'float32' });
      const values = (length: number): Float32Array => Float32Array.from({ length }, () => symmetric(random, 1));
      const weights = b.constant('weights', {
        shape: [outputs, inner],
        dtype: 'float32',
        data: values(outputs * inner),
      });
      const added =
        bias === 'bias' ? b.constant('bias', { shape: [outputs], dtype: 'float32', data: values(outputs) }) : null;
      return [b.add('FullyConnected', [x, weights, added], clamp === undefined ? {} : { clamp })];
    },
  };
}

function unary(shape: Shape, chain: readonly UnaryStep[]): OperatorCase {
  return {
    name: `Unary ${chain.map((step) => `${step.function}(${step.parameters})`).join(' ') || 'of nothing'} of [${shape}]`,
    build: (b) => [b.add('Unary', [b.input('x', { shape, dtype: 'float32' })], { chain })],
  };
}

function single(op: string, shape: Shape, attributes: object): OperatorCase {
  return {
    name: `${op} of [${shape}] ${JSON.stringify(attributes)}`,
    build: (b) => [b.add(op, [b.input('x', { shape, dtype: 'float32' })], attributes)],
  };
}

const one = [1, 1] as const;
const none = [0, 0] as const;

export const cases: readonly OperatorCase[] = [
  conv([1, 6, 7, 3], 5, [3, 3]),
  conv([1, 6, 7, 3], 8, [3, 3], { pads: [one, one], clamp: { min: 0, max: null } }),
  conv([1, 7, 6, 4], 9, [3, 3], {
    strides: [2, 2],
    pads: [
      [0, 1],
      [1, 0],
    ],
    clamp: { min: 0, max: 6 },
  }),
  conv([1, 9, 8, 2], 3, [3, 2], {
    dilations: [2, 3],
    pads: [
      [2, 1],
      [0, 3],
    ],
  }),
  conv([1, 5, 2, 3], 4, [3, 5], { pads: [one, [2, 3]], bias: 'none' }),
  conv([1, 3, 3, 2], 2, [5, 5], {
    pads: [
      [3, 2],
      [2, 4],
    ],
    strides: [1, 2],
  }),
  conv([1, 11, 9, 3], 2, [2, 2], { strides: [4, 3] }),
  conv([2, 5, 4, 6], 6, [3, 3], { groups: 2, pads: [one, one] }),
  conv([1, 5, 4, 6], 9, [2, 3], { groups: 3, pads: [none, one] }),
  conv([1, 6, 5, 4], 4, [3, 3], { groups: 4, pads: [one, one], clamp: { min: 0, max: null } }),
  conv([1, 6, 7, 19], 19, [3, 3], {
    groups: 19,
    strides: [2, 2],
    pads: [
      [0, 1],
      [0, 1],
    ],
  }),
  conv([2, 7, 6, 8], 8, [5, 3], {
    groups: 8,
    dilations: [1, 2],
    pads: [
      [2, 2],
      [3, 1],
    ],
  }),
  conv([1, 6, 5, 3], 6, [3, 3], { groups: 3, pads: [one, one] }),
  conv([1, 4, 3, 1], 5, [3, 3], { pads: [one, one] }),
  conv([1, 4, 5, 8], 16, [1, 1]),
  conv([2, 4, 5, 7], 3, [1, 1], { clamp: { min: -0.5, max: 0.5 } }),
  conv([1, 5, 5, 4], 6, [1, 1], { strides: [2, 2] }),
  conv([1, 3, 4, 5], 4, [1, 1], { pads: [one, [0, 2]] }),
  conv([1, 1, 1, 33], 17, [1, 1]),
  conv([1, 20, 3], 4, [5], { strides: [2], pads: [[2, 1]] }),
  conv([2, 9, 6], 6, [3], { groups: 6, dilations: [3], pads: [[0, 6]] }),
  conv([1, 10, 4, 40], 7, [3, 3], { pads: [one, one] }),
  fullyConnected([1, 24], 10),
  fullyConnected([3, 17], 5, { min: 0, max: null }),
  fullyConnected([1, 4, 9], 8, undefined, 'no bias'),
  fullyConnected([2, 3, 4, 5], 6),
  fullyConnected([1, 1], 1),
  unary([1, 5, 4, 3], [{ function: 'clip', parameters: [0, 6] }]),
  unary([2, 3, 7], [{ function: 'sigmoid', parameters: [] }]),
  unary(
    [1, 9],
    [
      { function: 'tanh', parameters: [] },
      { function: 'affine', parameters: [-2, 0.5] },
    ],
  ),
  unary([13], [{ function: 'hardSwish', parameters: [] }]),
  unary([2, 2, 3, 2, 2], [{ function: 'leakyRelu', parameters: [0.1] }]),
  unary([1, 3, 3, 2], []),
  single('Softmax', [1, 10], {}),
  single('Softmax', [4, 3], {}),
  single('Softmax', [2, 3, 4, 5], {}),
  single('Softmax', [7], {}),
  single('Softmax', [1, 6, 130], {}),
  single('Transpose', [1, 4, 5, 3], { permutation: [0, 3, 1, 2] }),
  single('Transpose', [3, 4], { permutation: [1, 0] }),
  single('Reshape', [1, 4, 5, 3], { shape: [1, 60] }),
  single('Reshape', [2, 6], { shape: [3, 4] }),
];
