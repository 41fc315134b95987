import { elementCount } from '../graph/types.ts';
import { type ConstantArray, defineOperator, type OnnxReader, OperatorError, present } from './define.ts';
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
import { applyTable, requantizeTable } from './requantize-table.ts';

/** The table that brings the selected bytes to the output's quantisation, where that differs from the input's. */
interface ExtremeParameters {
  readonly table: ConstantArray | null;
}

/** The largest (sign 1) or smallest (sign -1) element over any axes, which stay as axes of one. */
function extremeOperator(name: string, onnx: Readonly<Record<string, OnnxReader>>, sign: 1 | -1) {
  return defineOperator<ReduceAttributes, ExtremeParameters>({
    name,
    onnx,

    shape: ([x], { axes }) => ({ shape: reducedShape(present(x).shape, axes), dtype: 'float32' }),

    evaluate([x], { axes }, output) {
      const result = new Float32Array(elementCount(output.shape)).fill(-sign * Number.POSITIVE_INFINITY);
      forEachReduced(present(x).data, present(x).shape, axes, (value, to) => {
        if (sign * value > sign * (result[to] as number)) result[to] = value;
      });
      return { ...output, data: result };
    },

    permute: permuteAxes,
    macs: () => 0,

    quantized: {
      outputRule: () => 'as-input',

      parameters({ inputs: [x], output, attributes }) {
        if (reducedCount(present(x).shape, attributes.axes) === 0) {
          throw new OperatorError('unsupported', `a reduction of no elements: [${present(x).shape}]`);
        }
        return { table: requantizeTable(present(x), output) };
      },

      evaluate({ table }, [x], { inputs, output, attributes }) {
        const result = new Int8Array(elementCount(output.shape)).fill(sign === 1 ? -128 : 127);
        forEachReduced(present(x), present(inputs[0]).shape, attributes.axes, (value, to) => {
          if (sign * value > sign * (result[to] as number)) result[to] = value;
        });
        return applyTable(table, result);
      },

      lower({ table }, { inputs, output, attributes }) {
        const { form, call, elements } = reduceGeometry(present(inputs[0]), output, attributes.axes);
        const kernel =
          form === 'rows'
            ? { symbol: 'tsr_extreme_s8__portable', folder: 'extreme', struct: 'tsr_extreme' }
            : { symbol: 'tsr_reduce_extreme_s8__portable', folder: 'reduce', struct: 'tsr_reduce_extreme' };
        return {
          kind: 'calls',
          calls: [{ ...call, ...kernel, fields: { table, sign, ...call.fields }, scratchBytes: elements }],
        };
      },
    },
  });
}

export const reduceMax = extremeOperator(
  'ReduceMax',
  { ReduceMax: reduceReader('ReduceMax', 18), GlobalMaxPool: globalReader('ReduceMax') },
  1,
);

export const reduceMin = extremeOperator('ReduceMin', { ReduceMin: reduceReader('ReduceMin', 18) }, -1);
