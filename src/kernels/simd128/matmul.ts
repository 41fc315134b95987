import type { KernelVariant } from '../define.ts';
import { numberField } from '../define.ts';

/** Columns, or values along k, that are computed at a time. */
const block = 8;

/** Products of matrices, whose operands lie so that vectors of them can be loaded. */
export const matmul: KernelVariant = {
  isa: 'simd128',
  symbol: 'tsr_matmul_s8s8__simd128',
  replaces: 'tsr_matmul_s8s8__portable',
  adapt(call) {
    const number = (name: string): number => numberField(call, name);
    const along = number('a_inner') === 1 && number('b_inner') === 1 && number('inner') >= block;
    const across = number('b_column') === 1 && number('columns') >= block;
    // What the kernel asks for is the column of b: a single one is read along k.
    if (number('b_column') === 1 ? !across : !along) return `operands that do not lie side by side, ${block} at least`;
    const { struct, fields, scratchBytes } = call;
    return {
      struct,
      fields,
      scratchBytes,
      headers: ['matmul/tsr_matmul__simd128.h', 'matmul/tsr_matmul.h', 'isa/tsr_simd128.h'],
    };
  },
};
