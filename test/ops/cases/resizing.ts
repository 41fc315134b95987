import type { ResizeAttributes } from '../../../src/ops/resize-axis.ts';
import { type CoordinateMode, coordinateModes, type NearestMode, nearestModes } from '../../../src/ops/resize-axis.ts';
import type { OperatorCase } from './types.ts';

type Shape = readonly number[];
/** The size of an axis, and what it is resized by: a scale, or `to` a size. */
type Target = number | { readonly to: number };

function axisOf(input: number, target: Target): ResizeAttributes['axes'][number] {
  if (typeof target !== 'number') return { input, output: target.to, scale: target.to / input };
  return { input, output: Math.floor(Math.fround(input * target)), scale: target };
}

function resize(
  shape: Shape,
  targets: readonly Target[],
  mode: 'nearest' | 'linear',
  coordinates: CoordinateMode,
  nearest: NearestMode = 'floor',
): OperatorCase {
  const attributes: ResizeAttributes = {
    mode,
    coordinates,
    nearest,
    axes: targets.map((target, axis) => axisOf(shape[axis + 1] ?? 0, target)),
  };
  const sizes = attributes.axes.map(({ output }) => output);
  const scales = attributes.axes.map(({ scale }) => scale);
  return {
    name: `${mode}${mode === 'nearest' ? ` ${nearest}` : ''} ${coordinates} [${shape}] to [${sizes}] by [${scales}]`,
    build: (b) => [b.add('Resize', [b.input('x', { shape, dtype: 'float32' })], attributes)],
  };
}

/** Enlarging, shrinking, fractions, single elements, one axis left alone, a batch, one spatial axis. */
const geometries: readonly (readonly [Shape, readonly Target[]])[] = [
  [
    [1, 4, 5, 3],
    [2, 2],
  ],
  [
    [2, 6, 7, 4],
    [{ to: 9 }, { to: 3 }],
  ],
  [
    [1, 5, 3, 2],
    [Math.fround(0.6), Math.fround(2.7)],
  ],
  [
    [1, 1, 6, 5],
    [{ to: 4 }, 1],
  ],
  [
    [1, 7, 1, 3],
    [1, { to: 3 }],
  ],
  [
    [1, 3, 4, 2],
    [{ to: 1 }, { to: 1 }],
  ],
  [[2, 9, 6], [{ to: 13 }]],
  [[1, 10, 1], [Math.fround(0.3)]],
];

export const cases: readonly OperatorCase[] = [
  ...geometries.flatMap(([shape, targets]) =>
    coordinateModes.flatMap((coordinates) => [
      resize(shape, targets, 'linear', coordinates),
      ...nearestModes.map((nearest) => resize(shape, targets, 'nearest', coordinates, nearest)),
    ]),
  ),
  // Positions that float rounding moves, so that rows follow no formula.
  resize([2, 49, 2, 3], [{ to: 161 }, { to: 3 }], 'linear', 'half_pixel'),
  resize([2, 49, 2, 3], [{ to: 161 }, { to: 3 }], 'nearest', 'half_pixel'),
  resize([2, 55, 1, 2], [3.5, 1], 'nearest', 'half_pixel_symmetric', 'ceil'),
];
