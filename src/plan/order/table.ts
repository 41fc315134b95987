/** Sets of nodes that have run, each with a number: 0, 1, ... in the order in which they came. */
export interface SetTable {
  /** The number of a set, which gets one if it has none. */
  readonly numberOf: (bits: Uint32Array) => number;
  /** The set of a number, written to `bits`. */
  readonly read: (number: number, bits: Uint32Array) => void;
  readonly size: () => number;
}

/** A hash table with open addressing: there are hundreds of thousands of sets, a few words each. */
export function createSetTable(words: number): SetTable {
  let sets = new Uint32Array(words * 1024);
  /** Numbers by hash, plus one; 0 where nothing is. */
  let slots = new Int32Array(4096);
  let size = 0;
  const hashOf = (bits: Uint32Array, from: number): number => {
    let hash = 0;
    for (let word = 0; word < words; word += 1) {
      hash = Math.imul(hash ^ (bits[from + word] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  };
  const isAt = (number: number, bits: Uint32Array): boolean => {
    for (let word = 0; word < words; word += 1) if (sets[number * words + word] !== bits[word]) return false;
    return true;
  };
  const grow = (): void => {
    const more = new Uint32Array(2 * sets.length);
    more.set(sets);
    sets = more;
    slots = new Int32Array(2 * slots.length);
    for (let number = 0; number < size; number += 1) {
      let slot = hashOf(sets, number * words) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number + 1;
    }
  };
  return {
    numberOf(bits) {
      let slot = hashOf(bits, 0) & (slots.length - 1);
      for (; slots[slot] !== 0; slot = (slot + 1) & (slots.length - 1)) {
        const number = (slots[slot] as number) - 1;
        if (isAt(number, bits)) return number;
      }
      if ((size + 1) * words > sets.length) {
        grow();
        slot = hashOf(bits, 0) & (slots.length - 1);
        while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      }
      sets.set(bits, size * words);
      slots[slot] = size + 1;
      size += 1;
      return size - 1;
    },
    read: (number, bits) => bits.set(sets.subarray(number * words, (number + 1) * words)),
    size: () => size,
  };
}
