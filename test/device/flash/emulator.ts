import type { FlashMemory } from './flash-memory.ts';

/**
 * An emulator of the bootloader in the ROM of STM32 microcontrollers, written from ST's application note AN3155 and not
 * from the flasher that it tests. Debian's stm32flash works with it.
 */
export interface Emulator {
  /** Takes a byte that arrives at that time, in milliseconds. */
  receive(byte: number, now: number): void;
  /** Does what was put off until then; gives the time at which there is more to do, or null. */
  settle(now: number): number | null;
  /** The bytes on their way to the host, in order, with the time at which each is there. */
  readonly sent: { readonly at: number; readonly byte: number }[];
  /** The address at which a program runs, or null while the bootloader does. */
  started(): number | null;
  /** How many answers (ACK or NACK) there were: each is a step at which a fault can be made. */
  steps(): number;
  /** Power is taken away and comes back, with BOOT0 high. */
  reset(): void;
}

/** What happens at a step instead of the answer. */
export type StepFault =
  | { readonly kind: 'nack'; readonly when: 'before' | 'after' }
  | { readonly kind: 'busy'; readonly count: number; readonly interval: number }
  | { readonly kind: 'stall'; readonly milliseconds: number }
  | { readonly kind: 'reset' };

export interface EmulatorOptions {
  readonly memory: FlashMemory;
  readonly productId: number;
  /** Extended erase (0x44), as on all newer parts, or erase (0x43). */
  readonly erase?: 'extended' | 'plain';
  readonly protection?: 'none' | 'read';
  /** How long it takes to erase a sector, all of them, and to write a block, in milliseconds. */
  readonly times?: { readonly page: number; readonly mass: number; readonly block: number };
  readonly faultAt?: (step: number) => StepFault | null;
}

const ack = 0x79;
const nack = 0x1f;
const busy = 0x76;
const ramBase = 0x20000000;
const ramBytes = 0x8000;

/** What the ROM's program waits for: the next byte. */
type Program = Generator<void, void, number>;

export function createEmulator(options: EmulatorOptions): Emulator {
  const { memory, productId, erase = 'extended', protection = 'none', faultAt = () => null } = options;
  const { times = { page: 20, mass: 200, block: 2 } } = options;
  const ram = new Uint8Array(ramBytes);
  const sent: { at: number; byte: number }[] = [];
  const codes = [0x00, 0x01, 0x02, 0x11, 0x21, 0x31, erase === 'extended' ? 0x44 : 0x43, 0x63, 0x73, 0x82, 0x92];
  let time = 0;
  let running: number | null = null;
  let steps = 0;
  // While the ROM is at work its receiver holds one byte, and loses those that follow.
  let held: number | null = null;
  let program: Program | null = null;

  const say = (byte: number): void => {
    time += 0.1;
    sent.push({ at: time, byte });
  };
  /** An answer, unless the fault that is due here changes it. True where the ROM goes on as it would. */
  const reply = (byte: number, work: () => boolean = () => true, duration = 0): boolean => {
    const fault = faultAt(steps);
    steps += 1;
    if (fault?.kind === 'reset') {
      reset();
      return false;
    }
    if (fault?.kind === 'nack' && fault.when === 'before') {
      say(nack);
      return false;
    }
    if (fault?.kind === 'busy') {
      for (let count = 0; count < fault.count; count += 1) {
        say(busy);
        time += fault.interval;
      }
    }
    if (fault?.kind === 'stall') time += fault.milliseconds;
    const isDone = byte === ack && work();
    time += duration;
    const answer = byte === ack && isDone && fault?.kind !== 'nack' ? ack : nack;
    say(answer);
    return answer === ack;
  };
  const regionOf = (address: number, count: number): Uint8Array | null => {
    const inside = (base: number, size: number): boolean => address >= base && address + count <= base + size;
    if (inside(memory.base, memory.bytes.length)) {
      return memory.bytes.subarray(address - memory.base, address - memory.base + count);
    }
    return inside(ramBase, ramBytes) ? ram.subarray(address - ramBase, address - ramBase + count) : null;
  };

  /** Four bytes and their checksum; null where the ROM has refused them. */
  function* address(): Generator<void, number | null, number> {
    const bytes: number[] = [];
    while (bytes.length < 5) bytes.push(yield);
    const [a = 0, b = 0, c = 0, d = 0, sum] = bytes;
    const value = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    const isGood = (a ^ b ^ c ^ d) === sum && regionOf(value, 1) !== null;
    return reply(isGood ? ack : nack) ? value : null;
  }

  function* read(): Program {
    if (!reply(protection === 'read' ? nack : ack)) return;
    const from = yield* address();
    if (from === null) return;
    const count = yield;
    const complement = yield;
    const bytes = regionOf(from, count + 1);
    if (!reply((count ^ complement) === 0xff && bytes !== null ? ack : nack)) return;
    for (const byte of bytes ?? []) say(byte);
  }

  function* write(): Program {
    if (!reply(protection === 'read' ? nack : ack)) return;
    const to = yield* address();
    if (to === null) return;
    const count = yield;
    let sum = count;
    const bytes = new Uint8Array(count + 1);
    for (let index = 0; index < bytes.length; index += 1) {
      bytes[index] = yield;
      sum ^= bytes[index] as number;
    }
    const isGood = (yield) === sum && bytes.length % 4 === 0 && to % 4 === 0;
    const work = (): boolean => {
      if (to >= ramBase) regionOf(to, bytes.length)?.set(bytes);
      // Beyond the end nothing is written, and nothing said.
      else if (regionOf(to, bytes.length) !== null) return memory.program(to, bytes);
      return true;
    };
    reply(isGood ? ack : nack, work, times.block);
  }

  function* go(): Program {
    if (!reply(protection === 'read' ? nack : ack)) return;
    const to = yield* address();
    if (to === null) return;
    running = to;
    program = null;
  }

  function* extendedErase(): Program {
    if (!reply(protection === 'read' ? nack : ack)) return;
    const high = yield;
    const low = yield;
    const count = high * 256 + low;
    if (count >= 0xfff0) {
      // 0xFFFF: everything; the others are for single banks.
      const isGood = (yield) === (high ^ low) && count === 0xffff;
      reply(isGood ? ack : nack, eraseAll, times.mass);
      return;
    }
    let sum = high ^ low;
    const pages: number[] = [];
    while (pages.length < count + 1) {
      const first = yield;
      const second = yield;
      sum ^= first ^ second;
      pages.push(first * 256 + second);
    }
    reply((yield) === sum ? ack : nack, () => erasePages(pages), times.page * pages.length);
  }

  function* plainErase(): Program {
    if (!reply(protection === 'read' ? nack : ack)) return;
    const count = yield;
    if (count === 0xff) {
      reply((yield) === 0 ? ack : nack, eraseAll, times.mass);
      return;
    }
    let sum = count;
    const pages: number[] = [];
    while (pages.length < count + 1) {
      const page = yield;
      sum ^= page;
      pages.push(page);
    }
    reply((yield) === sum ? ack : nack, () => erasePages(pages), times.page * pages.length);
  }

  const eraseAll = (): boolean => {
    memory.eraseAll();
    return true;
  };
  const erasePages = (pages: readonly number[]): boolean => {
    if (pages.some((page) => memory.sectors[page] === undefined)) return false;
    for (const page of pages) memory.erase(page);
    return true;
  };
  const tell = (...bytes: readonly number[]): void => {
    if (!reply(ack)) return;
    for (const byte of bytes) say(byte);
    reply(ack);
  };

  function* rom(): Program {
    // The length of the first bit that is 0 gives the speed: of any other byte, a wrong one.
    if ((yield) !== 0x7f) {
      for (;;) yield;
    }
    reply(ack);
    for (;;) {
      const code = yield;
      const complement = yield;
      if ((code ^ complement) !== 0xff || !codes.includes(code)) reply(nack);
      else if (code === 0x00) tell(codes.length, 0x31, ...codes);
      else if (code === 0x01) tell(0x31, 0, 0);
      else if (code === 0x02) tell(1, productId >>> 8, productId & 0xff);
      else if (code === 0x11) yield* read();
      else if (code === 0x21) yield* go();
      else if (code === 0x31) yield* write();
      else if (code === 0x44) yield* extendedErase();
      else if (code === 0x43) yield* plainErase();
      // Protection commands: nothing that is tested here uses them.
      else reply(nack);
    }
  }

  const begin = (): void => {
    program = rom();
    program.next();
  };
  function reset(): void {
    running = null;
    // The program that calls this ends by itself: another begins with the next byte.
    program = null;
    isReset = true;
  }
  let isReset = false;
  begin();
  const process = (byte: number): void => {
    if (isReset) {
      isReset = false;
      begin();
    }
    program?.next(byte);
  };
  return {
    sent,
    started: () => running,
    steps: () => steps,
    reset,
    receive(byte, now) {
      this.settle(now);
      if (now < time) {
        held ??= byte;
        return;
      }
      time = now;
      process(byte);
    },
    settle(now) {
      while (held !== null && time <= now) {
        const byte = held;
        held = null;
        process(byte);
      }
      return held === null ? null : time;
    },
  };
}
