import type { KernelCall } from '../../ops/define.ts';
import { type KernelVariant, numberField } from '../define.ts';

/** A kernel that takes the portable call as it is, `block` channels at a time, where nothing speaks against it. */
function sameCall(
  folder: string,
  types: string,
  block: number,
  refusal: (call: KernelCall) => string | null = () => null,
): KernelVariant {
  return {
    isa: 'simd128',
    symbol: `tsr_${folder}_${types}__simd128`,
    replaces: `tsr_${folder}_${types}__portable`,
    adapt(call) {
      if (numberField(call, 'channels') < block) return `it has fewer than ${block} channels`;
      const { struct, fields, scratchBytes } = call;
      const headers = [`${folder}/tsr_${folder}__simd128.h`, `${folder}/tsr_${folder}.h`, 'isa/tsr_simd128.h'];
      return refusal(call) ?? { struct, fields, scratchBytes, headers };
    },
  };
}

/** Sums, products, means and pooling. */
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
];
