import { type Requantization, requantize } from '../arithmetic/fixed-point.ts';
import { elementCount, rowShape, type TensorType } from '../graph/types.ts';
import {
  activationQuantization,
  applyClamp,
  type Clamp,
  clampRange,
  defineOperator,
  OperatorError,
  present,
  type ReadContext,
} from './define.ts';
import { emitPool, forEachTap, poolInput, readPool, reductionAxes, refuseEmptyWindows } from './pool.ts';
import { layerRequantization, requantizationFields } from './requantization.ts';
import { ceilWindow, type Window, window2d, windowOutput } from './window.ts';

/** Input [N, spatial..., C]. */
export interface AveragePoolAttributes extends Window {
  /**
   * How far the padding counts as zeros, before and after each axis; what lies beyond does not count at all. All of the
   * stated padding with count_include_pad, none without; what ceil_mode adds behind it never counts.
   */
  readonly counted: readonly (readonly [number, number])[];
  readonly clamp?: Clamp;
}

/** Most multipliers, one for each number of elements that go into an output. */
const maxMultipliers = 4096;

function read(c: ReadContext) {
  const reading = readPool(c);
  const { x, sizes, window } = reading;
  if (x.dtype !== 'float32') c.unsupported(`type ${x.dtype}; float32 is supported`);
  const axes = reductionAxes(reading);
  if (axes !== null) return [c.emit('ReduceMean', [x], { axes })];
  const padded = c.integer('ceil_mode', 0) === 0 ? window : ceilWindow(window, sizes);
  const include = c.integer('count_include_pad', 0) !== 0;
  if (!include) refuseEmptyWindows(c, padded, sizes);
  const counted = include ? window.pads : window.pads.map(() => [0, 0] as const);
  return emitPool(c, 'AveragePool', x, { ...padded, counted } satisfies AveragePoolAttributes);
}

/** How many taps of the window of each output position count, along one spatial axis. */
function countsAlong(attributes: AveragePoolAttributes, axis: number, size: number, outputs: number): number[] {
  const [before, after] = attributes.counted[axis] ?? [0, 0];
  const dilation = attributes.dilations[axis] ?? 1;
  return Array.from({ length: outputs }, (_, output) => {
    const start = output * (attributes.strides[axis] ?? 1) - (attributes.pads[axis]?.[0] ?? 0);
    const first = Math.max(0, Math.ceil((-before - start) / dilation));
    const last = Math.min((attributes.kernel[axis] ?? 1) - 1, Math.floor((size + after - 1 - start) / dilation));
    return Math.max(0, last - first + 1);
  });
}

/** How many elements go into an output pixel, by its index. */
function countOf(attributes: AveragePoolAttributes, x: TensorType, output: TensorType): (pixel: number) => number {
  const input = rowShape(x.shape);
  const { rows, width } = rowShape(output.shape);
  const ofRow = countsAlong(attributes, 0, input.rows, rows);
  const ofColumn = countsAlong(attributes, 1, input.width, width);
  return (pixel) => present(ofRow[Math.floor(pixel / width) % rows]) * present(ofColumn[pixel % width]);
}

/** acc = sum of (raw input byte - input zero point); padding adds nothing, counted or not. */
interface AveragePoolParameters {
  readonly inputZeroPoint: number;
  /** The multiplier of `count` elements stands at index count - firstCount. */
  readonly firstCount: number;
  readonly requantization: Requantization;
}

export const averagePool = defineOperator<AveragePoolAttributes, AveragePoolParameters>({
  name: 'AveragePool',
  onnx: { AveragePool: read },
  clampable: true,

  shape([x], attributes) {
    const shape = present(x).shape;
    const spatial = windowOutput(attributes, shape.slice(1, -1));
    return { shape: [present(shape[0]), ...spatial, present(shape.at(-1))], dtype: 'float32' };
  },

  evaluate([x], attributes, output) {
    const { shape, data } = present(x);
    const { channels } = rowShape(shape);
    const count = countOf(attributes, present(x), output);
    const sums = new Float64Array(elementCount(output.shape));
    forEachTap(window2d(attributes), rowShape(shape), rowShape(output.shape), (from, to) => {
      for (let c = 0; c < channels; c += 1) {
        sums[to * channels + c] = (sums[to * channels + c] as number) + (data[from * channels + c] as number);
      }
    });
    const result = Float32Array.from(sums, (sum, i) => sum / count(Math.floor(i / channels)));
    applyClamp(result, attributes.clamp);
    return { ...output, data: result };
  },

  macs: (_inputs, output, { kernel }) => elementCount(output.shape) * elementCount(kernel),

  quantized: {
    outputRule: () => 'calibrated',

    parameters({ inputs: [x], output, attributes }) {
      const input = activationQuantization(present(x));
      const quant = activationQuantization(output);
      const count = countOf(attributes, present(x), output);
      const { rows, width } = rowShape(output.shape);
      let first = Number.POSITIVE_INFINITY;
      let last = 0;
      for (let pixel = 0; pixel < rows * width; pixel += 1) {
        first = Math.min(first, count(pixel));
        last = Math.max(last, count(pixel));
      }
      if (last - first >= maxMultipliers) {
        throw new OperatorError('unsupported', `a padded window of ${first} to ${last} elements`);
      }
      const scales = Array.from({ length: last - first + 1 }, (_, i) => input.scale / (quant.scale * (first + i)));
      const bound = 256 * elementCount(attributes.kernel);
      return {
        inputZeroPoint: input.zeroPoint,
        firstCount: first,
        requantization: layerRequantization(scales, quant.zeroPoint, bound, clampRange(attributes.clamp, quant)),
      };
    },

    evaluate(p, [x], { inputs, output, attributes }) {
      const data = x as Int8Array;
      const input = rowShape(present(inputs[0]).shape);
      const { channels } = input;
      const count = countOf(attributes, present(inputs[0]), output);
      const sums = new Int32Array(elementCount(output.shape));
      forEachTap(window2d(attributes), input, rowShape(output.shape), (from, to) => {
        for (let c = 0; c < channels; c += 1) {
          const at = to * channels + c;
          sums[at] = (sums[at] as number) + (data[from * channels + c] as number) - p.inputZeroPoint;
        }
      });
      return Int8Array.from(sums, (sum, i) =>
        requantize(sum, count(Math.floor(i / channels)) - p.firstCount, p.requantization),
      );
    },

    lower(p, { inputs, output, attributes }) {
      const w = window2d(attributes);
      const { rows, channels } = rowShape(output.shape);
      const [countTop, countBottom] = attributes.counted[0] ?? [0, 0];
      const [countLeft, countRight] = attributes.counted[1] ?? [0, 0];
      return {
        kind: 'calls',
        calls: [
          {
            symbol: 'tsr_average_pool_s8__portable',
            folder: 'average_pool',
            struct: 'tsr_average_pool',
            fields: {
              multipliers: { type: 'int32', values: p.requantization.multipliers },
              first_count: p.firstCount,
              ...requantizationFields(p.requantization),
              input_zero_point: p.inputZeroPoint,
              channels,
              kernel_h: w.kernelHeight,
              kernel_w: w.kernelWidth,
              stride_h: w.strideHeight,
              stride_w: w.strideWidth,
              dilation_h: w.dilationHeight,
              dilation_w: w.dilationWidth,
              pad_top: w.padTop,
              count_from_row: -countTop,
              count_to_row: rowShape(present(inputs[0]).shape).rows + countBottom,
              count_left: countLeft,
              count_right: countRight,
              in_pixel: channels,
              out_pixel: channels,
            },
            inputs: [poolInput(w)],
            steps: 'rows',
            count: rows,
            firstRow: 0,
            outputOffset: 0,
            pointwise: false,
            scratchBytes: 0,
          },
        ],
      };
    },
  },
});
