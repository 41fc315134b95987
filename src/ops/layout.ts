import type { Tensor } from '../graph/types.ts';
import type { ReadContext } from './define.ts';

/** ONNX's [N, C, spatial...] -> [N, spatial..., C], by a Transpose node (a constant is transposed at once). */
export function toChannelsLast(c: ReadContext, tensor: Tensor): Tensor {
  const rank = tensor.shape.length;
  if (rank < 3) return tensor;
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  return c.emit('Transpose', [tensor], { permutation: [0, ...spatial, 1] });
}

/** [N, spatial..., C] -> ONNX's [N, C, spatial...]. */
export function fromChannelsLast(c: ReadContext, tensor: Tensor): Tensor {
  const rank = tensor.shape.length;
  if (rank < 3) return tensor;
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  return c.emit('Transpose', [tensor], { permutation: [0, rank - 1, ...spatial] });
}
