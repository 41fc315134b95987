/** A microcontroller's flash: erased to ones, programmed to zeros, in sectors. */
export interface FlashMemory {
  readonly base: number;
  readonly bytes: Uint8Array;
  readonly sectors: readonly { readonly start: number; readonly bytes: number }[];
  /** False where there is no such sector. A write-protected one stays as it is, without a word. */
  erase(sector: number): boolean;
  eraseAll(): void;
  /** False where the memory finds a fault in what was asked: nothing is changed then. */
  program(address: number, bytes: Uint8Array): boolean;
}

export interface FlashMemoryOptions {
  readonly base: number;
  readonly sectors: readonly (readonly [number, number])[];
  /** Sectors that can be neither erased nor written. */
  readonly writeProtected?: readonly number[];
  /** `and`: clears bits wherever (STM32F4). `refuse`: programs erased double words only (STM32L4). */
  readonly programming?: 'and' | 'refuse';
  /** Addresses whose lowest bit is worn out and stays 0. */
  readonly worn?: readonly number[];
}

const doubleWord = 8;

export function createFlashMemory(options: FlashMemoryOptions): FlashMemory {
  const { base, writeProtected = [], programming = 'and', worn = [] } = options;
  const sectors: { start: number; bytes: number }[] = [];
  let size = 0;
  for (const [count, bytes] of options.sectors) {
    for (let index = 0; index < count; index += 1) {
      sectors.push({ start: size, bytes });
      size += bytes;
    }
  }
  // Not erased, and not an image: what stood there before.
  const memory = Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >>> 8)) & 0xff);
  const wear = (): void => {
    for (const address of worn) memory[address - base] = (memory[address - base] as number) & 0xfe;
  };
  wear();
  const erase = (sector: number): boolean => {
    const found = sectors[sector];
    if (found === undefined) return false;
    if (!writeProtected.includes(sector)) memory.fill(0xff, found.start, found.start + found.bytes);
    wear();
    return true;
  };
  return {
    base,
    bytes: memory,
    sectors,
    erase,
    eraseAll: () => sectors.forEach((_, index) => void erase(index)),
    program(address, bytes) {
      const at = address - base;
      if (at < 0 || at + bytes.length > size) return false;
      const isProtected = sectors.some(
        ({ start, bytes: length }, index) =>
          writeProtected.includes(index) && at < start + length && at + bytes.length > start,
      );
      if (isProtected) return true;
      if (programming === 'refuse') {
        // Of a double word that is given in part, the rest is filled up with ones.
        const from = Math.floor(at / doubleWord) * doubleWord;
        const to = Math.ceil((at + bytes.length) / doubleWord) * doubleWord;
        if (memory.subarray(from, to).some((byte) => byte !== 0xff)) return false;
      }
      bytes.forEach((byte, index) => {
        memory[at + index] = (memory[at + index] as number) & byte;
      });
      wear();
      return true;
    },
  };
}
