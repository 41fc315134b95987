import { elementCount, rowShape } from '../graph/types.ts';
import { blockCopyCall, rowAxes, rowCopyKernel } from './copy.ts';
import {
  type ConstantArray,
  defineOperator,
  type KernelCall,
  OperatorError,
  present,
  sameAxis,
  type View,
} from './define.ts';
import { applyTable, requantizeTable } from './requantize-table.ts';
import { sameKind } from './transpose.ts';

/** The inputs one behind the other along an axis, counted from 0; they agree on all other axes. */
export interface ConcatAttributes {
  readonly axis: number;
}

/** One table an input: its steps in the quantisation of the output. */
type Tables = readonly (ConstantArray | null)[];

/** Copies `input`, [outer][bytes], to [outer][stride] from `offset` on: one input's part of the output. */
function place<T extends Float32Array | Int8Array>(
  input: T,
  output: T,
  outer: number,
  stride: number,
  offset: number,
): void {
  const length = input.length / outer;
  for (let o = 0; o < outer; o += 1) output.set(input.subarray(o * length, (o + 1) * length), o * stride + offset);
}

export const concat = defineOperator<ConcatAttributes, Tables>({
  name: 'Concat',
  onnx: {
    Concat(c) {
      if (c.inputCount === 0) c.invalid('there are no inputs');
      const inputs = Array.from({ length: c.inputCount }, (_, i) => c.input(i));
      const rank = present(inputs[0]).shape.length;
      if (!c.has('axis')) c.invalid('the attribute axis is missing');
      const stated = c.integer('axis', 0);
      const axis = stated < 0 ? stated + rank : stated;
      if (axis < 0 || axis >= rank) c.invalid(`axis ${stated} is out of range for ${rank} axes`);
      // Shape arithmetic concatenates empty constants; they add nothing.
      const filled = inputs.filter((input) => input.shape[axis] !== 0);
      if (filled.length > 1) return [c.emit('Concat', filled, { axis })];
      return [filled[0] ?? present(inputs[0])];
    },
  },

  shape(inputs, { axis }) {
    const first = present(inputs[0]);
    let size = 0;
    inputs.forEach((input, index) => {
      const { shape, dtype } = present(input);
      if (dtype !== first.dtype) {
        throw new OperatorError('invalid', `input ${index} has type ${dtype}, input 0 type ${first.dtype}`);
      }
      const fits = shape.length === first.shape.length && shape.every((n, i) => i === axis || n === first.shape[i]);
      if (!fits) {
        throw new OperatorError('invalid', `[${shape}] does not fit [${first.shape}] along axis ${axis}`);
      }
      size += present(shape[axis]);
    });
    return { shape: first.shape.map((n, i) => (i === axis ? size : n)), dtype: first.dtype };
  },

  evaluate(inputs, { axis }, output) {
    const outer = elementCount(output.shape.slice(0, axis));
    const stride = elementCount(output.shape.slice(axis));
    const result = sameKind(present(inputs[0]).data, elementCount(output.shape));
    let offset = 0;
    for (const input of inputs) {
      const { data } = present(input);
      // All element types are copied alike.
      if (outer > 0) place(data as Float32Array, result as Float32Array, outer, stride, offset);
      offset += outer > 0 ? data.length / outer : 0;
    }
    return { ...output, data: result };
  },

  permute: ({ axis }, permutation) => ({ axis: present(permutation[axis]) }),
  macs: () => 0,

  quantized: {
    outputRule: () => 'calibrated',
    parameters: ({ inputs, output }) => inputs.map((input) => requantizeTable(present(input), output)),

    evaluate(tables, inputs, { output, attributes: { axis } }) {
      const outer = elementCount(output.shape.slice(0, axis));
      const stride = elementCount(output.shape.slice(axis));
      const result = new Int8Array(elementCount(output.shape));
      let offset = 0;
      inputs.forEach((input, k) => {
        const data = applyTable(present(tables)[k] ?? null, (input as Int8Array).slice());
        place(data, result, outer, stride, offset);
        offset += data.length / outer;
      });
      return result;
    },

    views(tables, { inputs, output, attributes: { axis } }) {
      const axes = rowAxes(output.shape.length);
      const along = { row: axis === axes.row, column: axis === axes.column, channel: axis === axes.channel };
      if (tables.some((table) => table !== null) || rowShape(output.shape).batch !== 1) return null;
      if (!along.row && !along.column && !along.channel) return null;
      let first = 0;
      return inputs.map((input, k): View => {
        const at = first;
        first += present(present(input).shape[axis]);
        return {
          whole: 'output',
          input: k,
          row: along.row ? at : 0,
          column: along.column ? at : 0,
          channel: along.channel ? at : 0,
        };
      });
    },

    lower(tables, { inputs, output, attributes: { axis } }) {
      const axes = rowAxes(output.shape.length);
      const out = rowShape(output.shape);
      let offset = 0;
      const calls = inputs.map((input, k): KernelCall => {
        const { shape } = present(input);
        const table = tables[k] ?? null;
        const first = offset;
        offset += present(shape[axis]);
        const inner = elementCount(shape.slice(axis + 1));
        if (axis !== axes.row && axis !== axes.column && axis !== axes.channel) {
          const bytes = present(shape[axis]) * inner;
          return blockCopyCall(k, {
            table,
            blocks: elementCount(shape.slice(0, axis)),
            bytes,
            outputStride: present(output.shape[axis]) * inner,
            outputOffset: first * inner,
          });
        }
        const { rows, channels } = rowShape(shape);
        const kernel = rowCopyKernel({
          table,
          channels,
          channelStride: 1,
          inputOffset: 0,
          columnStride: 1,
          inputPixel: channels,
          outputPixel: out.channels,
        });
        // An input that lies behind others along rows or columns: output position `first` is its position 0, and the
        // kernel leaves alone the columns that it does not have.
        const behind = { ...sameAxis, add: 0 - first };
        return {
          ...kernel,
          inputs: [
            {
              input: k,
              rows: axis === axes.row ? behind : sameAxis,
              columns: axis === axes.column ? behind : sameAxis,
            },
          ],
          count: rows,
          firstRow: axis === axes.row ? first : 0,
          outputOffset: axis === axes.channel ? first : 0,
          pointwise: axis === axes.channel,
        };
      });
      return { kind: 'calls', calls };
    },
  },
});
