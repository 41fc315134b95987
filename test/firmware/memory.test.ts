import { describe, expect, it } from 'vitest';
import { arenaMemories, arenaRegion, boardConfig, linkerScript } from '../../src/codegen/board.ts';
import { elfSections } from '../../src/targets/elf.ts';
import { loadTarget } from '../../src/targets/load.ts';
import { linkedUse, regionUse } from '../../src/targets/regions.ts';
import type { Board, Target } from '../../src/targets/types.ts';

const boardOf = (name: string): { readonly target: Target; readonly board: Board } => {
  const target = loadTarget(name);
  if (target.board === null) throw new Error(`${name} is no board`);
  return { target, board: target.board };
};

describe('where things go', () => {
  it('an arena goes to the first memory that has room beside stack and data', () => {
    const { board } = boardOf('stm32f746g-disco');
    expect(arenaRegion(board, 1024).name).toBe('DTCM');
    // 64 KiB, less 4 KiB of stack, 4 KiB for data, and a guard.
    expect(arenaRegion(board, 56 * 1024 - 32).name).toBe('DTCM');
    expect(arenaRegion(board, 56 * 1024).name).toBe('SRAM1');
    expect(arenaRegion(board, 240 * 1024 - 32).name).toBe('SRAM1');
    // None has room: the linker will say by how much the largest is too small.
    expect(arenaRegion(board, 2 ** 20).name).toBe('SRAM1');
  });

  it('an arena is planned for the memories that have room, if there is a choice', () => {
    const rooms = (name: string): unknown[] =>
      arenaMemories(loadTarget(name)).map(({ name: memory, bytes, speed }) => [memory, bytes, speed]);
    expect(rooms('nucleo-f446re')).toEqual([]);
    expect(rooms('host')).toEqual([]);
    expect(rooms('stm32f746g-disco')).toEqual([
      ['DTCM', 56 * 1024 - 32, 'fast'],
      ['SRAM1', 240 * 1024 - 32, 'usual'],
      ['SRAM2', 16 * 1024 - 32, 'usual'],
    ]);
  });

  it('the linker script has every memory, and the stack first in its own', () => {
    const { target, board } = boardOf('nucleo-h743zi');
    const script = linkerScript(target, board, ['DTCM', 'AXI']);
    for (const { name, bytes } of board.memory)
      expect(script).toMatch(new RegExp(`^  ${name} \\(rw\\) : ORIGIN = 0x[0-9A-F]{8}, LENGTH = ${bytes} `, 'm'));
    expect(script).toMatch(/^ {2}\.arena \(NOLOAD\) : .*\(\.tsr_arena\) } > DTCM$/m);
    expect(script).toMatch(/^ {2}\.arena_axi \(NOLOAD\) : .*\(\.tsr_arena\.AXI\) } > AXI$/m);
    expect(script.indexOf('.stack (NOLOAD)')).toBeLessThan(script.indexOf('.data :'));
    expect(script).toContain(`. += ${board.placement.stackBytes};`);
  });

  it('texts of a target do not end the comments that they stand in', () => {
    const { target, board } = boardOf('nucleo-f446re');
    const memory = board.memory.map((region) => ({ ...region, purpose: '*/ ASSERT(0, "no") /*' }));
    const script = linkerScript(target, { ...board, memory }, ['SRAM']);
    expect(script).not.toContain('*/ ASSERT');
    expect(boardConfig({ ...target, description: '*/ #error no' }, board)).not.toContain('*/ #error');
  });
});

describe('what a program takes', () => {
  const { board } = boardOf('nucleo-l4r5zi');

  it('counts data where it is kept and where it is copied to, and gaps', () => {
    const section = { hasContents: true, loadAddress: 0x08000000, address: 0x08000000, name: '.text', bytes: 1000 };
    const data = { ...section, name: '.data', address: 0x10001000, loadAddress: 0x080003f0, bytes: 16 };
    const bss = {
      ...section,
      name: '.bss',
      address: 0x10001010,
      loadAddress: 0x10001010,
      bytes: 4,
      hasContents: false,
    };
    const regions = regionUse(board, [section, data, bss]);
    expect(regions.map(({ name, used }) => [name, used])).toEqual([
      ['FLASH', 1024],
      ['SRAM1', 0],
      ['SRAM2', 0x1014],
      ['SRAM3', 0],
    ]);
    expect(regions[0]?.sections.map(({ name }) => name)).toEqual(['.text', '.data']);
  });

  it('reads the table of the linker, in any unit', () => {
    const table = `Memory region         Used Size  Region Size  %age Used
           FLASH:      100032 B         2 MB      4.77%
           SRAM1:         256 KB      192 KB    133.33%
           SRAM2:          0 GB        64 KB      0.00%`;
    expect(linkedUse(board, table).map(({ used }) => used)).toEqual([100_032, 262_144, 0, 0]);
    expect(linkedUse(board, 'nothing').map(({ used }) => used)).toEqual([0, 0, 0, 0]);
  });

  it('takes no other file for a program', () => {
    expect(elfSections(new Uint8Array())).toBe(null);
    expect(elfSections(new TextEncoder().encode('ELF'.repeat(100)))).toBe(null);
    // Of 64 bits.
    const wide = new Uint8Array(64);
    wide.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
    expect(elfSections(wide)).toBe(null);
  });
});
