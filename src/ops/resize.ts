import { type Requantization, requantize } from '../arithmetic/fixed-point.ts';
import { elementCount, type RowShape, rowShape, type TensorType } from '../graph/types.ts';
import {
  type AxisMap,
  activationQuantization,
  type ConstantArray,
  defineOperator,
  type KernelCall,
  type Lowering,
  present,
  sameAxis,
} from './define.ts';
import { layerRequantization, requantizationFields } from './requantization.ts';
import { applyTable, requantizeTable } from './requantize-table.ts';
import { axisMapOf, linearElements, nearestElements, type ResizeAttributes, type ResizeAxis } from './resize-axis.ts';
import { readResize } from './resize-read.ts';

/**
 * Bits of the fraction of a linear weight, along each axis. The two weights of an axis add up to 2^weightBits exactly,
 * so that an even area stays as it is. A sum of four products is at most 255 * 2^22, well inside 32 bits; it is rounded
 * once, at the end, by the requantisation that takes out 2^22 and goes over to the output's scale.
 */
const weightBits = 11;
const weightOne = 2 ** weightBits;

/** Where the elements of an output row or column come from. With `nearest`, `after` is `before` and the weights are 0. */
interface Sources {
  /** `before`, but for elements that lie outside the input. */
  readonly first: Int32Array;
  readonly before: Uint16Array;
  readonly after: Uint16Array;
  /** Of `after`, in 2^-weightBits. */
  readonly weights: Uint16Array;
  readonly axis: ResizeAxis;
}

type ResizeParameters = {
  readonly rows: Sources;
  readonly columns: Sources;
} & (
  | { readonly mode: 'nearest'; readonly table: ConstantArray | null }
  | { readonly mode: 'linear'; readonly bias: number; readonly requantization: Requantization }
);

const single: ResizeAxis = { input: 1, output: 1, scale: 1 };

function sourcesOf(attributes: ResizeAttributes, index: number): Sources {
  const axis = attributes.axes[index] ?? single;
  if (attributes.mode === 'linear') {
    const linear = linearElements(axis, attributes.coordinates);
    const weights = Uint16Array.from(linear.weight, (weight) => Math.floor(weight * weightOne + 0.5));
    // What weighs nothing is not read: rows and columns that need no second one are not given one.
    const after = linear.after.map((element, i) => (weights[i] === 0 ? present(linear.before[i]) : element));
    return { first: linear.first, before: linear.before, after, weights, axis };
  }
  const { rounded, element } = nearestElements(axis, attributes.coordinates, attributes.nearest);
  return { first: rounded, before: element, after: element, weights: new Uint16Array(axis.output), axis };
}

/** Calls `visit` for every output pixel: its index, its row and column, and its image's first input pixel. */
function forEachPixel(
  input: RowShape,
  output: RowShape,
  visit: (to: number, row: number, column: number, image: number) => void,
): void {
  let to = 0;
  for (let n = 0; n < output.batch; n += 1) {
    for (let row = 0; row < output.rows; row += 1) {
      for (let column = 0; column < output.width; column += 1) {
        visit(to, row, column, n * input.rows * input.width);
        to += 1;
      }
    }
  }
}

function evaluateFloat(
  x: TensorType,
  data: Float32Array,
  attributes: ResizeAttributes,
  output: TensorType,
): Float32Array {
  const input = rowShape(x.shape);
  const { channels, width } = input;
  const result = new Float32Array(elementCount(output.shape));
  const vertical = attributes.axes[0] ?? single;
  const horizontal = attributes.axes[1] ?? single;
  if (attributes.mode === 'nearest') {
    const rows = nearestElements(vertical, attributes.coordinates, attributes.nearest).element;
    const columns = nearestElements(horizontal, attributes.coordinates, attributes.nearest).element;
    forEachPixel(input, rowShape(output.shape), (to, row, column, image) => {
      const from = image + present(rows[row]) * width + present(columns[column]);
      for (let c = 0; c < channels; c += 1) result[to * channels + c] = data[from * channels + c] as number;
    });
    return result;
  }
  const rows = linearElements(vertical, attributes.coordinates);
  const columns = linearElements(horizontal, attributes.coordinates);
  forEachPixel(input, rowShape(output.shape), (to, row, column, image) => {
    const top = image + present(rows.before[row]) * width;
    const bottom = image + present(rows.after[row]) * width;
    const left = present(columns.before[column]);
    const right = present(columns.after[column]);
    const down = present(rows.weight[row]);
    const along = present(columns.weight[column]);
    for (let c = 0; c < channels; c += 1) {
      const at = (pixel: number): number => data[pixel * channels + c] as number;
      const above = at(top + left) * (1 - along) + at(top + right) * along;
      const below = at(bottom + left) * (1 - along) + at(bottom + right) * along;
      result[to * channels + c] = above * (1 - down) + below * down;
    }
  });
  return result;
}

function evaluateSteps(
  p: ResizeParameters,
  data: Int8Array,
  input: RowShape,
  output: RowShape,
  result: Int8Array,
): void {
  const { channels, width } = input;
  forEachPixel(input, output, (to, row, column, image) => {
    const top = (image + present(p.rows.before[row]) * width) * channels;
    const bottom = (image + present(p.rows.after[row]) * width) * channels;
    const left = present(p.columns.before[column]) * channels;
    const right = present(p.columns.after[column]) * channels;
    const down = present(p.rows.weights[row]);
    const along = present(p.columns.weights[column]);
    for (let c = 0; c < channels; c += 1) {
      if (p.mode === 'nearest') {
        result[to * channels + c] = data[top + left + c] as number;
        continue;
      }
      const sum =
        (data[top + left + c] as number) * (weightOne - along) * (weightOne - down) +
        (data[top + right + c] as number) * along * (weightOne - down) +
        (data[bottom + left + c] as number) * (weightOne - along) * down +
        (data[bottom + right + c] as number) * along * down;
      result[to * channels + c] = requantize(p.bias + sum, 0, p.requantization);
    }
  });
}

const table16 = (values: Uint16Array): ConstantArray => ({ type: 'uint16', values });

/** The kernel and its fields without those that say where rows come from. */
function kernelOf(
  p: ResizeParameters,
  channels: number,
): { readonly stem: string; readonly fields: KernelCall['fields'] } {
  const pixels = { channels, in_pixel: channels, out_pixel: channels };
  if (p.mode === 'nearest') {
    return { stem: 'resize_nearest', fields: { table: p.table, columns: table16(p.columns.before), ...pixels } };
  }
  const r = p.requantization;
  return {
    stem: 'resize_linear',
    fields: {
      left: table16(p.columns.before),
      right: table16(p.columns.after),
      column_weights: table16(p.columns.weights),
      row_weights: table16(p.rows.weights),
      bias: p.bias,
      multiplier: r.multipliers[0] ?? 0,
      ...requantizationFields(r),
      ...pixels,
    },
  };
}

/** The map of the input rows or columns that output ones need, and which of two is meant where both are there. */
interface Access {
  readonly map: AxisMap;
  readonly chosen: 0 | 1;
}

/**
 * The access to an axis, or null where no formula gives it. A map that leaves the input gets a second element: where one
 * of the two is not there, the other is taken, as the image goes on as it ends.
 */
function accessOf(mode: ResizeParameters['mode'], { axis, before, first, weights }: Sources): Access | null {
  const candidate = (table: ArrayLike<number>, taps: 1 | 2, chosen: 0 | 1): Access | null => {
    const map = axisMapOf(table, axis, taps);
    return map === null ? null : { map, chosen };
  };
  if (mode === 'linear')
    return weights.some((weight) => weight !== 0) ? candidate(first, 2, 0) : candidate(before, 1, 0);
  const plain = candidate(before, 1, 0);
  if (plain !== null) return plain;
  const one = first.map((element) => Math.min(Math.max(element, -1), axis.input - 1));
  const other = first.map((element) => Math.min(Math.max(element, 0), axis.input) - 1);
  return candidate(one, 2, 0) ?? candidate(other, 2, 1);
}

function lower(p: ResizeParameters, input: RowShape, output: RowShape): Lowering {
  const { stem, fields } = kernelOf(p, input.channels);
  const rows = accessOf(p.mode, p.rows);
  const common = { folder: 'resize', firstRow: 0, outputOffset: 0, pointwise: false, scratchBytes: 0 };
  if (rows !== null) {
    const all: AxisMap = { multiply: 0, add: 0, divide: 1, count: input.width, dilation: 1 };
    const columns = accessOf(p.mode, p.columns)?.map ?? all;
    const call: KernelCall = {
      ...common,
      symbol: `tsr_${stem}_s8__portable`,
      struct: `tsr_${stem}`,
      fields: {
        ...fields,
        row_taps: rows.map.count,
        ...(p.mode === 'nearest' ? { row: rows.chosen } : {}),
        column_multiply: columns.multiply,
        column_add: columns.add,
        column_divide: columns.divide,
      },
      inputs: [{ input: 0, rows: rows.map, columns }],
      steps: 'rows',
      count: output.rows,
    };
    return { kind: 'calls', calls: [call] };
  }
  const geometry = {
    batch: output.batch,
    in_rows: input.rows,
    in_width: input.width,
    out_rows: output.rows,
    out_width: output.width,
  };
  const call: KernelCall = {
    ...common,
    symbol: `tsr_${stem}_s8__portable_whole`,
    struct: `tsr_${stem}_whole`,
    fields: {
      ...(p.mode === 'linear'
        ? { top: table16(p.rows.before), bottom: table16(p.rows.after) }
        : { rows: table16(p.rows.before) }),
      ...fields,
      ...geometry,
    },
    inputs: [{ input: 0, rows: 'whole', columns: sameAxis }],
    steps: 'once',
    count: 1,
  };
  return { kind: 'calls', calls: [call] };
}

export const resize = defineOperator<ResizeAttributes, ResizeParameters>({
  name: 'Resize',
  onnx: { Resize: readResize, Upsample: readResize },

  shape([x], { axes }) {
    const { shape } = present(x);
    return { shape: [present(shape[0]), ...axes.map(({ output }) => output), present(shape.at(-1))], dtype: 'float32' };
  },

  evaluate([x], attributes, output) {
    return { ...output, data: evaluateFloat(present(x), present(x).data as Float32Array, attributes, output) };
  },

  macs: (_inputs, output, { mode }) => (mode === 'linear' ? 4 * elementCount(output.shape) : 0),

  quantized: {
    outputRule: () => 'as-input',

    parameters({ inputs: [x], output, attributes }) {
      const sources = { rows: sourcesOf(attributes, 0), columns: sourcesOf(attributes, 1) };
      if (attributes.mode === 'nearest')
        return { ...sources, mode: 'nearest', table: requantizeTable(present(x), output) };
      const input = activationQuantization(present(x));
      const quant = activationQuantization(output);
      const one = weightOne * weightOne;
      const scale = input.scale / (quant.scale * one);
      return {
        ...sources,
        mode: 'linear',
        bias: -input.zeroPoint * one,
        requantization: layerRequantization([scale], quant.zeroPoint, 256 * one, { min: -128, max: 127 }),
      };
    },

    evaluate(p, [x], { inputs, output }) {
      const result = new Int8Array(elementCount(output.shape));
      evaluateSteps(p, x as Int8Array, rowShape(present(inputs[0]).shape), rowShape(output.shape), result);
      return p.mode === 'nearest' ? applyTable(p.table, result) : result;
    },

    lower: (p, { inputs, output }) => lower(p, rowShape(present(inputs[0]).shape), rowShape(output.shape)),
  },
});
