import type { KernelCall, Lowering } from '../ops/define.ts';
import type { Isa, KernelVariant } from './define.ts';
import { dspKernels } from './dsp/index.ts';
import { mveKernels } from './mve/index.ts';
import { simd128Kernels } from './simd128/index.ts';

/** Every kernel beyond the portable ones, the best of each instruction set first. */
export const kernelVariants: readonly KernelVariant[] = [...mveKernels, ...dspKernels, ...simd128Kernels];

/** A call with the best kernel that the instruction sets allow; where it is the portable one, with the reasons. */
export function chooseKernel(call: KernelCall, isas: readonly Isa[]): KernelCall {
  const refusals: string[] = [];
  for (const variant of kernelVariants) {
    if (!isas.includes(variant.isa) || variant.replaces !== call.symbol) continue;
    const adapted = variant.adapt(call);
    const { symbol, smallSymbol, smallMost, rowsSymbol, rowsLeast } = variant;
    if (typeof adapted !== 'string') {
      return { ...call, ...adapted, symbol, smallSymbol, smallMost, rowsSymbol, rowsLeast };
    }
    refusals.push(`${symbol}: ${adapted}`);
  }
  return refusals.length === 0 ? call : { ...call, refusals };
}

/** A lowering with the best kernels that the instruction sets allow. */
export function chooseKernels(lowering: Lowering, isas: readonly Isa[]): Lowering {
  if (lowering.kind === 'alias') return lowering;
  return { ...lowering, calls: lowering.calls.map((call) => chooseKernel(call, isas)) };
}
