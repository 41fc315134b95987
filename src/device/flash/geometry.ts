import { usageError } from '../../errors.ts';
import type { Board } from '../../targets/types.ts';
import type { FlashImage } from './image.ts';

/** A device's flash, as target.json has it. */
export interface FlashGeometry {
  /** Address of the first byte. */
  readonly base: number;
  readonly bytes: number;
  /** What the device says of itself: the product id of ST's bootloader, and the low 12 bits of DBGMCU_IDCODE. */
  readonly productId?: number;
  /** [count, bytes] of equal sectors, in order of address. Absent: it can be erased as a whole only. */
  readonly sectors?: readonly (readonly [number, number])[];
}

/** Bytes that are erased together. */
export interface EraseUnit {
  /** The sector's number, or `all`. */
  readonly page: number | 'all';
  readonly address: number;
  readonly bytes: number;
}

/**
 * Programming works on words of up to this many bytes (32 on STM32H7, 16 on U5, 8 on L4): an image that ends within one
 * is filled up with 0xFF.
 */
const wordBytes = 32;

/** What has to be erased for an image: the sectors that it touches, in order. */
export function eraseUnits({ base, bytes, sectors }: FlashGeometry, image: FlashImage): readonly EraseUnit[] {
  if (sectors === undefined || sectors.length === 0) return [{ page: 'all', address: base, bytes }];
  const units: EraseUnit[] = [];
  let page = 0;
  let address = base;
  for (const [count, size] of sectors) {
    for (let index = 0; index < count; index += 1) {
      const touches = address < image.address + image.bytes.length && address + size > image.address;
      if (touches) units.push({ page, address, bytes: size });
      page += 1;
      address += size;
    }
  }
  return units;
}

/**
 * The image with whole words, inside the flash.
 * @throws TesseraError (exit code 2) where it does not lie in this flash
 */
export function fittedImage({ base, bytes: size }: FlashGeometry, image: FlashImage, name: string): FlashImage {
  const { address, bytes } = image;
  const end = address + bytes.length;
  if (bytes.length === 0) throw usageError(`${name} is empty`);
  if (address < base || end > base + size) {
    throw usageError(
      `${name} goes from ${hex(address)} to ${hex(end - 1)}; the target's flash from ${hex(base)} to ${hex(base + size - 1)}`,
      'build the project for this target',
    );
  }
  if (address % wordBytes !== 0)
    throw usageError(`${name} begins at ${hex(address)}, not at a multiple of ${wordBytes}`);
  const padded = new Uint8Array(Math.ceil(bytes.length / wordBytes) * wordBytes).fill(0xff);
  padded.set(bytes);
  return { address, bytes: padded };
}

/**
 * Refuses plain bytes that are no program: a Cortex-M takes its stack pointer from the first word and the address to start
 * at, which is odd, from the second. Source: Armv7-M Architecture Reference Manual, B1.5.3.
 * Where a board has those words elsewhere, its programs may begin with anything.
 * @param image of at least two words
 * @throws TesseraError (exit code 2)
 */
export function requireProgram({ bytes }: FlashImage, { flash, memory, placement }: Board, name: string): void {
  if (placement.vectors !== null) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [stack, start] = [view.getUint32(0, true), view.getUint32(4, true)];
  const hasStack = memory.some((region) => stack >= region.address && stack <= region.address + region.bytes);
  const hasStart = start % 2 === 1 && start >= flash.base && start < flash.base + flash.bytes;
  if (hasStack && hasStart) return;
  throw usageError(
    `${name} does not begin as a program for this board does: stack pointer ${hex(stack)}, start ${hex(start)}`,
    'give the .elf or .bin file that the build has made',
  );
}

/** A 32-bit number as it is written for addresses. */
export function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

/** A product id as ST writes it. */
export function idText(id: number): string {
  return `0x${id.toString(16).padStart(3, '0')}`;
}
