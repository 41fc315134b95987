import { elementCount, type Tensor } from '../../../src/graph/types.ts';
import type { GraphBuilder } from '../../../src/ops/build.ts';
import type { UnaryStep } from '../../../src/ops/unary-functions.ts';
import type { OperatorCase } from './types.ts';

type Shape = readonly number[];

function constant(b: GraphBuilder, name: string, shape: Shape, random: () => number, low = -2, high = 2): Tensor {
  const data = Float32Array.from({ length: elementCount(shape) }, () => low + (high - low) * random());
  return b.constant(name, { shape, dtype: 'float32', data });
}

function inputs(b: GraphBuilder, shapes: readonly Shape[]): readonly Tensor[] {
  return shapes.map((shape, i) => b.input(`x${i}`, { shape, dtype: 'float32' }));
}

/** One operator on activations of these shapes. */
function onInputs(op: string, shapes: readonly Shape[], attributes: object = {}): OperatorCase {
  const text = shapes.map((shape) => `[${shape}]`).join(' and ');
  const detail = Object.keys(attributes).length === 0 ? '' : ` ${JSON.stringify(attributes)}`;
  return { name: `${op} of ${text}${detail}`, build: (b) => [b.add(op, inputs(b, shapes), attributes)] };
}

/** One operator on an activation and a constant, on either side. */
function withConstant(
  op: string,
  shape: Shape,
  constantShape: Shape,
  side: 'left' | 'right',
  attributes: object = {},
): OperatorCase {
  return {
    name: `${op} of [${shape}] and, ${side}, a constant [${constantShape}]`,
    build(b, random) {
      const [x] = inputs(b, [shape]) as [Tensor];
      const operand = constant(b, 'constant', constantShape, random);
      return [b.add(op, side === 'left' ? [operand, x] : [x, operand], attributes)];
    },
  };
}

/** One operator that has the same activation on both sides. */
function withItself(op: string, shape: Shape): OperatorCase {
  return {
    name: `${op} of [${shape}] with itself`,
    build(b) {
      const [x] = inputs(b, [shape]) as [Tensor];
      return [b.add(op, [x, x], {})];
    },
  };
}

/** Shapes whose second operand broadcasts along rows, columns, channels, the batch, all of them, or both ways. */
const broadcasts: readonly (readonly [Shape, Shape])[] = [
  [
    [1, 5, 4, 3],
    [1, 5, 4, 3],
  ],
  [
    [1, 5, 4, 3],
    [1, 1, 1, 3],
  ],
  [
    [1, 5, 4, 3],
    [1, 5, 1, 1],
  ],
  [
    [1, 5, 1, 3],
    [1, 1, 4, 3],
  ],
  [
    [2, 3, 4, 1],
    [2, 1, 4, 5],
  ],
  [
    [3, 2, 2, 4],
    [1, 2, 2, 4],
  ],
  [
    [1, 2, 1, 4],
    [3, 1, 2, 1],
  ],
  [
    [2, 6, 4],
    [2, 1, 4],
  ],
  [
    [2, 6, 4],
    [1, 6, 1],
  ],
  [
    [6, 5],
    [1, 5],
  ],
  [
    [6, 1],
    [1, 5],
  ],
  [[7], [7]],
  [
    [2, 3, 2, 3, 2],
    [2, 3, 1, 3, 1],
  ],
];

const binary = ['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max'];

function unary(...chain: readonly UnaryStep[]): OperatorCase {
  const name = chain.map((step) => `${step.function}(${step.parameters.join(', ')})`).join(', ');
  return { name, build: (b) => [b.add('Unary', inputs(b, [[1, 3, 4, 2]]), { chain })] };
}

function prelu(shape: Shape, low: number, high: number): OperatorCase {
  return {
    name: `PRelu of [${shape}], slopes from ${low} to ${high}`,
    build(b, random) {
      const slopes = constant(b, 'slopes', shape.slice(-1), random, low, high);
      return [b.add('PRelu', [...inputs(b, [shape]), slopes], {})];
    },
  };
}

function matmul(left: Shape, right: Shape, transposeLeft: boolean, transposeRight: boolean): OperatorCase {
  return onInputs('MatMul', [left, right], { transposeLeft, transposeRight });
}

/** Cases for the tests that compare float, integers and C. */
export const cases: readonly OperatorCase[] = [
  ...binary.flatMap((op) => broadcasts.map((shapes) => onInputs(op, shapes))),
  ...binary.map((op) =>
    onInputs(op, [
      [1, 1, 4, 3],
      [1, 5, 1, 3],
    ]),
  ),
  ...binary.flatMap((op) => [
    withConstant(op, [1, 5, 4, 3], [1, 5, 4, 3], 'right'),
    withConstant(op, [1, 5, 4, 3], [1, 1, 1, 3], 'left'),
    withConstant(op, [2, 5, 3], [1, 5, 3], 'right'),
    withConstant(op, [1, 1, 1, 3], [1, 4, 2, 1], 'left'),
    withItself(op, [1, 3, 4, 5]),
  ]),
  ...['Add', 'Sub', 'Mul', 'Div'].map((op) =>
    onInputs(
      op,
      [
        [1, 4, 4, 2],
        [1, 4, 4, 2],
      ],
      { clamp: { min: -0.5, max: 1 } },
    ),
  ),
  prelu([1, 4, 3, 5], 0, 1),
  prelu([2, 6, 4], -1.5, 3),
  prelu([3, 7], -0.25, 0.25),
  matmul([5, 7], [7, 3], false, false),
  matmul([5, 7], [3, 7], false, true),
  matmul([7, 5], [7, 3], true, false),
  matmul([1, 5, 7], [1, 7, 3], false, false),
  matmul([3, 5, 7], [3, 7, 2], false, false),
  matmul([3, 5, 7], [1, 2, 7], false, true),
  matmul([1, 7, 5], [3, 7, 2], true, false),
  matmul([1, 2, 5, 7], [1, 2, 7, 5], false, false),
  matmul([2, 3, 5, 4], [2, 3, 6, 4], false, true),
  matmul([2, 3, 4, 5], [2, 1, 4, 6], true, false),
  matmul([1, 1, 5, 4], [2, 3, 4, 6], false, false),
  matmul([2, 2, 3, 5, 4], [1, 1, 1, 4, 2], false, false),
  withConstant('MatMul', [2, 5, 7], [2, 7, 3], 'right', { transposeLeft: false, transposeRight: false }),
  onInputs(
    'MatMul',
    [
      [4, 40],
      [40, 4],
    ],
    { transposeLeft: false, transposeRight: false, clamp: { min: 0, max: null } },
  ),
  onInputs('Expand', [[1, 3, 1, 4]], { shape: [2, 3, 5, 4] }),
  onInputs('Expand', [[3, 1]], { shape: [3, 6] }),
  onInputs('Expand', [[2, 3]], { shape: [2, 3] }),
  onInputs('Gather', [[2, 5, 3]], { axis: 1, indices: [0], indicesShape: [] }),
  onInputs('Gather', [[2, 5, 3]], { axis: 1, indices: [4, 2, 0], indicesShape: [3, 1] }),
  onInputs('Gather', [[1, 4, 3, 2]], { axis: 3, indices: [1, 1], indicesShape: [2] }),
  unary({ function: 'gelu', parameters: [] }),
  unary({ function: 'power', parameters: [2] }, { function: 'affine', parameters: [-0.5, 1] }),
  unary({ function: 'sqrt', parameters: [] }),
  unary({ function: 'log', parameters: [] }),
  unary({ function: 'reciprocal', parameters: [] }),
  unary({ function: 'erf', parameters: [] }),
  unary({ function: 'softsign', parameters: [] }, { function: 'round', parameters: [] }),
];
