import type { KernelCall } from '../../ops/define.ts';
import { type KernelVariant, numberField } from '../define.ts';
import { reciprocalRefusal } from '../softmax.ts';

/** A kernel that takes the portable call as it is, `block` channels at a time, where nothing speaks against it. */
function sameCall(
  folder: string,
  types: string,
  block: number,
  refusal: (call: KernelCall) => string | null = () => null,
  scratchOf: (call: KernelCall) => number = (call) => call.scratchBytes,
): KernelVariant {
  return {
    isa: 'simd128',
    symbol: `tsr_${folder}_${types}__simd128`,
    replaces: `tsr_${folder}_${types}__portable`,
    adapt(call) {
      if (numberField(call, 'channels') < block) return `it has fewer than ${block} channels`;
      const { struct, fields } = call;
      const headers = [`${folder}/tsr_${folder}__simd128.h`, `${folder}/tsr_${folder}.h`, 'isa/tsr_simd128.h'];
      return refusal(call) ?? { struct, fields, scratchBytes: scratchOf(call), headers };
    },
  };
}

/** Bytes that a look-up goes through at a time: channels of a pixel, or pixels that lie side by side. */
const lookedUp = 32;

/** Why a call has fewer of them at a stretch, or null. */
function shortStretches(call: KernelCall): string | null {
  const [channels, from, to] = ['channels', 'in_pixel', 'out_pixel'].map((name) => numberField(call, name));
  if (channels === from && channels === to) return null;
  return numberField(call, 'channels') < lookedUp ? `pixels of fewer than ${lookedUp} bytes that lie apart` : null;
}

/** Sums, products, means, pooling, look-ups and softmax. */
export const elementwise: readonly KernelVariant[] = [
  sameCall('add', 's8s8', 8, (call) =>
    numberField(call, 'a_channel') === 1 && numberField(call, 'b_channel') === 1
      ? null
      : 'the channels of an operand do not lie side by side',
  ),
  sameCall('mul', 's8s8', 8),
  sameCall('mean', 's8', 8),
  sameCall('max_pool', 's8', 16),
  sameCall('average_pool', 's8', 8),
  sameCall('lookup', 's8', 1, shortStretches),
  sameCall('softmax', 's8', 8, reciprocalRefusal, (call) => 4 * numberField(call, 'channels')),
];
