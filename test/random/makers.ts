import { elementCount, type Tensor } from '../../src/graph/types.ts';
import type { Clamp } from '../../src/ops/define.ts';
import type { UnaryStep } from '../../src/ops/unary-functions.ts';
import { type Window, windowOutput } from '../../src/ops/window.ts';
import { concat, expand, gather, pad, reshape, resize, slice, transpose } from './movers.ts';
import { axesOf, fitsIn, isSpatial, last, type Maker, type Workshop } from './workshop.ts';

function clampOf(w: Workshop): { readonly clamp?: Clamp } {
  if (w.chance(0.6)) return {};
  return {
    clamp: w.pick([
      { min: 0, max: null },
      { min: 0, max: 6 },
      { min: -0.5, max: 0.75 },
      { min: null, max: 0.5 },
    ]),
  };
}

/** A window over the spatial axes of x: any stride, dilation and uneven padding that leaves an output. */
function window(w: Workshop, x: Tensor, mostPad: (span: number) => number): Window | null {
  const sizes = x.shape.slice(1, -1);
  const kernel = sizes.map(() => w.pick([1, 1, 2, 3, 3, 4, 5]));
  const dilations = kernel.map((taps) => (taps > 1 && w.chance(0.3) ? w.integer(2, 3) : 1));
  const strides = kernel.map(() => w.pick([1, 1, 1, 2, 2, 3, 5]));
  const isPadded = w.chance(0.6);
  const pads = kernel.map((taps, axis): readonly [number, number] => {
    const most = mostPad((taps - 1) * (dilations[axis] as number) + 1);
    const short = Math.max(0, (taps - 1) * (dilations[axis] as number) + 1 - (sizes[axis] as number));
    if (!isPadded && short === 0) return [0, 0];
    const before = w.integer(0, most);
    return [before, Math.max(w.integer(0, most), short - before)];
  });
  const result: Window = { kernel, dilations, strides, pads };
  const spans = kernel.map((taps, axis) => (taps - 1) * (dilations[axis] as number) + 1);
  const padded = (size: number, axis: number): number => size + (pads[axis]?.[0] ?? 0) + (pads[axis]?.[1] ?? 0);
  return sizes.some((size, axis) => padded(size, axis) < (spans[axis] as number)) ? null : result;
}

/** Whether every window of a pooling holds at least one element: one without has no value. */
function neverEmpty(
  { kernel, dilations, strides, pads }: Window,
  sizes: readonly number[],
  outputs: readonly number[],
): boolean {
  return sizes.every((size, axis) =>
    Array.from(
      { length: outputs[axis] as number },
      (_, o) => o * (strides[axis] as number) - (pads[axis]?.[0] ?? 0),
    ).every((first) =>
      Array.from({ length: kernel[axis] as number }, (_, k) => first + k * (dilations[axis] as number)).some(
        (at) => at >= 0 && at < size,
      ),
    ),
  );
}

const conv: Maker = (w) => {
  const x = w.take(isSpatial);
  const shape = x === null ? null : window(w, x, (span) => span);
  if (x === null || shape === null) return null;
  const channels = last(x);
  const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter((g) => channels % g === 0);
  const between = divisors.slice(1, -1);
  const groups = w.chance(0.4) ? 1 : between.length > 0 && w.chance(0.6) ? w.pick(between) : channels;
  const outputs = groups === 1 ? w.integer(1, 9) : groups * w.integer(1, groups === channels ? 3 : 2);
  if (!fitsIn([...windowOutput(shape, x.shape.slice(1, -1)), outputs, x.shape[0] as number])) return null;
  const taps = (elementCount(shape.kernel) * channels) / groups;
  const weights = w.constant([outputs, ...shape.kernel, channels / groups], () => w.normal() / Math.sqrt(taps));
  const bias = w.chance(0.7) ? w.constant([outputs], () => 0.3 * w.normal()) : null;
  return w.node('Conv', [x, weights, bias], { ...shape, groups, ...clampOf(w) });
};

const fullyConnected: Maker = (w) => {
  const x = w.take((tensor) => tensor.shape.length >= 1);
  const outputs = w.integer(1, 12);
  if (x === null || !fitsIn([...x.shape.slice(0, -1), outputs])) return null;
  const weights = w.constant([outputs, last(x)], () => w.normal() / Math.sqrt(last(x)));
  return w.node(
    'FullyConnected',
    [x, weights, w.chance(0.7) ? w.constant([outputs], () => 0.3 * w.normal()) : null],
    clampOf(w),
  );
};

const matMul: Maker = (w) => {
  const x = w.take((tensor) => tensor.shape.length >= 2 && tensor.shape.length <= 4);
  if (x === null) return null;
  const transposeLeft = w.chance(0.4);
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const [height, inner] = transposeLeft ? [columns, rows] : [rows, columns];
  const leading = x.shape.slice(0, -2);
  if (w.chance(0.4) && fitsIn([...leading, height, height])) {
    // x times itself: [M, K] x [K, M]; then another operand of the same shape fits as well.
    const other = w.take((tensor) => String(tensor.shape) === String(x.shape)) ?? x;
    return w.node('MatMul', [x, other], { transposeLeft, transposeRight: !transposeLeft, ...clampOf(w) });
  }
  const width = w.integer(1, 7);
  if (!fitsIn([...leading, height, width])) return null;
  const transposeRight = w.chance(0.5);
  const shared = leading.map((size, i) => (i === leading.length - 1 && w.chance(0.5) ? size : 1));
  const fixed = leading.length > 1 && leading[0] !== 1 ? leading : shared;
  const right = w.constant(
    [...fixed, ...(transposeRight ? [width, inner] : [inner, width])],
    () => w.normal() / Math.sqrt(inner),
  );
  return w.node('MatMul', [x, right], { transposeLeft, transposeRight, ...clampOf(w) });
};

const infinity = Number.POSITIVE_INFINITY;
const steps: readonly UnaryStep[] = [
  { function: 'clip', parameters: [0, infinity] },
  { function: 'clip', parameters: [0, 6] },
  { function: 'clip', parameters: [-infinity, 0] },
  { function: 'sigmoid', parameters: [] },
  { function: 'tanh', parameters: [] },
  { function: 'hardSigmoid', parameters: [0.2, 0.5] },
  { function: 'hardSwish', parameters: [] },
  { function: 'leakyRelu', parameters: [0.1] },
  { function: 'elu', parameters: [1] },
  { function: 'abs', parameters: [] },
  { function: 'gelu', parameters: [] },
  { function: 'affine', parameters: [-1.5, 0.25] },
  { function: 'softplus', parameters: [] },
];

const unary: Maker = (w) => {
  const x = w.take();
  const chain = Array.from({ length: w.pick([0, 1, 1, 1, 2, 3]) }, () => w.pick(steps));
  return x === null ? null : w.node('Unary', [x], { chain });
};

const softmax: Maker = (w) => {
  const x = w.take((tensor) => tensor.shape.length >= 1);
  return x === null ? null : w.node('Softmax', [x]);
};

const prelu: Maker = (w) => {
  const x = w.take((tensor) => tensor.shape.length >= 2);
  return x === null ? null : w.node('PRelu', [x, w.constant([last(x)], () => w.pick([-0.3, 0, 0.1, 0.25, 1.5]))]);
};

/** A second operand for x: another activation of its shape, a reduction of x, or a constant that broadcasts. */
function operandFor(w: Workshop, x: Tensor, value: () => number): Tensor | null {
  const others = w.activations().filter((tensor) => tensor.name !== x.name && String(tensor.shape) === String(x.shape));
  if (others.length > 0 && w.chance(0.6)) return w.pick(others);
  // Of five axes two are one batch to the kernels, which cannot broadcast one of them alone; transposes move them.
  const kept = x.shape.length > 4 ? w.pick([[], axesOf(x)]) : axesOf(x).filter(() => w.chance(0.5));
  if (w.chance(0.3)) return w.node('ReduceMean', [x], { axes: axesOf(x).filter((axis) => !kept.includes(axis)) });
  if (w.chance(0.15)) return x;
  return w.constant(
    x.shape.map((size, axis) => (kept.includes(axis) ? size : 1)),
    value,
  );
}

function binary(op: string): Maker {
  return (w) => {
    const x = w.take((tensor) => tensor.shape.length >= 1);
    const y = x === null ? null : operandFor(w, x, () => w.normal());
    if (x === null || y === null) return null;
    const bounded =
      op === 'Mul' && y.data === undefined && w.chance(0.6) ? w.node('Unary', [y], { chain: [steps[3]] }) : y;
    const clamp = op === 'Max' || op === 'Min' ? {} : clampOf(w);
    return w.node(op, w.chance(0.3) ? [bounded, x] : [x, bounded], clamp);
  };
}

/** Divisors stay away from zero, so that float has a value to give. */
const div: Maker = (w) => {
  const x = w.take((tensor) => tensor.shape.length >= 1);
  const y = x === null ? null : operandFor(w, x, () => w.pick([-1, 1]) * (0.4 + Math.abs(w.normal())));
  if (x === null || y === null) return null;
  const chain: UnaryStep[] = [
    { function: 'sigmoid', parameters: [] },
    { function: 'affine', parameters: [w.pick([-1, 2]), 0.1] },
  ];
  const shifted =
    y.data !== undefined
      ? y
      : w.node('Unary', [y], {
          chain: w.pick([chain, [...chain.slice(0, 1), { function: 'affine', parameters: [1, 0.3] }]]),
        });
  return w.node('Div', [x, shifted], clampOf(w));
};

function pool(op: 'AveragePool' | 'MaxPool'): Maker {
  return (w) => {
    const x = w.take(isSpatial);
    const shape = x === null ? null : window(w, x, (span) => Math.max(0, span - 1));
    if (x === null || shape === null) return null;
    const sizes = x.shape.slice(1, -1);
    const outputs = windowOutput(shape, sizes);
    if (!neverEmpty(shape, sizes, outputs) || !fitsIn([...outputs, last(x), x.shape[0] as number])) return null;
    if (op === 'MaxPool') return w.node(op, [x], shape);
    const none = shape.pads.map(() => [0, 0] as const);
    return w.node(op, [x], { ...shape, counted: w.pick([none, shape.pads]), ...clampOf(w) });
  };
}

function reduce(op: string): Maker {
  return (w) => {
    const x = w.take((tensor) => tensor.shape.length >= 1);
    if (x === null) return null;
    const axes = w.chance(0.3) && isSpatial(x) ? axesOf(x).slice(1, -1) : axesOf(x).filter(() => w.chance(0.4));
    return w.node(op, [x], { axes, ...(op === 'ReduceMean' || op === 'ReduceSum' ? clampOf(w) : {}) });
  };
}

/** By the name of the operator in the registry; how often each is tried. */
export const makers: Readonly<Record<string, { readonly weight: number; readonly make: Maker }>> = {
  Add: { weight: 4, make: binary('Add') },
  AveragePool: { weight: 2, make: pool('AveragePool') },
  Concat: { weight: 3, make: concat },
  Conv: { weight: 12, make: conv },
  Div: { weight: 1, make: div },
  Expand: { weight: 1, make: expand },
  FullyConnected: { weight: 2, make: fullyConnected },
  Gather: { weight: 1, make: gather },
  MatMul: { weight: 2, make: matMul },
  Max: { weight: 1, make: binary('Max') },
  MaxPool: { weight: 2, make: pool('MaxPool') },
  Min: { weight: 1, make: binary('Min') },
  Mul: { weight: 2, make: binary('Mul') },
  PRelu: { weight: 1, make: prelu },
  Pad: { weight: 2, make: pad },
  ReduceMax: { weight: 1, make: reduce('ReduceMax') },
  ReduceMean: { weight: 1, make: reduce('ReduceMean') },
  ReduceMin: { weight: 1, make: reduce('ReduceMin') },
  ReduceSum: { weight: 1, make: reduce('ReduceSum') },
  Reshape: { weight: 1, make: reshape },
  Resize: { weight: 2, make: resize },
  Slice: { weight: 2, make: slice },
  Softmax: { weight: 1, make: softmax },
  Sub: { weight: 2, make: binary('Sub') },
  Transpose: { weight: 2, make: transpose },
  Unary: { weight: 4, make: unary },
};
