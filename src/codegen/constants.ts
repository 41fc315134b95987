import type { ConstantArray } from '../ops/define.ts';
import { arrayLines } from './text.ts';

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

export function createConstantPool(prefix: string): ConstantPool {
  const names = new Map<string, string>();
  const used = new Set<string>();
  const definitions: string[] = [];
  let bytes = 0;
  return {
    add({ type, values }, hint) {
      const lines = arrayLines(values);
      const key = `${type} ${lines}`;
      const known = names.get(key);
      if (known !== undefined) return known;
      let name = `${prefix}_${hint}`;
      for (let i = 2; used.has(name); i += 1) name = `${prefix}_${hint}_${i}`;
      used.add(name);
      names.set(key, name);
      bytes += values.length * elementBytes[type];
      definitions.push(`static const ${type}_t ${name}[${values.length}] = {\n${lines}\n};`);
      return name;
    },
    text: () => definitions.join('\n\n'),
    bytes: () => bytes,
  };
}
