import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type FieldTypes, fitting, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { biasesAndHalves, words } from './stream.ts';

/** The headers of every kernel that uses Helium. */
export const mveHeaders: readonly string[] = ['isa/tsr_mve.h', 'isa/tsr_mve_arm.h', 'isa/tsr_mve_c.h'];

/** Bytes of a vector. */
const vector = 16;

/** tsr_conv_mve_runs: the most rows of a window that are read where they lie. */
const mostRuns = 5;

/** The most bytes by which the last vector of a window may be longer than the window, where windows are taken by threes. */
const mostPadding = 8;

/** Places of outputs of two pixels are counted in bytes of 16 bits. */
export const mostPixel = 65_532;

/** About as many bytes of windows are copied at a time, three windows at least. */
const mostCopyBytes = 512;

const vectors = (bytes: number): number => Math.ceil(bytes / vector);

/** How accumulators become outputs: the fields of a call that say it. */
interface Scale {
  readonly multipliers: ArrayLike<number>;
  readonly offset: number;
  readonly shift: number;
}

/**
 * The same outputs by a shift of 1, for instructions that shift by a constant, where no bits are cut off. A multiplier is a
 * multiple of 256, of which the instructions take the half: dividing it, the offset and the result by the same power of two
 * changes nothing, since rounding down twice is rounding down once.
 *
 * Kernels shift by VQRSHRN, which rounds, with an offset less by 1: GNU binutils 2.40 assemble VQSHRN as VQRSHRN.
 */
export function byShiftOne(call: KernelCall): Scale {
  const [offset, shift] = [numberField(call, 'offset'), numberField(call, 'shift')];
  const multipliers = arrayField(call, 'multipliers');
  const factor = 2 ** (shift - 1);
  if (factor > 2 ** 7 || offset % factor !== 0) return { multipliers, offset, shift };
  return { multipliers: Int32Array.from(multipliers, (m) => m / factor), offset: offset / factor, shift: 1 };
}

/** The numbers of tsr_conv_mve_shape in runtime-c/conv/tsr_conv__mve.h. */
export const convMveTypes = {
  offset: 'int32',
  stream: 'int32',
  in_channels: 'int32',
  in_pixel: 'int32',
  window_bytes: 'int32',
  out_channels: 'uint16',
  kernel_h: 'uint16',
  kernel_w: 'uint16',
  stride_w: 'uint16',
  dilation_w: 'uint16',
  out_pixel: 'uint16',
  window_vectors: 'uint16',
  run_vectors: 'uint16',
  tiles: 'uint16',
  copies: 'uint8',
  joined: 'uint8',
  shift: 'uint8',
  min: 'int8',
  max: 'int8',
  input_zero_point: 'int8',
} as const satisfies FieldTypes;

function adapt(call: KernelCall): VariantCall | string {
  const number = (name: string): number => numberField(call, name);
  if (number('groups') !== 1) return 'groups';
  if (number('pre_scale') !== 1) return 'a pre-scale';
  if (number('out_pixel') > mostPixel) return `pixels of more than ${mostPixel} bytes`;
  const inChannels = number('in_channels');
  const kernelHeight = number('kernel_h');
  const kernelWidth = number('kernel_w');
  const windowBytes = kernelHeight * kernelWidth * inChannels;
  const runBytes = kernelWidth * inChannels;
  const padding = vector * vectors(windowBytes) - windowBytes;
  // Windows of one vector are for the kernel of short windows, where they are common.
  const tiled = padding <= mostPadding && windowBytes > vector;
  const together = kernelWidth === 1 || (number('dilation_w') === 1 && number('in_pixel') === inChannels);
  // The last vector of a window that is one run may be shorter than that.
  const direct = together && (runBytes % vector === 0 || kernelHeight === 1) && kernelHeight <= mostRuns;
  // Where windows are always copied, more of them at a time cost fewer calls.
  const copies = direct ? 3 : 3 * Math.max(1, Math.floor(mostCopyBytes / (3 * vector * vectors(windowBytes))));
  const { groups: _, pre_scale: __, bias: ___, multipliers: ____, weights: _____, ...fields } = call.fields;
  const weights = Int8Array.from(arrayField(call, 'weights'));
  const stream = biasesAndHalves(arrayField(call, 'bias'), arrayField(call, 'multipliers'), 4);
  return fitting(convMveTypes, {
    struct: 'tsr_conv_mve',
    shape: 'tsr_conv_mve_shape',
    fields: {
      weights: words(weights, stream),
      ...fields,
      stream: 4 * Math.ceil(weights.length / 4),
      window_bytes: windowBytes,
      window_vectors: vectors(windowBytes),
      run_vectors: direct ? vectors(runBytes) : 0,
      copies,
      joined: together ? 1 : 0,
      tiles: tiled ? Math.floor(number('out_channels') / 4) : 0,
    },
    // Where there is no padding and windows lie in vectors, none is copied.
    scratchBytes: call.pointwise && direct ? 0 : (copies * vectors(windowBytes) + 1) * vector,
    headers: ['conv/tsr_conv__mve.h', 'isa/tsr_mve_tile.h', 'isa/tsr_mve_bytes.h', ...mveHeaders],
  });
}

/** Convolutions without groups, and dense layers. */
export const convMve: KernelVariant = {
  isa: 'mve',
  symbol: 'tsr_conv_s8s8__mve',
  replaces: 'tsr_conv_s8s8__portable',
  adapt,
};
