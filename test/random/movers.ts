import { elementCount } from '../../src/graph/types.ts';
import { coordinateModes, nearestModes } from '../../src/ops/resize-axis.ts';
import { axesOf, fitsIn, isSpatial, last, type Maker } from './workshop.ts';

export const concat: Maker = (w) => {
  const x = w.take((tensor) => tensor.shape.length >= 1);
  if (x === null) return null;
  const axis = w.integer(0, x.shape.length - 1);
  const without = (shape: readonly number[]): string => `${shape.length} ${shape.filter((_, i) => i !== axis)}`;
  const parts = [x];
  for (let more = w.integer(1, 2); more > 0; more -= 1) {
    const shape = x.shape.map((size, i) => (i === axis ? w.integer(1, 3) : size));
    const other = w.take((tensor) => without(tensor.shape) === without(x.shape)) ?? x;
    parts.push(w.chance(0.15) ? w.constant(shape, () => w.normal()) : other);
  }
  const shape = x.shape.map((size, i) =>
    i === axis ? parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0) : size,
  );
  return fitsIn(shape) ? w.node('Concat', w.shuffled(parts), { axis }) : null;
};

export const slice: Maker = (w) => {
  const x = w.take((tensor) => tensor.shape.some((size) => size > 1));
  if (x === null) return null;
  const ranges = x.shape.map((size): readonly [number, number, number] => {
    if (w.chance(0.5)) return [0, size, 1];
    const [from, to] = [w.integer(0, size - 1), w.integer(0, size - 1)];
    const step = w.pick([1, 1, 2, 3]);
    return from > to ? [from, to - 1, -step] : [from, to + 1, step];
  });
  return w.node('Slice', [x], {
    starts: ranges.map((r) => r[0]),
    ends: ranges.map((r) => r[1]),
    steps: ranges.map((r) => r[2]),
  });
};

export const pad: Maker = (w) => {
  const x = w.take((tensor) => tensor.shape.length >= 1);
  if (x === null) return null;
  const mode = w.pick(['constant', 'constant', 'edge', 'reflect', 'wrap'] as const);
  const amount = (size: number): number =>
    w.chance(0.5) ? 0 : w.integer(size > 2 ? -1 : 0, mode === 'reflect' ? Math.min(3, size - 1) : 3);
  const before = x.shape.map(amount);
  const after = x.shape.map(amount);
  if (!fitsIn(x.shape.map((size, axis) => size + (before[axis] as number) + (after[axis] as number)))) return null;
  return w.node('Pad', [x], { mode, before, after, value: mode === 'constant' ? w.pick([0, 0, 0.5, -2]) : 0 });
};

export const resize: Maker = (w) => {
  const x = w.take(isSpatial);
  if (x === null) return null;
  const axes = x.shape.slice(1, -1).map((input) => {
    const output = w.chance(0.3) ? input : w.integer(1, Math.min(12, 2 * input + 1));
    return { input, output, scale: output / input };
  });
  if (!fitsIn([x.shape[0] as number, ...axes.map(({ output }) => output), last(x)])) return null;
  const attributes = {
    mode: w.pick(['nearest', 'linear'] as const),
    coordinates: w.pick(coordinateModes),
    nearest: w.pick(nearestModes),
    axes,
  };
  return w.node('Resize', [x], attributes);
};

export const transpose: Maker = (w) => {
  const x = w.take((tensor) => tensor.shape.length >= 2);
  return x === null ? null : w.node('Transpose', [x], { permutation: w.shuffled(axesOf(x)) });
};

export const reshape: Maker = (w) => {
  const x = w.take();
  if (x === null) return null;
  const count = elementCount(x.shape);
  const shape: number[] = [];
  let rest = count;
  for (let axes = w.integer(1, 3); axes > 0; axes -= 1) {
    const size = w.pick(Array.from({ length: Math.min(rest, 12) }, (_, i) => i + 1).filter((n) => rest % n === 0));
    shape.push(size);
    rest /= size;
  }
  const full = w.shuffled([...shape, rest]);
  return w.node('Reshape', [x], { shape: w.chance(0.3) && full.length < 4 ? [1, ...full] : full });
};

export const expand: Maker = (w) => {
  const narrow = w.take((tensor) => tensor.shape.includes(1));
  const wide = w.take((tensor) => tensor.shape.length >= 1);
  const x =
    narrow ?? (wide === null ? null : w.node('ReduceMax', [wide], { axes: [w.integer(0, wide.shape.length - 1)] }));
  if (x === null) return null;
  const shape = x.shape.map((size) => (size === 1 && w.chance(0.7) ? w.integer(1, 4) : size));
  return fitsIn(shape) ? w.node('Expand', [x], { shape }) : null;
};

export const gather: Maker = (w) => {
  const x = w.take((tensor) => tensor.shape.length >= 1 && tensor.shape.length <= 4);
  if (x === null) return null;
  const axis = w.integer(0, x.shape.length - 1);
  const size = x.shape[axis] as number;
  const first = w.integer(0, size - 1);
  const step = w.integer(-Math.floor(first / 2), Math.floor((size - 1 - first) / 2));
  const indices = Array.from({ length: w.integer(1, 3) }, (_, i) => first + i * step);
  const indicesShape = indices.length === 1 && x.shape.length > 1 && w.chance(0.5) ? [] : [indices.length];
  const shape = [...x.shape.slice(0, axis), ...indicesShape, ...x.shape.slice(axis + 1)];
  return fitsIn(shape) ? w.node('Gather', [x], { axis, indices, indicesShape }) : null;
};
