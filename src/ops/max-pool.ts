import { elementCount, rowShape } from '../graph/types.ts';
import { type ConstantArray, defineOperator, present, type ReadContext } from './define.ts';
import { emitPool, forEachTap, poolInput, readPool, reductionAxes, refuseEmptyWindows } from './pool.ts';
import { applyTable, requantizeTable } from './requantize-table.ts';
import { sameKind } from './transpose.ts';
import { ceilWindow, type Window, window2d, windowOutput, withColumnPads } from './window.ts';

function read(c: ReadContext) {
  const reading = readPool(c);
  const { x, sizes, window } = reading;
  if (x.dtype !== 'float32' && x.dtype !== 'int8' && x.dtype !== 'uint8') {
    c.unsupported(`type ${x.dtype}; float32, int8 and uint8 are supported`);
  }
  // storage_order says how the indices count, and nothing about the values.
  if (c.hasOutput(1)) c.unsupported('the output Indices');
  const axes = reductionAxes(reading);
  if (axes !== null && x.dtype === 'float32') return [c.emit('ReduceMax', [x], { axes })];
  const attributes = c.integer('ceil_mode', 0) === 0 ? window : ceilWindow(window, sizes);
  refuseEmptyWindows(c, attributes, sizes);
  return emitPool(c, 'MaxPool', x, attributes);
}

/** The lowest value of each type that is pooled. */
const lowest: Readonly<Record<string, number>> = { float32: Number.NEGATIVE_INFINITY, int8: -128, uint8: 0 };

interface MaxPoolParameters {
  /** Brings the selected bytes to the output's quantisation, where that differs from the input's. */
  readonly table: ConstantArray | null;
}

/** The largest element under a window; padding is left out. Input [N, spatial..., C]. */
export const maxPool = defineOperator<Window, MaxPoolParameters>({
  name: 'MaxPool',
  onnx: { MaxPool: read },

  shape([x], attributes) {
    const { shape, dtype } = present(x);
    const spatial = windowOutput(attributes, shape.slice(1, -1));
    return { shape: [present(shape[0]), ...spatial, present(shape.at(-1))], dtype };
  },

  evaluate([x], attributes, output) {
    const { shape, data, dtype } = present(x);
    const { channels } = rowShape(shape);
    const result = sameKind(data as Float32Array, elementCount(output.shape)).fill(present(lowest[dtype]));
    forEachTap(window2d(attributes), rowShape(shape), rowShape(output.shape), (from, to) => {
      for (let c = 0; c < channels; c += 1) {
        const value = data[from * channels + c] as number;
        if (value > (result[to * channels + c] as number)) result[to * channels + c] = value;
      }
    });
    return { ...output, data: result };
  },

  macs: () => 0,

  quantized: {
    outputRule: () => 'as-input',
    parameters: ({ inputs: [x], output }) => ({ table: requantizeTable(present(x), output) }),

    evaluate({ table }, [x], { inputs, output, attributes }) {
      const data = x as Int8Array;
      const input = rowShape(present(inputs[0]).shape);
      const { channels } = input;
      const result = new Int8Array(elementCount(output.shape)).fill(-128);
      forEachTap(window2d(attributes), input, rowShape(output.shape), (from, to) => {
        for (let c = 0; c < channels; c += 1) {
          const at = to * channels + c;
          result[at] = Math.max(result[at] as number, data[from * channels + c] as number);
        }
      });
      return applyTable(table, result);
    },

    channels: (parameters, { attributes }) => ({ attributes, parameters, inputs: ['part'] }),
    columns: ({ attributes }, pads) => withColumnPads(attributes, pads),

    lower({ table }, { output, attributes }) {
      const w = window2d(attributes);
      const { rows, channels } = rowShape(output.shape);
      return {
        kind: 'calls',
        calls: [
          {
            symbol: 'tsr_max_pool_s8__portable',
            folder: 'max_pool',
            struct: 'tsr_max_pool',
            fields: {
              table,
              channels,
              kernel_h: w.kernelHeight,
              kernel_w: w.kernelWidth,
              stride_w: w.strideWidth,
              dilation_w: w.dilationWidth,
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
