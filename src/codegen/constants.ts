import type { ConstantArray } from '../ops/define.ts';
import { arrayLines, byteStringLines } from './text.ts';

/** Collects the constant arrays of a model; arrays with the same contents become one. */
export interface ConstantPool {
  /** The name of the C array that holds these values; `hint` names it if it is new. */
  add(array: ConstantArray, hint: string): string;
  /** The definitions, in the order in which they were added. */
  text(): string;
  /** The bytes of all arrays. */
  bytes(): number;
}

const elementBytes = { int8: 1, int16: 2, uint16: 2, int32: 4 } as const;

/**
 * How arrays of bytes are written: as numbers, or as string literals, which compilers read many times faster, but of
 * which some warn, since the array has no room for the literal's zero.
 */
export type ByteArrays = 'numbers' | 'text';

export function createConstantPool(prefix: string, byteArrays: ByteArrays): ConstantPool {
  const names = new Map<string, string>();
  const used = new Set<string>();
  const definitions: string[] = [];
  let bytes = 0;
  return {
    add({ type, values }, hint) {
      const asText = type === 'int8' && byteArrays === 'text';
      const value = asText ? byteStringLines(values) : `{\n${arrayLines(values)}\n}`;
      const key = `${type} ${value}`;
      const known = names.get(key);
      if (known !== undefined) return known;
      let name = `${prefix}_${hint}`;
      for (let i = 2; used.has(name); i += 1) name = `${prefix}_${hint}_${i}`;
      used.add(name);
      names.set(key, name);
      bytes += values.length * elementBytes[type];
      definitions.push(`static const ${type}_t ${name}[${values.length}] = ${value};`);
      return name;
    },
    text: () => definitions.join('\n\n'),
    bytes: () => bytes,
  };
}
