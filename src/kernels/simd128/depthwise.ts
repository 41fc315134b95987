import type { KernelCall } from '../../ops/define.ts';
import { arrayField, type KernelVariant, numberField, type VariantCall } from '../define.ts';
import { blockStarts } from './pack.ts';

/** Channels in the lanes of a vector. */
const block = 4;

/** Most taps that the general kernel has room for. */
const mostTaps = 128;

/** Depthwise convolutions: kernels for the common widths at stride 1 and 2, and a general one. */
export const depthwise: readonly KernelVariant[] = [
  ...[3, 5, 7].flatMap((kernel) => [square(kernel, 1, ''), square(kernel, 2, '_stride2')]),
  {
    isa: 'simd128',
    symbol: 'tsr_depthwise_s8s8__simd128',
    replaces: 'tsr_depthwise_s8s8__portable',
    adapt(call) {
      if (numberField(call, 'channels') < block) return `it has fewer than ${block} channels`;
      const taps = numberField(call, 'kernel_h') * numberField(call, 'kernel_w');
      return taps > mostTaps ? `its kernel has more than ${mostTaps} taps` : adapted(call);
    },
  },
];

function square(kernel: number, stride: number, suffix: string): KernelVariant {
  return {
    isa: 'simd128',
    symbol: `tsr_depthwise_s8s8__simd128_${kernel}x${kernel}${suffix}`,
    replaces: 'tsr_depthwise_s8s8__portable',
    adapt(call) {
      if (numberField(call, 'channels') < block) return `it has fewer than ${block} channels`;
      const fits = numberField(call, 'kernel_w') === kernel && numberField(call, 'kernel_h') <= kernel;
      if (!fits) return `its kernel is not ${kernel} wide and at most as high`;
      if (numberField(call, 'stride_w') !== stride) return `its stride is not ${stride}`;
      return numberField(call, 'dilation_w') === 1 ? adapted(call) : 'it has a dilation';
    },
  };
}

function adapted(call: KernelCall): VariantCall {
  const { input_zero_point: zeroPoint, ...fields } = call.fields;
  const channels = numberField(call, 'channels');
  const size = { height: numberField(call, 'kernel_h'), width: numberField(call, 'kernel_w') };
  return {
    struct: 'tsr_depthwise_simd128',
    fields: {
      ...fields,
      weights: { type: 'int8', values: packTaps(arrayField(call, 'weights'), channels, size) },
      padding: { type: 'int8', values: new Int8Array(channels).fill(zeroPoint as number) },
    },
    scratchBytes: 0,
    headers: ['depthwise/tsr_depthwise__simd128.h', 'isa/tsr_simd128.h'],
  };
}

interface KernelSize {
  readonly height: number;
  readonly width: number;
}

/** The taps that are multiplied together, as indices into [height][width]; null: there is none. */
export function tapPairs({ height, width }: KernelSize): readonly (readonly [number, number | null])[] {
  const pairs: [number, number | null][] = [];
  for (let row = 0; row + 2 <= height; row += 2) {
    for (let x = 0; x < width; x += 1) pairs.push([row * width + x, (row + 1) * width + x]);
  }
  const last = (height - 1) * width;
  if (height % 2 === 1) {
    for (let x = 0; x < width; x += 2) pairs.push([last + x, x + 1 < width ? last + x + 1 : null]);
  }
  return pairs;
}

/**
 * Weights in the order in which tsr_depthwise__simd128.h says that they are read.
 * @param weights [taps][channels]
 */
export function packTaps(weights: ArrayLike<number>, channels: number, size: KernelSize): Int8Array {
  const pairs = tapPairs(size);
  const bytes = blockStarts(channels, block).flatMap((start) =>
    pairs.flatMap((pair) =>
      Array.from({ length: block }, (_, lane) =>
        pair.map((tap) => (tap === null ? 0 : (weights[tap * channels + start + lane] as number))),
      ).flat(),
    ),
  );
  return Int8Array.from(bytes);
}

/** The weights that packTaps was given. */
export function unpackTaps(packed: ArrayLike<number>, channels: number, size: KernelSize): Int8Array {
  const weights = new Int8Array(size.height * size.width * channels);
  let at = 0;
  for (const start of blockStarts(channels, block)) {
    for (const pair of tapPairs(size)) {
      for (let lane = 0; lane < block; lane += 1) {
        for (const tap of pair) {
          if (tap !== null) weights[tap * channels + start + lane] = packed[at] as number;
          at += 1;
        }
      }
    }
  }
  return weights;
}
