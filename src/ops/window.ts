import { OperatorError, type ReadContext } from './define.ts';

/** A sliding window over one or two spatial axes; arrays have one entry an axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after each axis. */
  readonly pads: readonly (readonly [number, number])[];
}

/** The same over [H, W], where a one-dimensional window runs along H and W is 1. */
export interface Window2d {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly padTop: number;
  readonly padLeft: number;
}

export function window2d(w: Window): Window2d {
  return {
    kernelHeight: w.kernel[0] ?? 1,
    kernelWidth: w.kernel[1] ?? 1,
    strideHeight: w.strides[0] ?? 1,
    strideWidth: w.strides[1] ?? 1,
    dilationHeight: w.dilations[0] ?? 1,
    dilationWidth: w.dilations[1] ?? 1,
    padTop: w.pads[0]?.[0] ?? 0,
    padLeft: w.pads[1]?.[0] ?? 0,
  };
}

/** The spatial output sizes of a window over inputs of these spatial sizes, padding included. */
export function windowOutput(w: Window, sizes: readonly number[]): number[] {
  return sizes.map((size, axis) => {
    const [before, after] = w.pads[axis] ?? [0, 0];
    const span = ((w.kernel[axis] ?? 1) - 1) * (w.dilations[axis] ?? 1) + 1;
    const output = Math.floor((size + before + after - span) / (w.strides[axis] ?? 1)) + 1;
    if (output < 1) {
      throw new OperatorError(
        'invalid',
        `the kernel spans ${span} of an axis that is only ${size + before + after} long`,
      );
    }
    return output;
  });
}

/**
 * Reads kernel_shape, strides, dilations, pads, auto_pad and ceil_mode for the spatial sizes of the input.
 * Source: the ONNX operator specifications of Conv and AveragePool.
 */
export function readWindow(c: ReadContext, sizes: readonly number[], kernel: readonly number[]): Window {
  const window = readStatedWindow(c, sizes, kernel);
  return c.integer('ceil_mode', 0) === 0 ? window : ceilWindow(window, sizes);
}

/** The same without ceil_mode: the padding is the stated one, or that of auto_pad. */
export function readStatedWindow(c: ReadContext, sizes: readonly number[], kernel: readonly number[]): Window {
  const axes = sizes.length;
  const list = (name: string, fallback: number, length: number, minimum: number): readonly number[] => {
    const values = c.optionalIntegers(name) ?? new Array<number>(length).fill(fallback);
    if (values.length !== length) c.invalid(`${name} needs ${length} values, and has ${values.length}`);
    for (const value of values) {
      if (value < minimum) c.invalid(`${name} must be ${minimum === 1 ? 'positive' : 'at least 0'}: [${values}]`);
      if (value > 65535) c.unsupported(`${name} of ${value} is out of bounds`);
    }
    return values;
  };
  for (const size of kernel) {
    if (size < 1 || size > 65535) c.invalid(`kernel_shape must be positive: [${kernel}]`);
  }
  if (kernel.length !== axes) c.invalid(`kernel_shape needs ${axes} values, and has ${kernel.length}`);
  const strides = list('strides', 1, axes, 1);
  const dilations = list('dilations', 1, axes, 1);
  const autoPad = c.string('auto_pad', 'NOTSET');
  const explicit = list('pads', 0, 2 * axes, 0);
  const pads = sizes.map((size, axis): [number, number] => {
    const span = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const stride = strides[axis] ?? 1;
    if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') {
      const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + span - size);
      const small = Math.floor(total / 2);
      return autoPad === 'SAME_UPPER' ? [small, total - small] : [total - small, small];
    }
    if (autoPad !== 'NOTSET' && autoPad !== 'VALID' && autoPad !== '') c.invalid(`auto_pad ${autoPad} is unknown`);
    return autoPad === 'VALID' ? [0, 0] : [explicit[axis] ?? 0, explicit[axis + axes] ?? 0];
  });
  return { kernel, strides, dilations, pads };
}

/** ceil_mode as padding at the end, so that nothing downstream knows of it. */
export function ceilWindow(window: Window, sizes: readonly number[]): Window {
  const pads = window.pads.map(([before, after], axis): [number, number] => {
    const size = sizes[axis] ?? 1;
    const stride = window.strides[axis] ?? 1;
    const span = ((window.kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1) + 1;
    let output = Math.ceil((size + before + after - span) / stride) + 1;
    // A window that would start in the padding after the input is left out.
    if ((output - 1) * stride >= size + before) output -= 1;
    return [before, Math.max(after, (output - 1) * stride + span - size - before)];
  });
  return { ...window, pads };
}

/**
 * Walks the windows of a channels-last input [batch][rows][width][channels] in output order. `patch` receives
 * [kernelHeight][kernelWidth][channels], taps in the padding as `fill`; `visit` gets the index of the output pixel.
 */
export function forEachWindow<T extends Float32Array | Int8Array>(
  w: Window2d,
  input: T,
  shape: { readonly batch: number; readonly rows: number; readonly width: number; readonly channels: number },
  output: { readonly rows: number; readonly width: number },
  fill: number,
  patch: T,
  visit: (pixel: number) => void,
): void {
  const { rows, width, channels } = shape;
  let pixel = 0;
  for (let n = 0; n < shape.batch; n += 1) {
    for (let y = 0; y < output.rows; y += 1) {
      for (let x = 0; x < output.width; x += 1) {
        let at = 0;
        for (let ky = 0; ky < w.kernelHeight; ky += 1) {
          const row = y * w.strideHeight - w.padTop + ky * w.dilationHeight;
          for (let kx = 0; kx < w.kernelWidth; kx += 1) {
            const column = x * w.strideWidth - w.padLeft + kx * w.dilationWidth;
            if (row < 0 || row >= rows || column < 0 || column >= width) {
              patch.fill(fill, at, at + channels);
            } else {
              const from = ((n * rows + row) * width + column) * channels;
              for (let c = 0; c < channels; c += 1) patch[at + c] = input[from + c] as number;
            }
            at += channels;
          }
        }
        visit(pixel);
        pixel += 1;
      }
    }
  }
}

/** A window over two axes with other padding on the sides of its columns; null where there are no two axes. */
export function withColumnPads<W extends Window>(window: W, pads: readonly [number, number]): W | null {
  const [rows] = window.pads;
  return rows === undefined || window.pads.length !== 2 ? null : { ...window, pads: [rows, pads] };
}
