import { usageError } from '../../errors.ts';

/** What is to stand in a device's flash. */
export interface FlashImage {
  /** Where the first byte goes. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Program header of a segment that is loaded. Source: System V ABI, ELF. */
const loaded = 1;
const machineArm = 40;

/** The largest image that a gap between segments may make: more is a segment that is not meant for flash. */
const mostBytes = 16 * 1024 * 1024;

/** Whether these are the bytes of an ELF file. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/**
 * The bytes that an ELF file for a 32-bit Arm wants in flash: its segments at their load addresses, 0xFF between them.
 * @throws TesseraError (exit code 2) where it is no such file, or damaged
 */
export function imageOfElf(file: Uint8Array, name: string): FlashImage {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (!isElf(file) || file.length < 52 || file[4] !== 1 || file[5] !== 1 || view.getUint16(18, true) !== machineArm) {
    throw usageError(`${name} is no ELF file for a 32-bit Arm`, 'flash the .elf or .bin file that the build has made');
  }
  const offset = view.getUint32(28, true);
  const size = view.getUint16(42, true);
  const count = view.getUint16(44, true);
  const segments: FlashImage[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = offset + index * size;
    if (size < 32 || at + size > file.length) throw usageError(`${name} is damaged: its segments lie outside the file`);
    const start = view.getUint32(at + 4, true);
    const bytes = view.getUint32(at + 16, true);
    if (view.getUint32(at, true) !== loaded || bytes === 0) continue;
    if (start + bytes > file.length) throw usageError(`${name} is damaged: a segment lies outside the file`);
    segments.push({ address: view.getUint32(at + 12, true), bytes: file.subarray(start, start + bytes) });
  }
  return joined(segments, name);
}

function joined(segments: readonly FlashImage[], name: string): FlashImage {
  if (segments.length === 0) throw usageError(`${name} holds nothing to load`);
  const address = Math.min(...segments.map((segment) => segment.address));
  const end = Math.max(...segments.map((segment) => segment.address + segment.bytes.length));
  if (end - address > mostBytes) {
    throw usageError(`${name}: its segments lie ${end - address} bytes apart`, 'one of them has no place in flash');
  }
  const bytes = new Uint8Array(end - address).fill(0xff);
  for (const segment of segments) bytes.set(segment.bytes, segment.address - address);
  return { address, bytes };
}
