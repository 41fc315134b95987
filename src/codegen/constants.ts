import type { ConstantArray } from '../ops/define.ts';
import { arrayLines, byteStringLines } from './text.ts';

/** Collects the constants of a model; those with the same contents become one. */
export interface ConstantPool {
  /** The name of the C array that holds these values; `hint` names it if it is new. */
  add(array: ConstantArray, hint: string): string;
  /** The name of the first struct that was shared with this type and contents: `name`, if there was none. */
  share(contents: string, name: string): string;
  /** The definitions of the arrays, in the order in which they were added. */
  text(): string;
}

/**
 * How arrays of bytes are written: as numbers, or as string literals, which compilers read many times faster, but of
 * which some warn, since the array has no room for the literal's zero.
 */
export type ByteArrays = 'numbers' | 'text';

export function createConstantPool(prefix: string, byteArrays: ByteArrays): ConstantPool {
  const names = new Map<string, string>();
  // Writing out an array takes time, and whoever asks for its name again need not wait for that.
  const known = new Map<ConstantArray, string>();
  const used = new Set<string>();
  const structs = new Map<string, string>();
  const definitions: string[] = [];
  return {
    add(array, hint) {
      const found = known.get(array);
      if (found !== undefined) return found;
      const { type, values } = array;
      const asText = type === 'int8' && byteArrays === 'text';
      const value = asText ? byteStringLines(values) : `{\n${arrayLines(values)}\n}`;
      const key = `${type} ${value}`;
      const equal = names.get(key);
      if (equal !== undefined) {
        known.set(array, equal);
        return equal;
      }
      let name = `${prefix}_${hint}`;
      for (let i = 2; used.has(name); i += 1) name = `${prefix}_${hint}_${i}`;
      used.add(name);
      names.set(key, name);
      known.set(array, name);
      definitions.push(`static const ${type}_t ${name}[${values.length}] = ${value};`);
      return name;
    },
    share(contents, name) {
      const first = structs.get(contents);
      if (first === undefined) structs.set(contents, name);
      return first ?? name;
    },
    text: () => definitions.join('\n\n'),
  };
}
