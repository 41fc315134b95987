import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { imageOfElf } from '../../../src/device/flash/image.ts';

const folder = mkdtempSync(join(tmpdir(), 'tessera-elf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Firmware with code, initialised data that is copied from flash, and memory that is not loaded. */
function build(): { readonly elf: Uint8Array; readonly bin: Uint8Array } {
  const at = (name: string): string => join(folder, name);
  writeFileSync(
    at('a.c'),
    'int data[5] = {1, 2, 3, 4, 5};\nint bss[100];\nint start(void);\nint start(void) { return data[0] + bss[1]; }\n',
  );
  writeFileSync(
    at('a.ld'),
    `MEMORY { FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 64K  RAM (rw) : ORIGIN = 0x20000000, LENGTH = 8K }
     SECTIONS {
       .text : { *(.text*) . = ALIGN(64); } > FLASH
       .data : { *(.data*) } > RAM AT > FLASH
       .bss (NOLOAD) : { *(.bss*) } > RAM
     }`,
  );
  const flags = ['-mcpu=cortex-m4', '-mthumb', '-O1', '-nostdlib', '-Wl,--entry=start', '-T', at('a.ld')];
  execFileSync('arm-none-eabi-gcc', [...flags, at('a.c'), '-o', at('a.elf')]);
  execFileSync('arm-none-eabi-objcopy', ['-O', 'binary', '--gap-fill', '0xff', at('a.elf'), at('a.bin')]);
  return { elf: readFileSync(at('a.elf')), bin: readFileSync(at('a.bin')) };
}

describe('the bytes of an ELF file', () => {
  it('are those that objcopy takes out', () => {
    const { elf, bin } = build();
    const image = imageOfElf(elf, 'a.elf');
    expect(image.address).toBe(0x08000000);
    expect(Buffer.compare(image.bytes, bin)).toBe(0);
  });

  it('are refused where the file is damaged or another', () => {
    const { elf } = build();
    expect(() => imageOfElf(Uint8Array.of(1, 2, 3), 'a.elf')).toThrow(/a\.elf is no ELF file/);
    expect(() => imageOfElf(readFileSync(process.execPath).subarray(0, 4096), 'node')).toThrow(/32-bit Arm/);
    expect(() => imageOfElf(elf.subarray(0, 60), 'a.elf')).toThrow(/damaged/);
    // Whatever is cut off or turned over: an image or a refusal, never a crash.
    for (let at = 0; at < 84 + 64; at += 1) {
      const broken = Uint8Array.from(elf);
      broken[at] = (broken[at] ?? 0) ^ 0xff;
      try {
        imageOfElf(broken, 'a.elf');
      } catch (error) {
        expect((error as Error).message).toMatch(/^a\.elf/);
      }
    }
  });
});
