import type { FieldValue, KernelCall } from '../ops/define.ts';

/** Instruction sets beyond plain C: Arm DSP (Cortex-M4, M7, M33), Helium (Cortex-M55, M85), WebAssembly SIMD. */
export const isas = ['dsp', 'mve', 'simd128'] as const;
export type Isa = (typeof isas)[number];

/** What a variant changes of a portable call. */
export type VariantCall = Pick<
  KernelCall,
  | 'struct'
  | 'shape'
  | 'fields'
  | 'scratchBytes'
  | 'fewScratch'
  | 'lean'
  | 'planarInput'
  | 'planarOutput'
  | 'twoRows'
  | 'headers'
  | 'callees'
>;

/**
 * A kernel that gives the same bytes as a portable one, on machines with an instruction set. Operators know the
 * portable kernels alone: whatever a variant needs is in the portable call, and `adapt` makes of it what it works with.
 */
export interface KernelVariant {
  readonly isa: Isa;
  /** The C function; its file is runtime-c/<folder of the portable call>/<symbol>.c. */
  readonly symbol: string;
  /** The same kernel in less code, as fast where a call computes at most `smallMost` pixels (1 where it is not said). */
  readonly smallSymbol?: string;
  readonly smallMost?: number;
  /** The same kernel in less code, as fast where a call computes at least `rowsLeast` pixels. */
  readonly rowsSymbol?: string;
  readonly rowsLeast?: number;
  /** The same kernel in less scratch (see KernelCall.lean): all that calls may have. */
  readonly leanSymbols?: readonly string[];
  /** The same kernel for rows that are channel-planar (see KernelCall.planarInput): that calls may have. */
  readonly planarSymbol?: string;
  /** The same kernel for two rows a call (see KernelCall.twoRows): that calls may have. */
  readonly twoRowsSymbol?: string;
  /** The symbol of the portable kernel that it stands in for. */
  readonly replaces: string;
  /** What is different in the call, or the reason why this call is not for the variant. */
  adapt(call: KernelCall): VariantCall | string;
}

/** The least and the greatest value of the types that fields have in C. */
const typeRanges = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
} as const;

/** The C types of the fields of a kernel's parameters that are numbers. */
export type FieldTypes = Readonly<Record<string, keyof typeof typeRanges>>;

/**
 * Gives a variant's call, or, where a number does not fit the C type of its field, the reason not to take it: nothing is
 * ever cut off. A number without a type is a bug of ours.
 */
export function fitting(types: FieldTypes, call: VariantCall): VariantCall | string {
  for (const [name, value] of Object.entries(call.fields)) {
    if (typeof value !== 'number') continue;
    const type = types[name];
    if (type === undefined) throw new Error(`${call.struct}: field ${name} has no type`);
    const [least, most] = typeRanges[type];
    if (!Number.isInteger(value) || value < least || value > most) return `${name} of ${value}`;
  }
  return call;
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
