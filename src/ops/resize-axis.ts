import type { AxisMap } from './define.ts';

/** How an output position becomes a position of the input. Source: the ONNX operator specification of Resize. */
export const coordinateModes = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
] as const;
export type CoordinateMode = (typeof coordinateModes)[number];

/** Which of its neighbours a position between two elements takes. */
export const nearestModes = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const;
export type NearestMode = (typeof nearestModes)[number];

/** One axis that is resized. `scale` is output elements an input element, and need not be the ratio of the sizes. */
export interface ResizeAxis {
  readonly input: number;
  readonly output: number;
  readonly scale: number;
}

/** Resizing along the spatial axes of [N, spatial..., C]. */
export interface ResizeAttributes {
  readonly mode: 'nearest' | 'linear';
  readonly coordinates: CoordinateMode;
  /** Meaningless where the mode is linear. */
  readonly nearest: NearestMode;
  /** One entry for each spatial axis. */
  readonly axes: readonly ResizeAxis[];
}

/**
 * The input position of every output position, where element i lies at i. In 32-bit floats at every step, as runtimes
 * have it: at a scale such as 0.6 the positions lie so near to integers that more bits would choose other elements.
 */
export function sourcePositions(axis: ResizeAxis, mode: CoordinateMode): Float32Array {
  const f = Math.fround;
  const { input, output } = axis;
  const scale = f(axis.scale);
  const halfPixel = (i: number): number => f(f(f(i + 0.5) / scale) - 0.5);
  const position = (i: number): number => {
    switch (mode) {
      case 'half_pixel':
        return halfPixel(i);
      case 'half_pixel_symmetric': {
        const adjustment = f(output / f(scale * input));
        return f(f(f(input / 2) * f(1 - adjustment)) + halfPixel(i));
      }
      case 'pytorch_half_pixel':
        return output > 1 ? halfPixel(i) : 0;
      case 'align_corners':
        return output > 1 ? f((i * (input - 1)) / (output - 1)) : 0;
      case 'asymmetric':
        return f(i / scale);
      case 'tf_half_pixel_for_nn':
        return f(f(i + 0.5) / scale);
    }
  };
  return Float32Array.from({ length: output }, (_, i) => position(i));
}

function within(index: number, size: number): number {
  return Math.min(Math.max(index, 0), size - 1);
}

/** The input elements that output elements take. */
export interface NearestElements {
  /** What the rounding says, which may lie one element outside the input. */
  readonly rounded: Int32Array;
  /** The same, kept inside. */
  readonly element: Uint16Array;
}

export function nearestElements(axis: ResizeAxis, mode: CoordinateMode, nearest: NearestMode): NearestElements {
  const round = (x: number): number => {
    switch (nearest) {
      case 'round_prefer_floor':
        return Math.ceil(x - 0.5);
      case 'round_prefer_ceil':
        return Math.floor(x + 0.5);
      case 'floor':
        return Math.floor(x);
      case 'ceil':
        return Math.ceil(x);
    }
  };
  const rounded = Int32Array.from(sourcePositions(axis, mode), round);
  return { rounded, element: Uint16Array.from(rounded, (i) => within(i, axis.input)) };
}

/** The two input elements that each output element lies between, and the weight of the second; that of the first is the rest to 1. */
export interface LinearElements {
  /** The element at or before the position; -1 where that is before all of the input. */
  readonly first: Int32Array;
  /** `first` and the one after it, kept inside the input: beyond its ends the input goes on as it ends. */
  readonly before: Uint16Array;
  readonly after: Uint16Array;
  readonly weight: Float64Array;
}

export function linearElements(axis: ResizeAxis, mode: CoordinateMode): LinearElements {
  const positions = sourcePositions(axis, mode);
  const first = Int32Array.from(positions, (x) => Math.min(Math.max(Math.floor(x), -1), axis.input - 1));
  return {
    first,
    before: Uint16Array.from(first, (i) => within(i, axis.input)),
    after: Uint16Array.from(first, (i) => within(i + 1, axis.input)),
    weight: Float64Array.from(positions, (x) => x - Math.floor(x)),
  };
}

/** The fractions that come nearer and nearer to x: the convergents of its continued fraction, up to `largest`. */
function fractions(x: number, largest: number): [number, number][] {
  const found: [number, number][] = [];
  let [p0, q0, p1, q1] = [0, 1, 1, 0];
  let rest = x;
  for (;;) {
    const whole = Math.floor(rest);
    [p0, q0, p1, q1] = [p1, q1, whole * p1 + p0, whole * q1 + q0];
    if (p1 > largest || q1 > largest) return found;
    found.push([p1, q1]);
    if (rest === whole) return found;
    rest = 1 / (rest - whole);
  }
}

/**
 * A map that gives exactly the elements of the table, one for each output position, or null where none is found.
 * floor((i * m + a) / d) = t(i) for all i means that a lies between t(i) * d - i * m and that plus d - 1, for all i: so
 * for a slope m / d the table has a map exactly if those intervals have a common integer.
 */
export function axisMapOf(table: ArrayLike<number>, axis: ResizeAxis, count: number): AxisMap | null {
  const last = Math.max(1, table.length - 1);
  const ends = ((table[table.length - 1] ?? 0) - (table[0] ?? 0)) / last;
  const slopes = [1 / axis.scale, axis.input / axis.output, (axis.input - 1) / Math.max(1, axis.output - 1), ends];
  // Positions times slopes must stay well inside 32 bits.
  const largest = Math.floor(2 ** 30 / Math.max(axis.input, axis.output));
  for (const [multiply, divide] of slopes.flatMap((slope) => fractions(slope, largest))) {
    let least = Number.NEGATIVE_INFINITY;
    let most = Number.POSITIVE_INFINITY;
    for (let i = 0; i < table.length; i += 1) {
      const bound = (table[i] as number) * divide - i * multiply;
      least = Math.max(least, bound);
      most = Math.min(most, bound + divide - 1);
    }
    if (least <= most) return { multiply, add: least, divide, count, dilation: 1 };
  }
  return null;
}
