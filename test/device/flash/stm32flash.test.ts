import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fittedImage } from '../../../src/device/flash/geometry.ts';
import { programDevice } from '../../../src/device/flash/program.ts';
import { createPtyMaker, type PtyMaker } from '../../support/pty.ts';
import { firmware } from './device.ts';
import { createEmulator } from './emulator.ts';
import { createFlashMemory, type FlashMemory } from './flash-memory.ts';
import { serve } from './serve.ts';
import { createVirtualLink } from './virtual-link.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'tessera-flash-'));
let maker: PtyMaker;
beforeAll(() => {
  maker = createPtyMaker();
});
afterAll(() => {
  maker.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Parts that stm32flash knows by their product id, with the geometry of ST's reference manuals. */
const parts = [
  {
    name: 'STM32F446 (sectors, extended erase)',
    productId: 0x421,
    erase: 'extended',
    programming: 'and',
    sectors: [
      [4, 16384],
      [1, 65536],
      [3, 131072],
    ],
  },
  {
    name: 'STM32L476 (pages of 2 KiB, no second write)',
    productId: 0x415,
    erase: 'extended',
    programming: 'refuse',
    sectors: [[512, 2048]],
  },
  {
    name: 'STM32F103 (pages of 1 KiB, plain erase)',
    productId: 0x410,
    erase: 'plain',
    programming: 'and',
    sectors: [[128, 1024]],
  },
] as const;

type Part = (typeof parts)[number];
const base = 0x08000000;
const times = { page: 5, mass: 20, block: 0.5 };

function createPart({ productId, erase, programming, sectors }: Part): {
  readonly memory: FlashMemory;
  readonly device: ReturnType<typeof createEmulator>;
} {
  const memory = createFlashMemory({ base, sectors, programming });
  return { memory, device: createEmulator({ memory, productId, erase, times }) };
}

describe.each(parts)('a third-party flasher and ours: $name', (part) => {
  it('leave the same bytes on the device, and start them', async () => {
    const image = firmware(18_500, 11);
    const file = join(folder, 'firmware.bin');
    writeFileSync(file, image.bytes);
    const theirs = createPart(part);
    const pty = await serve(maker, theirs.device);
    // A pseudo-terminal has no parity.
    const args = ['-b', '115200', '-m', '8n1', '-w', file, '-v', '-g', '0x08000000', pty.path];
    const { stdout } = await run('stm32flash', args, { timeout: 60_000 }).finally(() => pty.close());
    expect(stdout).toMatch(/verified/i);
    expect(theirs.device.started()).toBe(base);

    const ours = createPart(part);
    const line = createVirtualLink(ours.device);
    const geometry = { base, bytes: ours.memory.bytes.length, productId: part.productId, sectors: part.sectors };
    await programDevice(line.link, geometry, fittedImage(geometry, image, file), { now: line.now });
    expect(ours.device.started()).toBe(base);
    expect(Buffer.compare(ours.memory.bytes, theirs.memory.bytes)).toBe(0);
    expect(Buffer.compare(ours.memory.bytes.subarray(0, image.bytes.length), image.bytes)).toBe(0);
  }, 60_000);
});
