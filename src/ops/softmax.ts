import { elementCount, rowShape, type Tensor } from '../graph/types.ts';
import { activationQuantization, defineOperator, present, type ReadContext, sameAxis } from './define.ts';

/**
 * Softmax along the last axis, in integers: with T[d] = round(exp(-d * input scale) * 2^k), e_i = T[max - q_i] and
 * S = sum of e, y_i = floor((e_i * R + 128 * S) / (256 * S)) + zero point, where R = round(256 / output scale).
 */
interface SoftmaxParameters {
  readonly exponentials: Int32Array;
  readonly reciprocalScale: number;
  readonly zeroPoint: number;
}

function read(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  if (x.dtype !== 'float32') c.unsupported(`type ${x.dtype}; float32 is supported`);
  const rank = x.shape.length;
  const stated = c.integer('axis', c.opset < 13 ? 1 : -1);
  const axis = stated < 0 ? stated + rank : stated;
  if (axis < 0 || axis >= rank) c.invalid(`axis ${stated} is out of range for ${rank} axes`);
  if (c.opset < 13) {
    // Before opset 13 all axes from `axis` on count as one.
    const shape = [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis))];
    const flat = c.emit('Softmax', [c.emit('Reshape', [x], { shape })], {});
    return [c.emit('Reshape', [flat], { shape: x.shape })];
  }
  if (axis === rank - 1) return [c.emit('Softmax', [x], {})];
  const permutation = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  const last = c.emit('Softmax', [c.emit('Transpose', [x], { permutation })], {});
  return [c.emit('Transpose', [last], { permutation })];
}

export const softmax = defineOperator<object, SoftmaxParameters>({
  name: 'Softmax',
  onnx: { Softmax: read },
  shape: ([x]) => ({ shape: present(x).shape, dtype: 'float32' }),

  evaluate([x], _attributes, output) {
    const data = present(x).data as Float32Array;
    const length = present(x).shape.at(-1) ?? 1;
    const result = new Float32Array(data.length);
    for (let from = 0; from < data.length; from += length) {
      let max = Number.NEGATIVE_INFINITY;
      for (let i = from; i < from + length; i += 1) max = Math.max(max, data[i] as number);
      let sum = 0;
      for (let i = from; i < from + length; i += 1) sum += Math.exp((data[i] as number) - max);
      for (let i = from; i < from + length; i += 1) result[i] = Math.exp((data[i] as number) - max) / sum;
    }
    return { ...output, data: result };
  },

  permute: (attributes, permutation) => (permutation.at(-1) === permutation.length - 1 ? attributes : null),
  macs: () => 0,

  quantized: {
    outputRule: () => ({ scales: [1 / 256], zeroPoints: [-128] }),

    parameters({ inputs: [x], output }) {
      const { scale } = activationQuantization(present(x));
      const { scale: outputScale, zeroPoint } = activationQuantization(output);
      // The sum of as many exponentials as there are classes stays below 2^30.
      const bits = Math.min(22, 30 - Math.ceil(Math.log2(Math.max(2, present(x).shape.at(-1) ?? 1))));
      return {
        exponentials: Int32Array.from({ length: 256 }, (_, d) => Math.round(Math.exp(-d * scale) * 2 ** bits)),
        reciprocalScale: Math.round(256 / outputScale),
        zeroPoint,
      };
    },

    evaluate(p, [x], { output }) {
      const data = x as Int8Array;
      const length = output.shape.at(-1) ?? 1;
      const result = new Int8Array(data.length);
      for (let from = 0; from < data.length; from += length) {
        const row = data.subarray(from, from + length);
        const max = row.reduce((a, b) => Math.max(a, b), -128);
        const exponential = (q: number): number => present(p.exponentials[max - q]);
        const sum = row.reduce((total, q) => total + exponential(q), 0);
        row.forEach((q, i) => {
          const y = Math.floor((exponential(q) * p.reciprocalScale + 128 * sum) / (256 * sum)) + p.zeroPoint;
          result[from + i] = Math.max(-128, Math.min(127, y));
        });
      }
      return result;
    },

    lower(p, { output }) {
      const { rows, channels } = rowShape(output.shape);
      // The table falls: behind its first zero there are only zeros.
      const zero = p.exponentials.indexOf(0);
      const exponentials = zero < 0 ? p.exponentials : p.exponentials.slice(0, zero + 1);
      return {
        kind: 'calls',
        calls: [
          {
            symbol: 'tsr_softmax_s8__portable',
            folder: 'softmax',
            struct: 'tsr_softmax',
            fields: {
              exponentials: { type: 'int32', values: exponentials },
              last: exponentials.length - 1,
              reciprocal_scale: p.reciprocalScale,
              zero_point: p.zeroPoint,
              channels,
              in_pixel: channels,
              out_pixel: channels,
            },
            inputs: [{ input: 0, rows: sameAxis, columns: sameAxis }],
            steps: 'rows',
            count: rows,
            firstRow: 0,
            outputOffset: 0,
            pointwise: true,
            scratchBytes: 0,
          },
        ],
      };
    },
  },
});
