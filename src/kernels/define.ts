import type { FieldValue, KernelCall } from '../ops/define.ts';

/** Instruction sets beyond plain C: Arm DSP (Cortex-M4, M7, M33), Helium (Cortex-M55, M85), WebAssembly SIMD. */
export const isas = ['dsp', 'mve', 'simd128'] as const;
export type Isa = (typeof isas)[number];

/** What a variant changes of a portable call. */
export type VariantCall = Pick<KernelCall, 'struct' | 'fields' | 'scratchBytes' | 'headers'>;

/**
 * A kernel that gives the same bytes as a portable one, on machines with an instruction set. Operators know the
 * portable kernels alone: whatever a variant needs is in the portable call, and `adapt` makes of it what it works with.
 */
export interface KernelVariant {
  readonly isa: Isa;
  /** The C function; its file is runtime-c/<folder of the portable call>/<symbol>.c. */
  readonly symbol: string;
  /** The same kernel in less code, as fast where a call computes one pixel: KernelCall.smallSymbol. */
  readonly smallSymbol?: string;
  /** The same kernel in less code, as fast where calls compute three pixels or more: KernelCall.rowsSymbol. */
  readonly rowsSymbol?: string;
  /** The symbol of the portable kernel that it stands in for. */
  readonly replaces: string;
  /** What is different in the call, or the reason why this call is not for the variant. */
  adapt(call: KernelCall): VariantCall | string;
}

/** A field of a call that is a number; anything else is a bug of ours. */
export function numberField(call: KernelCall, name: string): number {
  const value: FieldValue | undefined = call.fields[name];
  if (typeof value !== 'number') throw new Error(`${call.symbol}: field ${name} is no number`);
  return value;
}

/** The elements of a field of a call that is an array; anything else is a bug of ours. */
export function arrayField(call: KernelCall, name: string): ArrayLike<number> {
  const value: FieldValue | undefined = call.fields[name];
  if (typeof value !== 'object' || value === null) throw new Error(`${call.symbol}: field ${name} is no array`);
  return value.values;
}
