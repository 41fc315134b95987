import type { AveragePoolAttributes } from '../../../src/ops/average-pool.ts';
import type { Clamp } from '../../../src/ops/define.ts';
import type { Window } from '../../../src/ops/window.ts';
import type { OperatorCase } from './types.ts';

type Shape = readonly number[];
type Pads = readonly (readonly [number, number])[];

function single(name: string, op: string, shape: Shape, attributes: object): OperatorCase {
  return { name, build: (b) => [b.add(op, [b.input('x', { shape, dtype: 'float32' })], attributes)] };
}

/** A window; strides and dilations are 1 and pads none where they are not given. */
function window(kernel: Shape, strides: Shape = [], pads: Pads = [], dilations: Shape = []): Window {
  return {
    kernel,
    strides: kernel.map((_, axis) => strides[axis] ?? 1),
    pads: kernel.map((_, axis) => pads[axis] ?? [0, 0]),
    dilations: kernel.map((_, axis) => dilations[axis] ?? 1),
  };
}

const describeWindow = (shape: Shape, w: Window): string =>
  `[${shape}] by [${w.kernel}], stride [${w.strides}], dilation [${w.dilations}], pads [${w.pads.join(' | ')}]`;

/** `counted`: how much of the padding counts as zeros. */
function averagePool(shape: Shape, w: Window, counted: Pads, clamp?: Clamp): OperatorCase {
  const attributes: AveragePoolAttributes = { ...w, counted, ...(clamp === undefined ? {} : { clamp }) };
  const name = `average pool ${describeWindow(shape, w)}, counting [${counted.join(' | ')}]`;
  return single(
    `${name}${clamp === undefined ? '' : `, clamp ${clamp.min}..${clamp.max}`}`,
    'AveragePool',
    shape,
    attributes,
  );
}

function maxPool(shape: Shape, w: Window): OperatorCase {
  return single(`max pool ${describeWindow(shape, w)}`, 'MaxPool', shape, w);
}

function reduce(op: 'ReduceMean' | 'ReduceSum' | 'ReduceMax' | 'ReduceMin', shape: Shape, axes: Shape): OperatorCase {
  return single(`${op} of [${shape}] over [${axes}]`, op, shape, { axes });
}

/** Shapes and windows that both poolings take. */
const windows: readonly (readonly [Shape, Window])[] = [
  [[1, 6, 8, 4], window([2, 2], [2, 2])],
  [
    [2, 7, 9, 5],
    window(
      [3, 3],
      [2, 2],
      [
        [1, 0],
        [0, 2],
      ],
    ),
  ],
  [
    [1, 7, 9, 17],
    window(
      [3, 2],
      [1, 3],
      [
        [1, 1],
        [1, 0],
      ],
    ),
  ],
  [
    [1, 5, 2, 3],
    window(
      [3, 4],
      [1, 1],
      [
        [1, 2],
        [3, 2],
      ],
    ),
  ],
  [[1, 9, 10, 8], window([2, 2], [3, 4])],
  [
    [1, 9, 8, 3],
    window(
      [3, 2],
      [1, 2],
      [
        [2, 2],
        [1, 2],
      ],
      [2, 3],
    ),
  ],
  [
    [1, 1, 11, 4],
    window(
      [1, 3],
      [1, 2],
      [
        [0, 0],
        [1, 1],
      ],
    ),
  ],
  [
    [1, 8, 1, 6],
    window(
      [5, 1],
      [2, 1],
      [
        [4, 3],
        [0, 0],
      ],
    ),
  ],
  [[1, 4, 4, 9], window([4, 4])],
  [[2, 13, 6], window([4], [3], [[1, 2]])],
  [[1, 10, 3], window([3], [1], [[0, 3]], [3])],
  [[1, 1, 5], window([1], [1])],
  // What ceil_mode makes: the last windows hang over the end.
  [
    [1, 6, 7, 4],
    window(
      [3, 3],
      [2, 2],
      [
        [0, 1],
        [1, 1],
      ],
    ),
  ],
  [
    [1, 6, 7, 2],
    window(
      [3, 3],
      [3, 3],
      [
        [1, 2],
        [1, 2],
      ],
    ),
  ],
];

export const poolingCases: readonly OperatorCase[] = [
  ...windows.flatMap(([shape, w]) => [
    averagePool(
      shape,
      w,
      w.pads.map(() => [0, 0] as const),
    ),
    averagePool(shape, w, w.pads),
    maxPool(shape, w),
  ]),
  // count_include_pad with ceil_mode: the stated padding counts, what lies behind it does not.
  averagePool(
    [1, 6, 7, 4],
    window(
      [3, 3],
      [2, 2],
      [
        [0, 1],
        [1, 2],
      ],
    ),
    [
      [0, 0],
      [1, 1],
    ],
  ),
  averagePool(
    [2, 6, 7, 2],
    window(
      [3, 3],
      [3, 3],
      [
        [1, 2],
        [1, 2],
      ],
    ),
    [
      [1, 1],
      [1, 0],
    ],
  ),
  averagePool([1, 11, 3], window([4], [3], [[2, 3]]), [[2, 1]]),
  averagePool(
    [1, 6, 6, 3],
    window(
      [3, 3],
      [2, 2],
      [
        [1, 1],
        [1, 1],
      ],
    ),
    [
      [0, 0],
      [0, 0],
    ],
    { min: 0, max: null },
  ),
];

const reductions: readonly (readonly [Shape, Shape])[] = [
  [
    [1, 5, 6, 7],
    [1, 2],
  ],
  [
    [2, 5, 6, 7],
    [1, 2],
  ],
  [[2, 5, 6, 7], [1]],
  [[1, 5, 6, 7], [2]],
  [[2, 5, 6, 7], [3]],
  [
    [1, 5, 6, 7],
    [2, 3],
  ],
  [
    [2, 5, 6, 7],
    [1, 3],
  ],
  [
    [2, 5, 6, 7],
    [1, 2, 3],
  ],
  [[3, 4, 2, 5], [0]],
  [
    [3, 4, 2, 5],
    [0, 2],
  ],
  [
    [3, 4, 2, 5],
    [0, 1, 3],
  ],
  [
    [3, 4, 2, 5],
    [0, 1, 2, 3],
  ],
  [
    [1, 4, 2, 5],
    [0, 1, 2, 3],
  ],
  [[2, 9, 6], [1]],
  [[2, 9, 6], [2]],
  [[3, 9, 6], [0]],
  [
    [3, 9, 6],
    [0, 2],
  ],
  [[4, 6], [0]],
  [[4, 6], [1]],
  [[7], [0]],
  [
    [2, 3, 4, 2, 5],
    [1, 3],
  ],
  [
    [2, 3, 4, 2, 5],
    [2, 3, 4],
  ],
  [
    [1, 1, 1, 8],
    [1, 2],
  ],
  [[1, 3, 4, 5], []],
];

export const reductionCases: readonly OperatorCase[] = reductions.flatMap(([shape, axes]) =>
  (['ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin'] as const).map((op) => reduce(op, shape, axes)),
);

export const cases: readonly OperatorCase[] = [...poolingCases, ...reductionCases];
