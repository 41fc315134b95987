import { type Requantization, requantize } from '../arithmetic/fixed-point.ts';
import { elementCount, rowShape, type Tensor, type TensorType } from '../graph/types.ts';
import { broadcastShape, expandLeading, padRank } from './broadcast.ts';
import {
  type AxisMap,
  activationQuantization,
  applyClamp,
  broadcastAxis,
  type Clamp,
  clampRange,
  defineOperator,
  type KernelInput,
  OperatorError,
  present,
  type ReadContext,
  sameAxis,
} from './define.ts';
import { layerRequantization, requantizationFields } from './requantization.ts';

/**
 * Products of matrices along the last two axes: left [..., M, K], right [..., K, N], output [..., M, N]. The operands
 * have equal ranks; the axis third from last may be one in either, and so may all the axes before it.
 */
export interface MatMulAttributes {
  /** True: left lies as [..., K, M]. */
  readonly transposeLeft: boolean;
  /** True: right lies as [..., N, K]. */
  readonly transposeRight: boolean;
  readonly clamp?: Clamp;
}

interface MatMulParameters {
  readonly leftZeroPoint: number;
  readonly rightZeroPoint: number;
  readonly requantization: Requantization;
}

/** The sizes of a product and how its operands are walked, in elements. A stride between matrices is 0 where there is one. */
interface Geometry {
  readonly batch: readonly number[];
  readonly matrices: number;
  readonly height: number;
  readonly inner: number;
  readonly width: number;
  readonly left: { readonly row: number; readonly inner: number };
  readonly right: { readonly inner: number; readonly column: number };
}

function geometryOf(left: TensorType, right: TensorType, attributes: MatMulAttributes): Geometry {
  const rank = left.shape.length;
  const [rows, columns] = left.shape.slice(-2) as [number, number];
  const [top, bottom] = right.shape.slice(-2) as [number, number];
  const [height, inner] = attributes.transposeLeft ? [columns, rows] : [rows, columns];
  const [rightInner, width] = attributes.transposeRight ? [bottom, top] : [top, bottom];
  if (rank < 2 || right.shape.length !== rank || inner !== rightInner) {
    throw new OperatorError('invalid', `matrices [${left.shape}] and [${right.shape}] do not multiply`);
  }
  const batch = broadcastShape([left.shape.slice(0, -2), right.shape.slice(0, -2)]);
  const images = elementCount(batch.slice(0, -1));
  if ([left, right].some(({ shape }) => ![1, images].includes(elementCount(shape.slice(0, -3))))) {
    throw new OperatorError('unsupported', `broadcasting [${left.shape}] and [${right.shape}] over leading axes`);
  }
  return {
    batch,
    matrices: elementCount(batch),
    height,
    inner,
    width,
    left: attributes.transposeLeft ? { row: 1, inner: height } : { row: inner, inner: 1 },
    right: attributes.transposeRight ? { inner: 1, column: inner } : { inner: width, column: 1 },
  };
}

/** Whether the operand has one matrix where the output has several along the axis third from last. */
function repeated(type: TensorType, g: Geometry): boolean {
  return type.shape.length > 2 && type.shape.at(-3) !== g.batch.at(-1);
}

/** Which of an operand's matrices goes into matrix `m` of the output. */
function matrixIndex(type: TensorType, g: Geometry, m: number): number {
  const last = g.batch.at(-1) ?? 1;
  const image = elementCount(type.shape.slice(0, -3)) === 1 ? 0 : Math.floor(m / last);
  return repeated(type, g) ? image : image * last + (m % last);
}

/** Calls `each` for every output element with where its row and its column begin. */
function forEachOutput(
  left: TensorType,
  right: TensorType,
  g: Geometry,
  each: (leftAt: number, rightAt: number, outputAt: number) => void,
): void {
  let at = 0;
  for (let m = 0; m < g.matrices; m += 1) {
    const a = matrixIndex(left, g, m) * g.height * g.inner;
    const b = matrixIndex(right, g, m) * g.inner * g.width;
    for (let y = 0; y < g.height; y += 1) {
      for (let x = 0; x < g.width; x += 1) {
        each(a + y * g.left.row, b + x * g.right.column, at);
        at += 1;
      }
    }
  }
}

function swapLast(c: ReadContext, tensor: Tensor): Tensor {
  const rank = tensor.shape.length;
  const permutation = tensor.shape.map((_, axis) => (axis < rank - 2 ? axis : axis === rank - 1 ? rank - 2 : rank - 1));
  return c.emit('Transpose', [tensor], { permutation });
}

/** Whether the tensor is a single constant matrix: weights, which a scale a row quantises better than one scale. */
function isWeights(tensor: Tensor): boolean {
  return tensor.data !== undefined && tensor.shape.slice(0, -2).every((size) => size === 1);
}

/** Emits the product of two tensors of two axes or more. */
function emitProduct(c: ReadContext, left: Tensor, right: Tensor): Tensor {
  const batch = broadcastShape([left.shape.slice(0, -2), right.shape.slice(0, -2)]);
  const rank = batch.length + 2;
  const matrix = (tensor: Tensor): Tensor =>
    tensor.shape.length === 2 ? tensor : c.emit('Reshape', [tensor], { shape: tensor.shape.slice(-2) });
  if (isWeights(right)) {
    return c.emit('FullyConnected', [padRank(c, left, rank), swapLast(c, matrix(right)), null], {});
  }
  if (isWeights(left)) {
    return swapLast(c, c.emit('FullyConnected', [swapLast(c, padRank(c, right, rank)), matrix(left), null], {}));
  }
  const operand = (tensor: Tensor): Tensor => expandLeading(c, padRank(c, tensor, rank), batch, rank - 3);
  return c.emit('MatMul', [operand(left), operand(right)], { transposeLeft: false, transposeRight: false });
}

/** Emits numpy's matmul of two float tensors: a vector counts as a row on the left and as a column on the right. */
export function emitMatMul(c: ReadContext, a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== 'float32' || b.dtype !== 'float32')
    c.unsupported(`types ${a.dtype} and ${b.dtype}; float32 is supported`);
  if (a.shape.length === 0 || b.shape.length === 0) c.invalid('a scalar operand');
  const left = padRank(c, a, 2);
  const right = b.shape.length === 1 ? c.emit('Reshape', [b], { shape: [...b.shape, 1] }) : b;
  if (left.shape.at(-1) !== right.shape.at(-2)) c.invalid(`matrices [${a.shape}] and [${b.shape}] do not multiply`);
  const product = emitProduct(c, left, right);
  if (a.shape.length > 1 && b.shape.length > 1) return product;
  const [m, n] = product.shape.slice(-2) as [number, number];
  const kept = [...(a.shape.length > 1 ? [m] : []), ...(b.shape.length > 1 ? [n] : [])];
  return c.emit('Reshape', [product], { shape: [...product.shape.slice(0, -2), ...kept] });
}

/** Every output pixel needs all `size` pixels of the row. */
function wholeAxis(size: number): AxisMap {
  return { ...broadcastAxis, count: size };
}

/** How the steps of the kernel lie: see tsr_matmul.h. */
function schedule(left: TensorType, right: TensorType, output: Tensor, g: Geometry, attributes: MatMulAttributes) {
  const { rows, batch } = rowShape(output.shape);
  const rank = left.shape.length;
  if (rank >= 4) {
    // A row of the row view is a matrix: an attention head.
    const input = (index: number, type: TensorType, columns: AxisMap): KernelInput => ({
      input: index,
      rows: repeated(type, g) ? broadcastAxis : sameAxis,
      columns,
    });
    const leftColumns = attributes.transposeLeft ? wholeAxis(g.inner) : sameAxis;
    const inputs = [input(0, left, leftColumns), input(1, right, wholeAxis(present(right.shape.at(-2))))];
    return { steps: 'rows' as const, count: rows, inputs, matrices: 1 };
  }
  const wholeRight: KernelInput = { input: 1, rows: 'whole', columns: sameAxis };
  if (batch === 1 && !attributes.transposeLeft) {
    const inputs: KernelInput[] = [{ input: 0, rows: sameAxis, columns: sameAxis }, wholeRight];
    return { steps: 'rows' as const, count: rows, inputs, matrices: 1 };
  }
  const inputs: KernelInput[] = [{ input: 0, rows: 'whole', columns: sameAxis }, wholeRight];
  return { steps: 'once' as const, count: 1, inputs, matrices: g.matrices };
}

export const matmul = defineOperator<MatMulAttributes, MatMulParameters>({
  name: 'MatMul',
  onnx: { MatMul: (c) => [emitMatMul(c, c.input(0), c.input(1))] },
  constants: { 0: 'operand', 1: 'operand' },
  clampable: true,

  shape([left, right], attributes) {
    const { batch, height, width } = geometryOf(present(left), present(right), attributes);
    return { shape: [...batch, height, width], dtype: 'float32' };
  },

  evaluate([left, right], attributes, output) {
    const g = geometryOf(present(left), present(right), attributes);
    const a = present(left).data as Float32Array;
    const b = present(right).data as Float32Array;
    const result = new Float32Array(elementCount(output.shape));
    forEachOutput(present(left), present(right), g, (leftAt, rightAt, at) => {
      let sum = 0;
      for (let k = 0; k < g.inner; k += 1) {
        sum += (a[leftAt + k * g.left.inner] as number) * (b[rightAt + k * g.right.inner] as number);
      }
      result[at] = sum;
    });
    applyClamp(result, attributes.clamp);
    return { ...output, data: result };
  },

  macs: ([left, right], output, attributes) =>
    elementCount(output.shape) * geometryOf(present(left), present(right), attributes).inner,

  quantized: {
    outputRule: () => 'calibrated',

    parameters({ inputs: [left, right], output, attributes }) {
      const [ql, qr, qy] = [
        activationQuantization(present(left)),
        activationQuantization(present(right)),
        activationQuantization(output),
      ];
      const { inner } = geometryOf(present(left), present(right), attributes);
      // Each product is of two bytes less their zero points: an inner size of 33025 is the largest that fits 32 bits.
      const bound = inner * 255 * 255;
      const scale = (ql.scale * qr.scale) / qy.scale;
      return {
        leftZeroPoint: ql.zeroPoint,
        rightZeroPoint: qr.zeroPoint,
        requantization: layerRequantization([scale], qy.zeroPoint, bound, clampRange(attributes.clamp, qy)),
      };
    },

    evaluate(p, [left, right], { inputs, output, attributes }) {
      const g = geometryOf(present(inputs[0]), present(inputs[1]), attributes);
      const a = left as Int8Array;
      const b = right as Int8Array;
      const result = new Int8Array(elementCount(output.shape));
      forEachOutput(present(inputs[0]), present(inputs[1]), g, (leftAt, rightAt, at) => {
        let sum = 0;
        for (let k = 0; k < g.inner; k += 1) {
          const x = (a[leftAt + k * g.left.inner] as number) - p.leftZeroPoint;
          sum += x * ((b[rightAt + k * g.right.inner] as number) - p.rightZeroPoint);
        }
        result[at] = requantize(sum, 0, p.requantization);
      });
      return result;
    },

    lower(p, { inputs, output, attributes }) {
      const [left, right] = [present(inputs[0]), present(inputs[1])];
      const g = geometryOf(left, right, attributes);
      const { steps, count, inputs: kernelInputs, matrices } = schedule(left, right, output, g, attributes);
      const r = p.requantization;
      return {
        kind: 'calls',
        calls: [
          {
            symbol: 'tsr_matmul_s8s8__portable',
            folder: 'matmul',
            struct: 'tsr_matmul',
            fields: {
              a_zero_point: p.leftZeroPoint,
              b_zero_point: p.rightZeroPoint,
              multiplier: r.multipliers[0] ?? 0,
              ...requantizationFields(r),
              matrices,
              inner: g.inner,
              columns: g.width,
              a_matrix: repeated(left, g) ? 0 : g.height * g.inner,
              a_pixel: g.left.row,
              a_column: attributes.transposeLeft ? g.left.row : 0,
              a_inner: g.left.inner,
              b_matrix: repeated(right, g) ? 0 : g.inner * g.width,
              b_inner: g.right.inner,
              b_column: g.right.column,
              out_pixel: g.width,
            },
            inputs: kernelInputs,
            steps,
            count,
            firstRow: 0,
            outputOffset: 0,
            pointwise: false,
            scratchBytes: 0,
          },
        ],
      };
    },
  },
});
