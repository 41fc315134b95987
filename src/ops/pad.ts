import { quantizeValue } from '../arithmetic/fixed-point.ts';
import { elementCount, rowShape, type TensorData } from '../graph/types.ts';
import { rowAxes } from './copy.ts';
import {
  activationQuantization,
  type ConstantArray,
  defineOperator,
  type KernelCall,
  OperatorError,
  present,
  sameAxis,
} from './define.ts';
import { type PadAttributes, readPad } from './pad-read.ts';
import { type Remapping, remapCall, remapElements } from './remap.ts';
import { requantizeTable } from './requantize-table.ts';
import { permuteBack, sameKind, stridesOf } from './transpose.ts';

/** The elements that move, the table that requantises them, and the step of those that are not of the input. */
interface PadParameters {
  readonly remapping: Remapping;
  readonly table: ConstantArray | null;
  readonly fill: number;
}

/** The position among `size` that an axis without an end has at `position`, or -1 where the mode fills. */
function source(mode: PadAttributes['mode'], position: number, size: number): number {
  if (position >= 0 && position < size) return position;
  if (mode === 'constant') return -1;
  if (mode === 'edge') return position < 0 ? 0 : size - 1;
  const modulo = (period: number): number => ((position % period) + period) % period;
  if (mode === 'wrap') return modulo(size);
  // A reflection leaves the edge element out, and goes on for as long as the padding is: 0 1 2 1 0 1 2 ...
  if (size === 1) return 0;
  const place = modulo(2 * size - 2);
  return place < size ? place : 2 * size - 2 - place;
}

/** For every axis, which input index each output index takes. Negative padding crops before the rest is padded. */
function remappingOf(shape: readonly number[], { mode, before, after }: PadAttributes): Remapping {
  const indices = shape.map((size, axis) => {
    const start = present(before[axis]);
    const cropped = Math.max(0, -start);
    const kept = size - cropped + Math.min(0, present(after[axis]));
    return Array.from({ length: size + start + present(after[axis]) }, (_, i) => {
      const from = source(mode, i - Math.max(0, start), kept);
      return from < 0 ? -1 : from + cropped;
    });
  });
  return { indices, strides: stridesOf(shape) };
}

export const pad = defineOperator<PadAttributes, PadParameters>({
  name: 'Pad',
  onnx: { Pad: readPad },

  shape([x], { mode, before, after }) {
    const { shape, dtype } = present(x);
    if (before.length !== shape.length || after.length !== shape.length) {
      throw new OperatorError('invalid', `padding of ${before.length} axes does not fit [${shape}]`);
    }
    const padded = shape.map((size, axis) => {
      const start = present(before[axis]);
      const end = present(after[axis]);
      // Padding of an axis of which nothing is left has no elements to repeat, and no meaning that backends share.
      if (size > 0 && size + Math.min(0, start) + Math.min(0, end) < 1) {
        throw new OperatorError('unsupported', `pads of ${start} and ${end} leave nothing of an axis of ${size}`);
      }
      if (size === 0 && (mode !== 'constant' || start < 0 || end < 0)) {
        throw new OperatorError('invalid', `mode ${mode} cannot pad an axis of 0 by ${start} and ${end}`);
      }
      return size + start + end;
    });
    return { shape: padded, dtype };
  },

  evaluate([x], attributes, output) {
    const { data, shape } = present(x);
    const result = sameKind(data, elementCount(output.shape));
    const fill = (result instanceof BigInt64Array ? BigInt(Math.trunc(attributes.value)) : attributes.value) as number;
    return { ...output, data: remapElements<TensorData>(data, result, remappingOf(shape, attributes), fill) };
  },

  permute: (attributes, permutation) => ({
    ...attributes,
    before: permuteBack(attributes.before, permutation),
    after: permuteBack(attributes.after, permutation),
  }),
  constantQuantization(quant, { mode, value }) {
    const holdsFill = mode !== 'constant' || value === 0;
    return quant?.axis === undefined && holdsFill ? quant : undefined;
  },
  macs: () => 0,

  quantized: {
    outputRule({ mode, value }, [x]) {
      if (mode !== 'constant' || value === 0) return 'as-input';
      const scale = x?.quant?.scales[0];
      const zeroPoint = x?.quant?.zeroPoints[0];
      if (scale === undefined || zeroPoint === undefined) return 'calibrated';
      const step = Math.round(value / scale) + zeroPoint;
      return step >= -128 && step <= 127 ? 'as-input' : 'calibrated';
    },

    parameters({ inputs: [x], output, attributes }) {
      const { scale, zeroPoint } = activationQuantization(output);
      if (!Number.isFinite(attributes.value)) {
        throw new OperatorError('unsupported', `padding with ${attributes.value} has no int8 value`);
      }
      return {
        remapping: remappingOf(present(x).shape, attributes),
        table: requantizeTable(present(x), output),
        fill: quantizeValue(attributes.value, scale, zeroPoint),
      };
    },

    evaluate({ remapping, table, fill }, [x], { output }) {
      const data = x as Int8Array;
      const moved = table === null ? data : data.map((q) => table.values[q + 128] as number);
      return remapElements(moved, new Int8Array(elementCount(output.shape)), remapping, fill);
    },

    lower({ remapping, table, fill }, { inputs, output, attributes: { mode, before, after } }) {
      const { shape } = present(inputs[0]);
      const axes = rowAxes(shape.length);
      const streams = shape.every((_, axis) => {
        if (before[axis] === 0 && after[axis] === 0) return true;
        return mode === 'constant' && (axis === axes.row || axis === axes.column || axis === axes.channel);
      });
      if (!streams) return { kind: 'calls', calls: [remapCall(remapping, shape, table, fill)] };
      const { channels } = rowShape(shape);
      const out = rowShape(output.shape);
      const axisMap = (axis: number) => ({ ...sameAxis, add: 0 - (before[axis] ?? 0) });
      const [first, last] = [before[axes.channel] ?? 0, after[axes.channel] ?? 0];
      const call: KernelCall = {
        symbol: 'tsr_pad_s8__portable',
        folder: 'pad',
        struct: 'tsr_pad',
        fields: {
          table,
          value: fill,
          channels_before: Math.max(0, first),
          channels: channels + Math.min(0, first) + Math.min(0, last),
          channels_after: Math.max(0, last),
          input_offset: Math.max(0, -first),
          in_pixel: channels,
          out_pixel: out.channels,
        },
        inputs: [{ input: 0, rows: axisMap(axes.row), columns: axisMap(axes.column) }],
        steps: 'rows',
        count: out.rows,
        firstRow: 0,
        outputOffset: 0,
        pointwise: false,
        scratchBytes: 0,
      };
      return { kind: 'calls', calls: [call] };
    },
  },
});
