import { roundHalfEven } from '../arithmetic/fixed-point.ts';
import { elementCount, type TensorData, type Value } from '../graph/types.ts';
import { defineOperator, present, type ReadContext } from './define.ts';

/**
 * QuantizeLinear and DequantizeLinear with constant scales. The pass that absorbs them takes them out of every graph
 * that is compiled; in float evaluation they do what ONNX says, so that a QDQ model can be evaluated as it is.
 */
export interface LinearAttributes {
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  /** The axis of the scales; meaningless with one scale. */
  readonly axis: number;
}

const ranges = { int8: [-128, 127], uint8: [0, 255], int32: [-(2 ** 31), 2 ** 31 - 1] } as const;
type Quantized = keyof typeof ranges;

function read(c: ReadContext): { attributes: LinearAttributes; dtype: Quantized } {
  const x = c.input(0);
  const scale = c.constant(1, 'the scale');
  const zeroPoint = c.optionalConstant(2, 'the zero point');
  const dtype = zeroPoint?.dtype ?? (c.operator === 'QuantizeLinear' ? 'uint8' : x.dtype);
  if (dtype !== 'int8' && dtype !== 'uint8' && dtype !== 'int32') c.invalid(`zero point type ${dtype} is not allowed`);
  if (c.operator === 'QuantizeLinear' && x.dtype !== 'float32')
    c.unsupported(`input type ${x.dtype}; float32 is supported`);
  if (c.operator === 'DequantizeLinear' && x.dtype !== dtype)
    c.invalid(`input type ${x.dtype} differs from zero point type ${dtype}`);
  const scales = Array.from(scale.data, Number);
  for (const value of scales) {
    if (!Number.isFinite(value)) c.invalid('the scale is not finite');
    if (value <= 0) c.invalid(`the scale ${value} is not positive`);
  }
  const rank = x.shape.length;
  const stated = c.integer('axis', 1);
  const axis = stated < 0 ? stated + rank : stated;
  if (scale.shape.length > 1) c.unsupported('blocked quantisation');
  if (scales.length > 1) {
    if (axis < 0 || axis >= rank) c.invalid(`axis ${stated} is out of range for ${rank} axes`);
    if (scales.length !== x.shape[axis]) c.invalid(`${scales.length} scales for ${x.shape[axis]} channels`);
  }
  const zeroPoints = zeroPoint === null ? scales.map(() => 0) : Array.from(zeroPoint.data, Number);
  if (zeroPoints.length !== scales.length) c.invalid(`${zeroPoints.length} zero points for ${scales.length} scales`);
  return { attributes: { scales, zeroPoints, axis: scales.length > 1 ? axis : 0 }, dtype };
}

/** The index of the scale of element i. */
function scaleIndex(shape: readonly number[], attributes: LinearAttributes): (i: number) => number {
  const count = attributes.scales.length;
  if (count === 1) return () => 0;
  const inner = elementCount(shape.slice(attributes.axis + 1));
  return (i) => Math.floor(i / inner) % count;
}

function dequantize({ data, shape }: Value, attributes: LinearAttributes): Value {
  const index = scaleIndex(shape, attributes);
  const real = Float32Array.from(data as Int8Array, (q, i) => {
    const k = index(i);
    return (q - present(attributes.zeroPoints[k])) * present(attributes.scales[k]);
  });
  return { shape, dtype: 'float32', data: real };
}

/** How ONNX moves the axis of per-axis scales under a transpose. */
function permuted(attributes: LinearAttributes, permutation: readonly number[]): LinearAttributes {
  return { ...attributes, axis: present(permutation[attributes.axis]) };
}

export const quantizeLinear = defineOperator<LinearAttributes & { readonly dtype: Quantized }, null>({
  name: 'Quantize',
  onnx: {
    QuantizeLinear(c) {
      const { attributes, dtype } = read(c);
      return [c.emit('Quantize', [c.input(0)], { ...attributes, dtype })];
    },
  },
  shape: ([x], { dtype }) => ({ shape: present(x).shape, dtype }),
  evaluate([x], attributes, output) {
    const { data, shape } = present(x);
    const index = scaleIndex(shape, attributes);
    const [min, max] = ranges[attributes.dtype];
    const result = Array.from(data as Float32Array, (real, i) => {
      const k = index(i);
      // The division is in float32, as ONNX has it.
      const q =
        roundHalfEven(Math.fround(real / Math.fround(present(attributes.scales[k])))) +
        present(attributes.zeroPoints[k]);
      return Math.max(min, Math.min(max, q));
    });
    const make = { int8: Int8Array, uint8: Uint8Array, int32: Int32Array }[attributes.dtype];
    return { ...output, data: make.from(result) as TensorData };
  },
  permute: (attributes, permutation) => permuted(attributes, permutation) as typeof attributes,
  macs: () => 0,
});

export const dequantizeLinear = defineOperator<LinearAttributes, null>({
  name: 'Dequantize',
  onnx: {
    DequantizeLinear(c) {
      const { attributes, dtype } = read(c);
      const x = c.input(0);
      if (x.data === undefined) return [c.emit('Dequantize', [x], attributes)];
      const { scales, zeroPoints, axis } = attributes;
      const value = dequantize(x as Value, attributes);
      const shift = dtype === 'uint8' ? 128 : 0;
      const quant = { scales, zeroPoints: zeroPoints.map((z) => z - shift), ...(scales.length > 1 ? { axis } : {}) };
      return [c.addConstant(value, `${x.name}_dequantized`, quant)];
    },
  },
  shape: ([x]) => ({ shape: present(x).shape, dtype: 'float32' }),
  evaluate: ([x], attributes) => dequantize(present(x), attributes),
  permute: (attributes, permutation) => permuted(attributes, permutation) as typeof attributes,
  macs: () => 0,
});
