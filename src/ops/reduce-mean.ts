import { type Requantization, requantize } from '../arithmetic/fixed-point.ts';
import { elementCount } from '../graph/types.ts';
import {
  activationQuantization,
  applyClamp,
  type Clamp,
  clampRange,
  defineOperator,
  type OnnxReader,
  OperatorError,
  present,
} from './define.ts';
import {
  forEachReduced,
  globalReader,
  permuteAxes,
  type ReduceAttributes,
  reducedCount,
  reducedShape,
  reduceGeometry,
  reduceReader,
} from './reduce.ts';
import { layerRequantization, requantizationFields } from './requantization.ts';

/** A mean or a sum over any axes, which stay as axes of one. */
export interface ReduceMeanAttributes extends ReduceAttributes {
  readonly clamp?: Clamp;
}

/** acc = bias + sum of raw input bytes, bias = -count * input zero point; a mean's 1 / count is in the multiplier. */
interface SumParameters {
  readonly bias: number;
  readonly requantization: Requantization;
}

/** An operator that adds up `count` elements and divides the sum by `divisor(count)`. */
function sumOperator(name: string, onnx: Readonly<Record<string, OnnxReader>>, divisor: (count: number) => number) {
  return defineOperator<ReduceMeanAttributes, SumParameters>({
    name,
    onnx,
    clampable: true,

    shape: ([x], { axes }) => ({ shape: reducedShape(present(x).shape, axes), dtype: 'float32' }),

    evaluate([x], attributes, output) {
      const { shape, data } = present(x);
      const sums = new Float64Array(elementCount(output.shape));
      forEachReduced(data, shape, attributes.axes, (value, to) => {
        sums[to] = (sums[to] as number) + value;
      });
      const by = divisor(reducedCount(shape, attributes.axes));
      const result = Float32Array.from(sums, (sum) => sum / by);
      applyClamp(result, attributes.clamp);
      return { ...output, data: result };
    },

    permute: permuteAxes,
    macs: () => 0,

    quantized: {
      outputRule: () => 'calibrated',

      parameters({ inputs: [x], output, attributes }) {
        const count = reducedCount(present(x).shape, attributes.axes);
        if (count === 0) throw new OperatorError('unsupported', `a reduction of no elements: [${present(x).shape}]`);
        const input = activationQuantization(present(x));
        const quant = activationQuantization(output);
        const scale = input.scale / (quant.scale * divisor(count));
        const clamp = clampRange(attributes.clamp, quant);
        return {
          bias: -count * input.zeroPoint,
          requantization: layerRequantization([scale], quant.zeroPoint, 256 * count, clamp),
        };
      },

      evaluate(p, [x], { inputs, output, attributes }) {
        const sums = new Int32Array(elementCount(output.shape)).fill(p.bias);
        forEachReduced(present(x), present(inputs[0]).shape, attributes.axes, (value, to) => {
          sums[to] = (sums[to] as number) + value;
        });
        return Int8Array.from(sums, (sum) => requantize(sum, 0, p.requantization));
      },

      channels(p, { inputs: [x], attributes }) {
        const channel = present(x).shape.length - 1;
        return attributes.axes.includes(channel) ? null : { attributes, parameters: p, inputs: ['part'] };
      },

      lower(p, { inputs, output, attributes }) {
        const { form, call, elements } = reduceGeometry(present(inputs[0]), output, attributes.axes);
        const r = p.requantization;
        const arithmetic = { bias: p.bias, multiplier: r.multipliers[0] ?? 0, ...requantizationFields(r) };
        const kernel =
          form === 'rows'
            ? { symbol: 'tsr_mean_s8__portable', folder: 'mean', struct: 'tsr_mean' }
            : { symbol: 'tsr_reduce_sum_s8__portable', folder: 'reduce', struct: 'tsr_reduce_sum' };
        return {
          kind: 'calls',
          calls: [{ ...call, ...kernel, fields: { ...arithmetic, ...call.fields }, scratchBytes: 4 * elements }],
        };
      },
    },
  });
}

export const reduceMean = sumOperator(
  'ReduceMean',
  { ReduceMean: reduceReader('ReduceMean', 18), GlobalAveragePool: globalReader('ReduceMean') },
  (count) => count,
);

export const reduceSum = sumOperator('ReduceSum', { ReduceSum: reduceReader('ReduceSum', 13) }, () => 1);
