import { requantize } from '../arithmetic/fixed-point.ts';
import { elementCount, rowShape } from '../graph/types.ts';
import { convolutionCall } from './conv.ts';
import { applyClamp, type Clamp, defineOperator, OperatorError, present, sameAxis } from './define.ts';
import { readGemm } from './gemm.ts';
import { denseFloat, denseInteger, type WeightedSum, weightedSum } from './weighted-sum.ts';

/** Inputs: x [..., K], weights [M, K], bias [M] or null; output [..., M]. */
export interface FullyConnectedAttributes {
  readonly clamp?: Clamp;
}

const dimensions = (shape: readonly number[]): string => `[${shape}]`;

export const fullyConnected = defineOperator<FullyConnectedAttributes, WeightedSum>({
  name: 'FullyConnected',
  onnx: { Gemm: readGemm },
  constants: { 1: 'weights', 2: 'bias' },
  clampable: true,

  shape([x, weights]) {
    const shape = present(x).shape;
    if (shape.at(-1) !== present(weights).shape[1]) {
      throw new OperatorError(
        'invalid',
        `inner sizes differ: ${dimensions(shape)} and ${dimensions(present(weights).shape)}`,
      );
    }
    return { shape: [...shape.slice(0, -1), present(present(weights).shape[0])], dtype: 'float32' };
  },

  evaluate([x, weights, bias], attributes, output) {
    const data = present(x).data as Float32Array;
    const w = present(weights).data as Float32Array;
    const [outputs, inner] = present(weights).shape as [number, number];
    const result = new Float32Array(elementCount(output.shape));
    for (let row = 0; row * outputs < result.length; row += 1) {
      denseFloat(
        data.subarray(row * inner, (row + 1) * inner),
        w,
        (bias?.data ?? null) as Float32Array | null,
        result,
        row * outputs,
      );
    }
    applyClamp(result, attributes.clamp);
    return { ...output, data: result };
  },

  macs: ([, weights], output) => elementCount(output.shape) * present(present(weights).shape[1]),

  quantized: {
    outputRule: () => 'calibrated',
    parameters: ({ inputs: [x, weights, bias], output, attributes }) =>
      weightedSum(present(x), present(weights), bias ?? null, output, attributes.clamp),

    evaluate(p, [x], { inputs, output }) {
      const data = x as Int8Array;
      const [outputs, inner] = present(inputs[1]).shape as [number, number];
      const result = new Int8Array(elementCount(output.shape));
      const sums = new Int32Array(outputs);
      for (let row = 0; row * outputs < result.length; row += 1) {
        denseInteger(data.subarray(row * inner, (row + 1) * inner), p.weights, p.bias, sums);
        for (let o = 0; o < outputs; o += 1)
          result[row * outputs + o] = requantize(sums[o] as number, o, p.requantization);
      }
      return result;
    },

    lower(p, { inputs, output }) {
      const [outputs, inner] = present(inputs[1]).shape as [number, number];
      const geometry = { kernel_h: 1, kernel_w: 1, stride_w: 1, dilation_w: 1 };
      return {
        kind: 'calls',
        calls: [
          {
            ...convolutionCall(p, inner, outputs, 1, geometry),
            inputs: [{ input: 0, rows: sameAxis, columns: sameAxis }],
            steps: 'rows',
            count: rowShape(output.shape).rows,
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
