import type { ElfSection } from './elf.ts';
import type { Board } from './types.ts';

/** How much of a memory a linked program takes. */
export interface RegionUse {
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
  /** Bytes from its start to the end of what lies in it, gaps of alignment included; more than `bytes`: it does not fit. */
  readonly used: number;
  /** What lies in it. */
  readonly sections: readonly { readonly name: string; readonly bytes: number }[];
}

/** How a program lies in the memories of a board, flash first. */
export function regionUse(board: Board, sections: readonly ElfSection[]): readonly RegionUse[] {
  return regionsOf(board).map(({ name, address, bytes }) => {
    const isIn = (at: number): boolean => at >= address && at < address + bytes;
    const placed = sections.flatMap((section) => [
      ...(isIn(section.address) ? [{ ...section, at: section.address }] : []),
      // What the start-up code copies takes its place twice.
      ...(section.hasContents && section.loadAddress !== section.address && isIn(section.loadAddress)
        ? [{ ...section, at: section.loadAddress }]
        : []),
    ]);
    return {
      name,
      address,
      bytes,
      used: Math.max(0, ...placed.map((section) => section.at + section.bytes - address)),
      sections: placed.map((section) => ({ name: section.name, bytes: section.bytes })),
    };
  });
}

/**
 * The table that the linker prints, whether the program fits or not: what each region would need.
 * Source: GNU ld, --print-memory-usage: "SRAM:  100100 B  128 KB  74.58%".
 */
export function linkedUse(board: Board, linkerOutput: string): readonly RegionUse[] {
  const units: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };
  const lines = linkerOutput.matchAll(/^\s*(\w+):\s+(\d+) ([KMG]?B)\s+\d+ [KMG]?B\s+[\d.]+%/gm);
  const used = new Map([...lines].map(([, name, value, unit]) => [name, Number(value) * (units[unit ?? 'B'] ?? 1)]));
  return regionsOf(board).map((region) => ({ ...region, used: used.get(region.name) ?? 0, sections: [] }));
}

/** All memories of a board, flash first. */
function regionsOf(board: Board): readonly Pick<RegionUse, 'name' | 'address' | 'bytes'>[] {
  const memory = board.memory.map(({ name, address, bytes }) => ({ name, address, bytes }));
  return [{ name: 'FLASH', address: board.flash.base, bytes: board.flash.bytes }, ...memory];
}
