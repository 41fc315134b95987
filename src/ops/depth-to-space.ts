import type { Tensor } from '../graph/types.ts';
import { present, type ReadContext } from './define.ts';
import { fromChannelsLast, toChannelsLast } from './layout.ts';

/** The input [N, C, H, W] and the edge of the blocks. */
function read(c: ReadContext): {
  readonly x: Tensor;
  readonly shape: readonly [number, number, number, number];
  readonly edge: number;
} {
  const x = c.input(0);
  if (x.shape.length !== 4) c.invalid(`the input has ${x.shape.length} axes; 4 are needed`);
  const edge = c.integer('blocksize', 0);
  if (edge < 1) c.invalid(`blocksize must be positive, and is ${edge}`);
  const [n, channels, height, width] = x.shape;
  return { x, shape: [present(n), present(channels), present(height), present(width)], edge };
}

/** Splits axes, permutes them, and joins them: channels last, so that no other transposes are left in the graph. */
function rearrange(
  c: ReadContext,
  x: Tensor,
  split: readonly number[],
  permutation: readonly number[],
  joined: readonly number[],
): readonly Tensor[] {
  const parts = c.emit('Reshape', [toChannelsLast(c, x)], { shape: split });
  const moved = c.emit('Transpose', [parts], { permutation });
  return [fromChannelsLast(c, c.emit('Reshape', [moved], { shape: joined }))];
}

/** Blocks of channels become blocks of pixels; the mode says whether a channel index counts blocks first or last. */
export function readDepthToSpace(c: ReadContext): readonly Tensor[] {
  const { x, shape, edge } = read(c);
  const [n, channels, height, width] = shape;
  const mode = c.string('mode', 'DCR');
  if (mode !== 'DCR' && mode !== 'CRD') c.invalid(`mode ${mode} is unknown`);
  if (channels % (edge * edge) !== 0) c.invalid(`${channels} channels are not divisible by ${edge} x ${edge}`);
  const depth = channels / (edge * edge);
  const joined = [n, height * edge, width * edge, depth];
  if (mode === 'DCR') return rearrange(c, x, [n, height, width, edge, edge, depth], [0, 1, 3, 2, 4, 5], joined);
  return rearrange(c, x, [n, height, width, depth, edge, edge], [0, 1, 4, 2, 5, 3], joined);
}

/** Blocks of pixels become channels, counted by the place in the block first. */
export function readSpaceToDepth(c: ReadContext): readonly Tensor[] {
  const { x, shape, edge } = read(c);
  const [n, channels, height, width] = shape;
  if (height % edge !== 0 || width % edge !== 0)
    c.invalid(`${height} x ${width} is not divisible by blocks of ${edge}`);
  const [rows, columns] = [height / edge, width / edge];
  return rearrange(
    c,
    x,
    [n, rows, edge, columns, edge, channels],
    [0, 1, 3, 2, 4, 5],
    [n, rows, columns, edge * edge * channels],
  );
}
