/** A part of a program that takes memory while it runs. */
export interface ElfSection {
  readonly name: string;
  /** Where it is while the program runs. */
  readonly address: number;
  readonly bytes: number;
  /** Where its contents are kept until the start-up code copies them: for .data, in flash; else `address`. */
  readonly loadAddress: number;
  /** Whether the file holds its contents: false for .bss, stack and arena. */
  readonly hasContents: boolean;
}

const headerBytes = 52;
const sectionHasNoBits = 8;
const flagAllocated = 2;
const segmentIsLoaded = 1;

/**
 * The sections of a 32-bit little-endian ELF file that take memory, in order of address.
 * Source: Tool Interface Standard, Executable and Linking Format 1.2; ELF for the Arm Architecture (IHI 0044).
 * @returns null where it is no such file
 */
export function elfSections(file: Uint8Array): readonly ElfSection[] | null {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isElf = file.length >= headerBytes && view.getUint32(0) === 0x7f454c46 && file[4] === 1 && file[5] === 1;
  if (!isElf) return null;
  const word = (at: number): number => view.getUint32(at, true);
  const half = (at: number): number => view.getUint16(at, true);
  const table = (start: number, size: number, count: number): readonly number[] =>
    Array.from({ length: count }, (_, index) => start + index * size).filter((at) => at + size <= file.length);
  const segments = table(word(28), half(42), half(44)).filter((at) => word(at) === segmentIsLoaded);
  const sections = table(word(32), half(46), half(48));
  const names = word((sections[half(50)] ?? 0) + 16);
  const loadAddressOf = (address: number): number => {
    const segment = segments.find((at) => address >= word(at + 8) && address < word(at + 8) + word(at + 20));
    return segment === undefined ? address : address - word(segment + 8) + word(segment + 12);
  };
  return sections
    .filter((at) => (word(at + 8) & flagAllocated) !== 0 && word(at + 20) > 0)
    .map((at) => {
      const address = word(at + 12);
      return {
        name: textAt(file, names + word(at)),
        address,
        bytes: word(at + 20),
        loadAddress: loadAddressOf(address),
        hasContents: word(at + 4) !== sectionHasNoBits,
      };
    })
    .sort((a, b) => a.address - b.address);
}

function textAt(file: Uint8Array, start: number): string {
  const end = file.indexOf(0, start);
  return new TextDecoder().decode(file.subarray(start, end < 0 ? start : end));
}
