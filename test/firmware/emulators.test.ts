import { afterAll, describe, expect, it } from 'vitest';
import { buildFirmware } from '../../src/api/build.ts';
import { loadTarget, targetNames } from '../../src/targets/load.ts';
import { startEmulator } from './emulator.ts';
import { createBench, exampleProject } from './project.ts';

const bench = createBench();
afterAll(() => bench.remove());

const emulated = targetNames().filter((name) => loadTarget(name).board?.simulator != null);

/** Where there is no memory below the stack; QEMU's MPS2 boards have mirrors of other memories there. */
const guarded = ['qemu-stm32f405', 'qemu-cortex-m55'];

/** Counts the instructions of a loop of 1,000,003 (r0 = 500000; then twice 500,000; then one, and the return). */
const countMain = `#include "tsr_board.h"

__attribute__((naked, noinline)) static void loop(void) {
  __asm__ volatile("ldr r0, =500000\\n1: subs r0, #1\\n bne 1b\\n nop\\n bx lr\\n .ltorg");
}

static void write_number(uint32_t value) {
  if (value >= 10u) write_number(value / 10u);
  tsr_board_write((uint8_t)('0' + value % 10u));
}

/* More stack with every call, until there is no more. */
__attribute__((noinline)) static uint32_t dive(volatile uint32_t *before) {
  volatile uint32_t words[16];
  words[0] = before[0] + 1u;
  return dive(words) + words[0];
}

int main(void) {
  tsr_board_init();
  uint32_t start = tsr_board_ticks();
  const uint32_t nothing = tsr_board_ticks() - start;
  tsr_board_write('[');
  for (int32_t i = 0; i < 3; ++i) {
    start = tsr_board_ticks();
    loop();
    write_number(tsr_board_ticks() - start - nothing);
    tsr_board_write(' ');
  }
  tsr_board_write(']');
  volatile uint32_t depth = 0u;
  if (HAS_GUARD) return (int)dive(&depth);
  /* The space of the core's vendor, where there is nothing. */
  *(volatile uint32_t *)0xFFFFFF00u = 0u;
  return 0;
}
`;

describe('firmware in emulators', { timeout: 120_000 }, () => {
  it('there are four', () => expect(emulated.length).toBe(4));

  it.each(emulated)('%s boots, and computes what the compiler says', async (name) => {
    const folder = bench.write(name, await exampleProject('home-sounds', name));
    const emulator = startEmulator(name, buildFirmware(folder).elf);
    try {
      await emulator.until('m-init-done\r\nm-ready\r\n');
      emulator.send('x-info%');
      expect(await emulator.until('x-check-')).toContain(`x-target-[${name}]`);
      emulator.send('x-self-test%');
      expect(await emulator.until('x-self-test-[1]')).not.toMatch(/^e-\[/m);
    } finally {
      emulator.stop();
    }
  });

  it.each(emulated)('%s counts instructions, and says what faults', async (name) => {
    const files = new Map(await exampleProject('home-sounds', name));
    files.set('board/main.c', countMain.replace('HAS_GUARD', guarded.includes(name) ? '1' : '0'));
    const emulator = startEmulator(name, buildFirmware(bench.write(`${name}-count`, files)).elf);
    try {
      const text = await emulator.until(']\r\nm-ready');
      const counts = (/\[([\d ]+)\]/.exec(text)?.[1] ?? '').trim().split(' ').map(Number);
      expect(counts.length).toBe(3);
      // One more for the call itself; a counter that is scaled to instructions may be off by one at either end.
      for (const count of counts) expect(Math.abs(count - 1_000_004)).toBeLessThanOrEqual(2);
      const where = guarded.includes(name) ? 'stack overflow' : 'at instruction [0-9a-f]{8}';
      expect(text).toMatch(new RegExp(`e-\\[fault: status [0-9a-f]{8}, address [0-9a-f]{8}, ${where}\\]`));
    } finally {
      emulator.stop();
    }
  });
});
