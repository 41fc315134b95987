import type { Requantization } from '../arithmetic/fixed-point.ts';
import type { Tensor } from '../graph/types.ts';
import { activationQuantization, type Clamp, clampRange, present } from './define.ts';
import { layerRequantization } from './requantization.ts';

/** Weights, bias and multipliers of a convolution or a dense layer, as its kernel has them. */
export interface WeightedSum {
  /** [outputs][taps]: the taps of an output lie together. */
  readonly weights: Int8Array;
  /** Bias with the input's zero point folded in: acc = bias + sum of weight * raw input byte. */
  readonly bias: Int32Array;
  readonly requantization: Requantization;
  readonly inputZeroPoint: number;
}

/**
 * The integer parameters of y = clamp(sum(w * x) + b), for quantised tensors. Weights have their outputs along axis 0.
 * @throws OperatorError where an accumulator could leave 32 bits.
 */
export function weightedSum(
  input: Tensor,
  weightTensor: Tensor,
  biasTensor: Tensor | null,
  output: Tensor,
  clamp: Clamp | undefined,
): WeightedSum {
  const inputQuant = activationQuantization(input);
  const outputQuant = activationQuantization(output);
  const weights = present(weightTensor.data) as Int8Array;
  const weightScales = present(weightTensor.quant).scales;
  const outputs = present(weightTensor.shape[0]);
  const taps = weights.length / outputs;
  const bias = new Int32Array(outputs);
  let bound = 0;
  for (let o = 0; o < outputs; o += 1) {
    let sum = 0;
    let magnitude = 0;
    for (let t = o * taps; t < (o + 1) * taps; t += 1) {
      const w = weights[t] as number;
      sum += w;
      magnitude += w < 0 ? -w : w;
    }
    const folded = Number(biasTensor?.data?.[o] ?? 0) - inputQuant.zeroPoint * sum;
    bound = Math.max(bound, Math.abs(folded) + 128 * magnitude);
    bias[o] = folded;
  }
  const scales = Array.from(
    { length: weightScales.length },
    (_, o) => (inputQuant.scale * present(weightScales[o])) / outputQuant.scale,
  );
  const requantize = layerRequantization(scales, outputQuant.zeroPoint, bound, clampRange(clamp, outputQuant));
  const { multipliers } = requantize;
  return {
    weights,
    bias,
    inputZeroPoint: inputQuant.zeroPoint,
    requantization: {
      ...requantize,
      multipliers: multipliers.length === outputs ? multipliers : new Int32Array(outputs).fill(multipliers[0] ?? 0),
    },
  };
}

/** The part of a sum that makes outputs [from, to): the same numbers, cut. */
export function channelsOfSum(sum: WeightedSum, from: number, to: number): WeightedSum {
  const taps = sum.weights.length / sum.bias.length;
  const { requantization } = sum;
  return {
    ...sum,
    weights: sum.weights.subarray(from * taps, to * taps),
    bias: sum.bias.subarray(from, to),
    requantization: { ...requantization, multipliers: requantization.multipliers.slice(from, to) },
  };
}

/** sums[o] = bias[o] + sum over t of patch[t] * weights[o][t], in float. Four outputs at a time, for speed. */
export function denseFloat(
  patch: Float32Array,
  weights: Float32Array,
  bias: Float32Array | null,
  sums: Float32Array,
  at: number,
): void {
  const taps = patch.length;
  const outputs = weights.length / taps;
  let o = 0;
  for (; o + 4 <= outputs; o += 4) {
    const w = o * taps;
    let s0 = bias === null ? 0 : (bias[o] as number);
    let s1 = bias === null ? 0 : (bias[o + 1] as number);
    let s2 = bias === null ? 0 : (bias[o + 2] as number);
    let s3 = bias === null ? 0 : (bias[o + 3] as number);
    for (let t = 0; t < taps; t += 1) {
      const x = patch[t] as number;
      s0 += x * (weights[w + t] as number);
      s1 += x * (weights[w + taps + t] as number);
      s2 += x * (weights[w + 2 * taps + t] as number);
      s3 += x * (weights[w + 3 * taps + t] as number);
    }
    sums[at + o] = s0;
    sums[at + o + 1] = s1;
    sums[at + o + 2] = s2;
    sums[at + o + 3] = s3;
  }
  for (; o < outputs; o += 1) {
    let sum = bias === null ? 0 : (bias[o] as number);
    for (let t = 0; t < taps; t += 1) sum += (patch[t] as number) * (weights[o * taps + t] as number);
    sums[at + o] = sum;
  }
}

/** The same in integers; the compiler has proved that no sum leaves 32 bits. */
export function denseInteger(patch: Int8Array, weights: Int8Array, bias: Int32Array, sums: Int32Array): void {
  const taps = patch.length;
  const outputs = weights.length / taps;
  for (let o = 0; o < outputs; o += 1) {
    let sum = bias[o] as number;
    const w = o * taps;
    for (let t = 0; t < taps; t += 1) sum = (sum + (patch[t] as number) * (weights[w + t] as number)) | 0;
    sums[o] = sum;
  }
}
