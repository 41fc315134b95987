import type { FlashGeometry } from '../../../src/device/flash/geometry.ts';
import type { FlashImage } from '../../../src/device/flash/image.ts';
import { createDice, randomFrom } from '../../support/random.ts';
import { createEmulator, type Emulator, type EmulatorOptions } from './emulator.ts';
import { createFlashMemory, type FlashMemory, type FlashMemoryOptions } from './flash-memory.ts';

/** A small part with sectors of three sizes. */
export const geometry = {
  base: 0x08000000,
  bytes: 8 * 1024,
  productId: 0x421,
  sectors: [
    [4, 512],
    [2, 1024],
    [1, 4096],
  ],
} as const satisfies FlashGeometry;

export interface TestDevice {
  readonly memory: FlashMemory;
  readonly before: Uint8Array;
  readonly device: Emulator;
}

export function createTestDevice(
  options: Partial<EmulatorOptions> = {},
  memoryOptions: Partial<FlashMemoryOptions> = {},
): TestDevice {
  const memory = createFlashMemory({ base: geometry.base, sectors: geometry.sectors, ...memoryOptions });
  const before = memory.bytes.slice();
  const device = createEmulator({ memory, productId: geometry.productId, ...options });
  return { memory, before, device };
}

/** Bytes as firmware has them: noise, runs of 0 and of 0xff, every value. */
export function firmware(bytes: number, seed: number): FlashImage {
  const dice = createDice(randomFrom(seed));
  const data = new Uint8Array(bytes);
  for (let at = 0; at < bytes; ) {
    const length = Math.min(bytes - at, dice.integer(1, 120));
    const kind = dice.integer(0, 4);
    for (let index = at; index < at + length; index += 1) {
      data[index] = kind === 0 ? 0xff : kind === 1 ? 0 : kind === 2 ? index & 0xff : dice.integer(0, 255);
    }
    at += length;
  }
  return { address: geometry.base, bytes: data };
}

/** What the flash holds after the image was written over what was there before, by a flasher that erases sectors. */
export function expectedMemory(
  before: Uint8Array,
  image: FlashImage,
  mode: 'sectors' | 'mass' = 'sectors',
): Uint8Array {
  const memory = before.slice();
  let start = 0;
  for (const [count, bytes] of geometry.sectors) {
    for (let index = 0; index < count; index += 1) {
      const from = image.address - geometry.base;
      if (mode === 'mass' || (start < from + image.bytes.length && start + bytes > from)) {
        memory.fill(0xff, start, start + bytes);
      }
      start += bytes;
    }
  }
  memory.set(image.bytes, image.address - geometry.base);
  return memory;
}
