import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flashTools } from '../../src/device/flash/tools.ts';
import { loadTarget } from '../../src/targets/load.ts';
import { firmware } from '../device/flash/device.ts';
import { createEmulator, type Emulator, type EmulatorOptions } from '../device/flash/emulator.ts';
import { createFlashMemory, type FlashMemory } from '../device/flash/flash-memory.ts';
import { hasProbe } from '../device/flash/probe.ts';
import { serve } from '../device/flash/serve.ts';
import { createPtyMaker, type Pty, type PtyMaker } from '../support/pty.ts';
import { type Ended, tessera } from './small-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'tessera-flash-'));
const image = firmware(9_000, 5);
// Where the stack ends, at the end of the smallest memory of a board, and where the program starts.
new DataView(image.bytes.buffer).setUint32(0, 0x20010000, true);
new DataView(image.bytes.buffer).setUint32(4, 0x08000199, true);
const file = join(folder, 'firmware.bin');
let maker: PtyMaker;
beforeAll(() => {
  maker = createPtyMaker();
  writeFileSync(file, image.bytes);
});
afterAll(() => {
  maker.remove();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: readonly string[]): Promise<Ended> => tessera('flash', ...args);

/** The board of a target, with its bootloader behind a pseudo-terminal. */
async function board(
  name: string,
  options: Partial<EmulatorOptions> = {},
): Promise<{ readonly memory: FlashMemory; readonly device: Emulator; readonly pty: Pty }> {
  const flash = loadTarget(name).board?.flash;
  if (flash?.sectors === undefined || flash.productId === undefined) throw new Error(`${name} has no sectors`);
  const memory = createFlashMemory({ base: flash.base, sectors: flash.sectors });
  const times = { page: 5, mass: 20, block: 0.5 };
  const device = createEmulator({ memory, productId: flash.productId, times, ...options });
  return { memory, device, pty: await serve(maker, device) };
}

const byUart = (pty: Pty): readonly string[] => ['--method', 'uart', '--port', pty.path, '--parity', 'none'];

describe('tessera flash, by the bootloader', () => {
  it.each(['nucleo-f446re', 'nucleo-l4r5zi', 'nucleo-h743zi', 'stm32f746g-disco'])(
    'writes, verifies and starts a firmware for %s',
    async (target) => {
      const { memory, device, pty } = await board(target);
      const { code, stdout, stderr } = await run(file, '--target', target, ...byUart(pty), '--json');
      pty.close();
      expect([code, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({
        schemaVersion: 1,
        target,
        method: 'uart',
        port: pty.path,
        address: 0x08000000,
        bytes: 9000,
        retries: 0,
      });
      expect(Buffer.compare(memory.bytes.subarray(0, 9000), image.bytes)).toBe(0);
      expect(device.started()).toBe(0x08000000);
    },
  );

  it('says in words what it has done', async () => {
    const { pty } = await board('nucleo-f446re');
    const { code, stdout } = await run(file, '--target', 'nucleo-f446re', '--port', pty.path, '--parity', 'none');
    pty.close();
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /9,000 bytes at 0x08000000 written, read back and started\nnucleo-f446re \(product id 0x421\)/,
    );
  });

  it('refuses the board of another target', async () => {
    const { memory, pty } = await board('nucleo-l4r5zi');
    const before = memory.bytes.slice();
    const { code, stderr } = await run(file, '--target', 'nucleo-f446re', ...byUart(pty));
    pty.close();
    expect(code).toBe(6);
    expect(stderr).toMatch(/product id 0x470; the target is 0x421\. Nothing on the device was changed/);
    expect(Buffer.compare(memory.bytes, before)).toBe(0);
  });

  it('refuses a read-protected board', async () => {
    const { pty } = await board('nucleo-f446re', { protection: 'read' });
    const { code, stderr } = await run(file, '--target', 'nucleo-f446re', ...byUart(pty));
    pty.close();
    expect(code).toBe(6);
    expect(stderr).toMatch(/read-protected/);
  });

  it('says what is on the device when the cable is pulled', async () => {
    // The step is the answer to a block in the middle.
    const faultAt = (step: number): null => {
      if (step === 60) cable.pull();
      return null;
    };
    const cable = { pull: (): void => {} };
    const { memory, pty } = await board('nucleo-f446re', { faultAt });
    cable.pull = () => pty.close();
    const { code, stderr } = await run(file, '--target', 'nucleo-f446re', ...byUart(pty));
    expect(code).toBe(6);
    expect(stderr).toMatch(/the line is gone at .*\nOn the device now:\n {2}0x08000000 to 0x0800/);
    const [, end = '0'] = /0x08000000 to (0x[0-9a-f]+) {2}new; the device took it/.exec(stderr) ?? [];
    const written = Number(end) + 1 - 0x08000000;
    expect(written).toBeGreaterThan(256);
    expect(Buffer.compare(memory.bytes.subarray(0, written), image.bytes.subarray(0, written))).toBe(0);
  });

  it('says that no bootloader answers', async () => {
    const pty = await maker.open(() => {});
    const { code, stderr } = await run(file, '--target', 'nucleo-f446re', ...byUart(pty));
    pty.close();
    expect(code).toBe(6);
    expect(stderr).toMatch(/no bootloader answers on this port.*\n.*BOOT0/);
  }, 30_000);
});

describe('tessera flash: what it refuses', () => {
  const project = join(folder, 'project');
  beforeAll(() => {
    mkdirSync(join(project, 'build'), { recursive: true });
    writeFileSync(join(project, 'target.json'), loadTarget('nucleo-f446re').text);
  });

  it.each([
    [['nothing.bin', '--target', 'nucleo-f446re'], /nothing\.bin: not found/],
    [[file], /which board is it/],
    [[file, '--target', 'wasm'], /wasm is no board/],
    [[file, '--target', 'qemu-cortex-m4'], /names no way|goes from/],
    [[file, '--target', 'nucleo-f446re', '--method', 'magic'], /not flashed by magic/],
    [[file, '--target', 'nucleo-f446re', '--method', 'uart'], /on which serial port/],
    [[file, '--target', 'nucleo-f446re', '--method', 'openocd', '--port', '/dev/ttyS0'], /--port is for uart/],
    [[project], /holds no build\/firmware\.elf/],
    [[project, '--target', 'nucleo-h743zi'], /holds no build/],
    [[folder], /holds no firmware that tessera made/],
  ])('%#: says why', async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('a firmware that is older than its project, and one of another target', async () => {
    const built = join(project, 'build/firmware.bin');
    writeFileSync(built, image.bytes);
    utimesSync(built, 1, 1);
    expect((await run(project)).stderr).toMatch(/older than the project/);
    writeFileSync(built, image.bytes);
    const { code, stderr } = await run(project, '--target', 'nucleo-h743zi');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/was compiled for nucleo-f446re, not for nucleo-h743zi/)]);
  });

  it.each([
    ['a model', [0x74067007, 0x6f747970]],
    ['a stack outside the memories', [0x20020004, 0x08000199]],
    ['a start outside flash', [0x20020000, 0x08080001]],
    ['a start that is even', [0x20020000, 0x08000198]],
  ])('%s: bytes that are no program', async (_, words) => {
    const other = join(folder, 'other.bin');
    writeFileSync(other, Uint32Array.from(words));
    const { code, stderr } = await run(other, '--target', 'nucleo-f446re', '--port', join(folder, 'ttyNothing'));
    const [stack, start] = words.map((word) => `0x${word.toString(16).padStart(8, '0')}`);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      `other.bin does not begin as a program for this board does: stack pointer ${stack}, start ${start}\nhint: give`,
    );
  });

  it('a port that is not there', async () => {
    const { code, stderr } = await run(file, '--target', 'nucleo-f446re', '--port', join(folder, 'ttyNothing'));
    expect(code).toBe(6);
    expect(stderr).toMatch(/absent: there is no such port/);
  });

  it.skipIf(hasProbe())('a tool without a probe, with its own words', async () => {
    const { code, stderr } = await run(file, '--target', 'nucleo-f446re', '--method', 'openocd');
    expect(code).toBe(6);
    expect(stderr).toMatch(/openocd: no debug probe is connected\. Nothing on the device was changed/);
    expect(stderr).toMatch(/openocd: Error: open failed/);
  });

  it('a tool that is missing, with the line that installs it', async () => {
    const path = process.env.PATH;
    process.env.PATH = folder;
    try {
      const { code, stderr } = await run(file, '--target', 'nucleo-f446re');
      expect(code).toBe(5);
      expect(stderr).toMatch(
        /none of openocd, st-flash, STM32_Programmer_CLI is on the PATH\n.*apt-get install openocd/,
      );
    } finally {
      process.env.PATH = path;
    }
  });
});

it('all boards that can be flashed have what flashing needs', () => {
  for (const name of ['nucleo-f446re', 'stm32f746g-disco', 'nucleo-h743zi', 'nucleo-l4r5zi']) {
    const { flash, flashMethods } = loadTarget(name).board ?? { flash: null, flashMethods: {} };
    expect(flash?.productId).toBeDefined();
    expect(flash?.sectors).toBeDefined();
    for (const method of [...flashTools.map((tool) => tool.name), 'uart']) {
      expect([name, Object.keys(flashMethods)]).toEqual([name, expect.arrayContaining([method])]);
    }
  }
});
