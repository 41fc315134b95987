import type { RowShape, Tensor } from '../graph/types.ts';
import { type KernelInput, present, type ReadContext, windowAxis } from './define.ts';
import { fromChannelsLast, toChannelsLast } from './layout.ts';
import { readStatedWindow, type Window, type Window2d } from './window.ts';

/** The window of a pooling node, and the sizes that it slides over. */
export interface PoolReading {
  readonly x: Tensor;
  readonly sizes: readonly number[];
  /** Without ceil_mode. */
  readonly window: Window;
}

/** Reads what AveragePool and MaxPool have in common. */
export function readPool(c: ReadContext): PoolReading {
  const x = c.input(0);
  const axes = x.shape.length - 2;
  if (axes !== 1 && axes !== 2) c.unsupported(`${axes} spatial axes; 1 and 2 are supported`);
  const sizes = x.shape.slice(2);
  const kernel = c.optionalIntegers('kernel_shape');
  if (kernel === null) return c.invalid('kernel_shape is missing');
  return { x, sizes, window: readStatedWindow(c, sizes, kernel) };
}

/** Emits the pooling `op`, channels last. */
export function emitPool<A extends Window>(c: ReadContext, op: string, x: Tensor, attributes: A): readonly Tensor[] {
  return [fromChannelsLast(c, c.emit(op, [toChannelsLast(c, x)], attributes))];
}

/** Refuses windows that lie wholly in the padding: where padding does not count, they have no value. */
export function refuseEmptyWindows(c: ReadContext, window: Window, sizes: readonly number[]): void {
  sizes.forEach((size, axis) => {
    const stride = present(window.strides[axis]);
    const dilation = present(window.dilations[axis]);
    const span = (present(window.kernel[axis]) - 1) * dilation + 1;
    const [before, after] = present(window.pads[axis]);
    for (let start = -before; start + span <= size + after; start += stride) {
      const inside = start < 0 ? start + Math.ceil(-start / dilation) * dilation : start;
      if (inside < size && inside < start + span) continue;
      c.unsupported(`the window from ${start} on lies wholly in the padding of axis ${axis + 2} (size ${size})`);
    }
  });
}

/**
 * The ONNX axes over which a pooling is a reduction of all elements, where it does nothing along the others; else null.
 * As a reduction it needs no rows but the newest, and so less memory than a window.
 */
export function reductionAxes(reading: PoolReading): readonly number[] | null {
  const { kernel, strides, dilations, pads } = reading.window;
  const axes: number[] = [];
  for (const [axis, size] of reading.sizes.entries()) {
    const unpadded = present(pads[axis]).every((pad) => pad === 0);
    if (!unpadded) return null;
    if (kernel[axis] === size && (dilations[axis] === 1 || size === 1)) axes.push(axis + 2);
    else if (kernel[axis] !== 1 || strides[axis] !== 1) return null;
  }
  return axes.length === 0 ? null : axes;
}

/**
 * Calls `visit` for every tap of every window that lies in the input: the pixel that it reads, and the output pixel.
 * Output pixels come in order.
 */
export function forEachTap(
  w: Window2d,
  input: RowShape,
  output: RowShape,
  visit: (from: number, to: number) => void,
): void {
  let to = 0;
  for (let n = 0; n < output.batch; n += 1) {
    for (let y = 0; y < output.rows; y += 1) {
      for (let x = 0; x < output.width; x += 1) {
        for (let ky = 0; ky < w.kernelHeight; ky += 1) {
          const row = y * w.strideHeight - w.padTop + ky * w.dilationHeight;
          if (row < 0 || row >= input.rows) continue;
          for (let kx = 0; kx < w.kernelWidth; kx += 1) {
            const column = x * w.strideWidth - w.padLeft + kx * w.dilationWidth;
            if (column >= 0 && column < input.width) visit((n * input.rows + row) * input.width + column, to);
          }
        }
        to += 1;
      }
    }
  }
}

/** The rows and columns that a pooling kernel reads. */
export function poolInput(w: Window2d): KernelInput {
  return {
    input: 0,
    rows: windowAxis(w.strideHeight, w.padTop, w.kernelHeight, w.dilationHeight),
    columns: windowAxis(w.strideWidth, w.padLeft, w.kernelWidth, w.dilationWidth),
  };
}
