import { elementCount, rowShape, type TensorType } from '../graph/types.ts';
import { rowAxes, rowCopyKernel } from './copy.ts';
import { type ConstantArray, defineOperator, OperatorError, present, sameAxis } from './define.ts';
import { applyTable, requantizeTable } from './requantize-table.ts';
import { readSlice, readSplit, type SliceAttributes, slicedShape } from './slice-read.ts';
import { gatherStrided, permuteBack, type StridedCopy, sameKind, stridedCall, stridesOf } from './transpose.ts';

/** Which elements, and the table that requantises them. */
interface SliceParameters {
  readonly copy: StridedCopy;
  readonly table: ConstantArray | null;
}

function copyOf(input: TensorType, attributes: SliceAttributes): StridedCopy {
  const strides = stridesOf(input.shape);
  return {
    shape: slicedShape(input.shape, attributes),
    strides: strides.map((stride, axis) => stride * present(attributes.steps[axis])),
    offset: strides.reduce((sum, stride, axis) => sum + stride * present(attributes.starts[axis]), 0),
  };
}

export const slice = defineOperator<SliceAttributes, SliceParameters>({
  name: 'Slice',
  onnx: { Slice: readSlice, Split: readSplit },

  shape([x], attributes) {
    const { shape, dtype } = present(x);
    const { starts, ends, steps } = attributes;
    if (starts.length !== shape.length || ends.length !== shape.length || steps.length !== shape.length) {
      throw new OperatorError('invalid', `a slice of ${starts.length} axes does not fit [${shape}]`);
    }
    return { shape: slicedShape(shape, attributes), dtype };
  },

  evaluate([x], attributes, output) {
    const { data } = present(x);
    const { shape, strides, offset } = copyOf(present(x), attributes);
    return { ...output, data: gatherStrided(data, sameKind(data, elementCount(shape)), shape, strides, offset) };
  },

  permute: ({ starts, ends, steps }, permutation) => ({
    starts: permuteBack(starts, permutation),
    ends: permuteBack(ends, permutation),
    steps: permuteBack(steps, permutation),
  }),
  constantQuantization(quant, { starts, ends, steps }) {
    const axis = quant?.axis;
    if (quant === undefined || axis === undefined) return quant;
    const range: SliceAttributes = { starts: [starts[axis] ?? 0], ends: [ends[axis] ?? 0], steps: [steps[axis] ?? 1] };
    const [count] = slicedShape([quant.scales.length], range);
    const kept = <T>(values: readonly T[]): T[] =>
      Array.from({ length: count ?? 0 }, (_, i) => present(values[present(starts[axis]) + i * present(steps[axis])]));
    return { scales: kept(quant.scales), zeroPoints: kept(quant.zeroPoints), axis };
  },
  macs: () => 0,

  quantized: {
    outputRule: () => 'as-input',

    parameters: ({ inputs: [x], output, attributes }) => ({
      copy: copyOf(present(x), attributes),
      table: requantizeTable(present(x), output),
    }),

    evaluate({ copy: { shape, strides, offset }, table }, [x]) {
      const result = new Int8Array(elementCount(shape));
      return applyTable(table, gatherStrided(x as Int8Array, result, shape, strides, offset));
    },

    views({ table }, { inputs, output, attributes: { starts, steps } }) {
      const { shape } = present(inputs[0]);
      if (table !== null || rowShape(shape).batch !== 1) return null;
      if (output.shape.some((size, axis) => size > 1 && steps[axis] !== 1)) return null;
      const axes = rowAxes(shape.length);
      const [row = 0, column = 0, channel = 0] = [axes.row, axes.column, axes.channel].map((axis) => starts[axis]);
      return [{ whole: 'input', input: 0, row, column, channel }];
    },

    lower({ copy, table }, { inputs, output, attributes: { starts, steps } }) {
      const { shape } = present(inputs[0]);
      const axes = rowAxes(shape.length);
      const streams = shape.every((size, axis) => {
        if (axis === axes.row || axis === axes.column || axis === axes.channel) return present(steps[axis]) > 0;
        return size === output.shape[axis] && present(steps[axis]) > 0;
      });
      if (!streams) return { kind: 'calls', calls: [stridedCall(copy, table)] };
      const input = rowShape(shape);
      const out = rowShape(output.shape);
      const start = (axis: number): number => starts[axis] ?? 0;
      // One element is the same by any step, and lets whole tensors be taken as one row.
      const step = (axis: number): number => (output.shape[axis] === 1 ? 1 : (steps[axis] ?? 1));
      const kernel = rowCopyKernel({
        table,
        channels: out.channels,
        channelStride: step(axes.channel),
        inputOffset: start(axes.channel),
        columnStride: step(axes.column),
        inputPixel: input.channels,
        outputPixel: out.channels,
      });
      const axisMap = (axis: number) => ({ ...sameAxis, multiply: step(axis), add: start(axis) });
      return {
        kind: 'calls',
        calls: [
          {
            ...kernel,
            inputs: [{ input: 0, rows: axisMap(axes.row), columns: axisMap(axes.column) }],
            count: out.rows,
            firstRow: 0,
            outputOffset: 0,
            pointwise: input.rows === out.rows && input.width === out.width,
          },
        ],
      };
    },
  },
});
