import { isNack, type Line } from './line.ts';
import { answer, done, type Fault, failed, type Reply } from './reply.ts';

/** Command codes. Source: ST AN3155, table 2. */
const commands = { get: 0x00, id: 0x02, read: 0x11, go: 0x21, write: 0x31, erase: 0x43, extendedErase: 0x44 } as const;

/** The byte that a device takes the speed from. As a poke it also begins a session anew where the device was reset. */
const syncByte = 0x7f;
/** Of page numbers the one that is least likely to exist: what to end an erasure with. */
const leastPage = 0xff;
const syncAttempts = 5;

/** More single bytes than any command takes: 256 of data with their count and checksum, and room. */
const mostPokes = 530;
const recoveries = 3;

/** The most bytes of a read or a write. */
export const blockBytes = 256;

/** What a bootloader says of itself. */
export interface Abilities {
  /** 0x31 is version 3.1. */
  readonly version: number;
  readonly commands: readonly number[];
}

/**
 * ST's ROM bootloader at the other end of a line (AN3155). Each function is one command, tried once; after a fault
 * `recover` brings both ends together again.
 */
export interface Bootloader {
  connect(): Promise<Reply<void>>;
  abilities(): Promise<Reply<Abilities>>;
  productId(): Promise<Reply<number>>;
  /** Up to 256 bytes. */
  read(address: number, count: number): Promise<Reply<Uint8Array>>;
  /** Up to 256 bytes, a multiple of four, at a multiple of four. That it is done does not say that the bytes are there. */
  write(address: number, bytes: Uint8Array): Promise<Reply<void>>;
  erasePage(page: number, abilities: Abilities): Promise<Reply<void>>;
  eraseAll(abilities: Abilities): Promise<Reply<void>>;
  /** Starts the program whose vector table stands at the address. */
  go(address: number): Promise<Reply<void>>;
  recover(): Promise<Reply<void>>;
}

export function createBootloader(line: Line): Bootloader {
  const { times } = line;
  // What recover() has to know of the exchange that failed.
  let lastFrame = Uint8Array.of();
  let isErasing = false;

  const exchange = async (frame: Uint8Array<ArrayBuffer>, step: string, milliseconds: number): Promise<Reply<void>> => {
    lastFrame = frame;
    isErasing = milliseconds === times.page || milliseconds === times.mass;
    const sent = await line.send(frame, step);
    return sent.ok ? line.acknowledged(step, milliseconds) : sent;
  };
  const command = async (code: number, name: string): Promise<Reply<void>> => {
    const reply = await exchange(Uint8Array.of(code, code ^ 0xff), name, times.reply);
    if (reply.ok || reply.fault.kind !== 'nack') return reply;
    return { ok: false, fault: { ...reply.fault, refusesCommand: true } };
  };
  const commandWithAddress = async (code: number, name: string, address: number): Promise<Reply<void>> => {
    const begun = await command(code, name);
    return begun.ok ? exchange(withChecksum(addressBytes(address)), `the address of ${name}`, times.reply) : begun;
  };
  /** What GET and GET ID answer: a count less one, so many bytes, ACK. */
  const list = async (code: number, name: string): Promise<Reply<Uint8Array>> => {
    const begun = await command(code, name);
    if (!begun.ok) return begun;
    const count = await line.take(1, name);
    if (!count.ok) return count;
    const bytes = await line.take((count.value[0] ?? 0) + 1, name);
    if (!bytes.ok) return bytes;
    const ended = await line.acknowledged(name, times.reply);
    return ended.ok ? bytes : ended;
  };
  const abilities = async (): Promise<Reply<Abilities>> => {
    const name = 'the list of its commands';
    const bytes = await list(commands.get, name);
    if (!bytes.ok) return bytes;
    const [version = 0, ...codes] = bytes.value;
    // Every bootloader has GET itself, first in the list.
    return codes[0] === commands.get ? answer({ version, commands: codes }) : failed('garbled', name);
  };

  const recover = async (): Promise<Reply<void>> => {
    const step = 'the attempt to begin anew';
    const poke = harmlessByte(lastFrame, isErasing ? leastPage : syncByte);
    for (let attempt = 0; attempt < recoveries; attempt += 1) {
      const drained = await line.drain(step);
      if (!drained.ok) return drained;
      const poked = await pokeUntilRefused(line, poke, step);
      if (!poked.ok) return poked;
      const quiet = await line.drain(step);
      if (!quiet.ok) return quiet;
      // One byte too many may have been sent; the answer to a whole command shows that the two ends agree.
      const reply = await abilities();
      lastFrame = Uint8Array.of();
      if (reply.ok || reply.fault.kind === 'closed') return reply.ok ? done : reply;
    }
    return failed('garbled', step);
  };
  /** A session that was broken off may have left the device within a command: it takes the sync bytes for data. */
  const endLeftOver = async (step: string): Promise<Reply<void>> => {
    const sent = await line.send(new Uint8Array(mostPokes).fill(syncByte), step);
    if (!sent.ok) return sent;
    const reply = await line.next(times.reply, step);
    if (!reply.ok) return reply;
    return reply.value === null ? failed('silence', step) : recover();
  };

  return {
    async connect() {
      const step = 'the byte that begins a session';
      let last: Fault = failed('silence', step).fault;
      for (let attempt = 0; attempt < syncAttempts; attempt += 1) {
        const drained = await line.drain(step);
        if (!drained.ok) return drained;
        const reply = await exchange(Uint8Array.of(syncByte), step, times.reply);
        if (reply.ok) return done;
        // It refuses the byte as a command where a session has begun before.
        if (reply.fault.kind === 'nack') return done;
        if (reply.fault.kind === 'closed' || reply.fault.kind === 'busy') return reply;
        if (reply.fault.kind === 'garbled') last = reply.fault;
      }
      return last.kind === 'silence' ? endLeftOver(step) : { ok: false, fault: last };
    },
    abilities,
    async productId() {
      const name = 'the question for its product id';
      const bytes = await list(commands.id, name);
      if (!bytes.ok) return bytes;
      const [high = 0, low = 0, ...more] = bytes.value;
      return bytes.value.length === 2 && more.length === 0 ? answer(high * 256 + low) : failed('garbled', name);
    },
    async read(address, count) {
      const name = 'a read';
      const begun = await commandWithAddress(commands.read, name, address);
      if (!begun.ok) return begun;
      const counted = await exchange(
        Uint8Array.of(count - 1, (count - 1) ^ 0xff),
        `the length of ${name}`,
        times.reply,
      );
      return counted.ok ? line.take(count, `the bytes of ${name}`) : counted;
    },
    async write(address, bytes) {
      const name = 'a write';
      const begun = await commandWithAddress(commands.write, name, address);
      if (!begun.ok) return begun;
      return exchange(withChecksum([bytes.length - 1, ...bytes]), `the bytes of ${name}`, times.block);
    },
    async erasePage(page, { commands: known }) {
      const name = 'the erasure of a page';
      const isExtended = known.includes(commands.extendedErase);
      const begun = await command(isExtended ? commands.extendedErase : commands.erase, name);
      if (!begun.ok) return begun;
      // The count less one, then the page: of two bytes each, or of one.
      const body = isExtended ? [0, 0, page >>> 8, page & 0xff] : [0, page];
      return exchange(withChecksum(body), name, times.page);
    },
    async eraseAll({ commands: known }) {
      const name = 'the erasure of the whole flash';
      const isExtended = known.includes(commands.extendedErase);
      const begun = await command(isExtended ? commands.extendedErase : commands.erase, name);
      return begun.ok ? exchange(Uint8Array.from(isExtended ? [0xff, 0xff, 0] : [0xff, 0]), name, times.mass) : begun;
    },
    go: (address) => commandWithAddress(commands.go, 'the start of the program', address),
    recover,
  };
}

/**
 * Ends a command that lacks bytes: sends one until the device refuses. Two equal bytes are never a command, because the
 * second of a command is the complement of the first.
 */
async function pokeUntilRefused(line: Line, poke: number, step: string): Promise<Reply<void>> {
  for (let count = 0; count < mostPokes; count += 1) {
    const sent = await line.send(Uint8Array.of(poke), step);
    if (!sent.ok) return sent;
    const reply = await line.next(line.times.poke, step);
    if (!reply.ok) return reply;
    if (isNack(reply.value)) return done;
  }
  return failed('silence', step);
}

/**
 * A byte that the frame does not hold. Of a frame that has lost one byte, the device takes its checksum for data and waits
 * for a checksum, and the one that fits is just the byte that was lost: any byte of the frame could make it go on with
 * data that are shifted by one.
 */
function harmlessByte(frame: Uint8Array, preferred: number): number {
  const counts = new Array<number>(256).fill(0);
  for (const byte of frame) counts[byte] = (counts[byte] ?? 0) + 1;
  let best = preferred;
  // Not 0: it would be the number of the first page.
  for (let byte = 0xff; byte > 0; byte -= 1) {
    if ((counts[byte] ?? 0) < (counts[best] ?? 0)) best = byte;
  }
  return best;
}

function addressBytes(address: number): readonly number[] {
  return [address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff];
}

/** The bytes, then the exclusive or of them all. */
function withChecksum(bytes: readonly number[]): Uint8Array<ArrayBuffer> {
  let sum = 0;
  for (const byte of bytes) sum ^= byte;
  return Uint8Array.from([...bytes, sum]);
}
