import type { Tensor } from '../graph/types.ts';
import { emitAdd } from './add.ts';
import { emitAffine } from './broadcast.ts';
import { present, type ReadContext } from './define.ts';
import { emitMatMul } from './matmul.ts';

/** A constant times a factor; `what` is added to its name. */
function scaled(c: ReadContext, tensor: Tensor, factor: number, what: string): Tensor {
  if (tensor.data === undefined) return emitAffine(c, tensor, factor, 0);
  if (factor === 1) return tensor;
  const data = (tensor.data as Float32Array).map((value) => value * factor);
  return c.addConstant({ shape: tensor.shape, dtype: 'float32', data }, `${tensor.name}_${what}`);
}

/** The constant as a bias of `outputs` values; null where it is not one. */
function asBias(c: ReadContext, tensor: Tensor, outputs: number): Tensor | null {
  const { data, shape } = tensor;
  if (data === undefined || shape.slice(0, -1).some((size) => size !== 1)) return null;
  if (data.length !== 1 && data.length !== outputs) return null;
  // As it is, it keeps the quantisation that the model may state for it.
  if (shape.length === 1 && data.length === outputs) return tensor;
  const values = Float32Array.from({ length: outputs }, (_, o) => Number(data[data.length === 1 ? 0 : o]));
  return c.addConstant({ shape: [outputs], dtype: 'float32', data: values }, `${tensor.name}_bias`);
}

/** Gemm: alpha * A' * B' + beta * C, a dense layer where B is constant, else a product and an addition. */
export function readGemm(c: ReadContext): readonly Tensor[] {
  const [a, b, bias] = [c.input(0), c.input(1), c.optionalInput(2)];
  if ([a, b, bias].some((tensor) => tensor !== null && tensor.dtype !== 'float32')) {
    c.unsupported(`types ${[a, b, bias].map((tensor) => tensor?.dtype ?? '-').join(', ')}; float32 is supported`);
  }
  if (a.shape.length !== 2 || b.shape.length !== 2) c.invalid('A and B must have two axes');
  const turned = (tensor: Tensor, flag: string): Tensor =>
    c.integer(flag, 0) === 0 ? tensor : c.emit('Transpose', [tensor], { permutation: [1, 0] });
  const left = turned(a, 'transA');
  const right = turned(b, 'transB');
  if (left.shape[1] !== right.shape[0]) c.invalid(`inner sizes differ (${left.shape[1]}, ${right.shape[0]})`);
  const outputs = present(right.shape[1]);
  const alpha = c.float('alpha', 1);
  const beta = c.float('beta', 1);
  const added = bias === null || beta === 0 ? null : scaled(c, bias, beta, 'beta');
  if (added !== null) checkBias(c, added, [present(left.shape[0]), outputs]);
  if (right.data !== undefined) {
    const weights = c.emit('Transpose', [scaled(c, right, alpha, 'alpha')], { permutation: [1, 0] });
    const full = added === null ? null : asBias(c, added, outputs);
    const dense = c.emit('FullyConnected', [left, weights, full], {});
    return [added === null || full !== null ? dense : emitAdd(c, dense, added)];
  }
  const product = emitAffine(c, emitMatMul(c, left, right), alpha, 0);
  return [added === null ? product : emitAdd(c, product, added)];
}

/** C broadcasts to the product, and not the other way round. */
function checkBias(c: ReadContext, bias: Tensor, shape: readonly number[]): void {
  const missing = shape.length - bias.shape.length;
  if (missing < 0 || bias.shape.some((size, i) => size !== 1 && size !== shape[i + missing])) {
    c.invalid(`C [${bias.shape}] does not broadcast to [${shape}]`);
  }
}
