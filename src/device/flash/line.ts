import type { ByteLink } from './byte-link.ts';
import { answer, done, failed, type Reply } from './reply.ts';

/** Answers of the bootloader. Source: ST AN3155 (USART protocol used in the STM32 bootloader). */
const ack = 0x79;
const nack = 0x1f;
const busy = 0x76;

/** How long each kind of answer may take, in milliseconds. */
export interface Times {
  readonly reply: number;
  readonly block: number;
  /** stm32flash waits 5 s; the 256 KiB sectors of an STM32F7 may take longer at a low voltage. */
  readonly page: number;
  /** As long as stm32flash waits. */
  readonly mass: number;
  /** After so long without a byte nothing more is on its way. More than the 16 ms for which USB adapters hold bytes back. */
  readonly quiet: number;
  /** How long to wait for the effect of a single byte. */
  readonly poke: number;
  /** The most that a device may say it is busy. */
  readonly busy: number;
}

export const standardTimes: Times = {
  reply: 1000,
  block: 1000,
  page: 10_000,
  mass: 35_000,
  quiet: 100,
  poke: 40,
  busy: 60_000,
};

/** A line on which every answer has a time limit and every failure is a value. */
export interface Line {
  readonly times: Times;
  /** Sends bytes without waiting for an answer. */
  send(bytes: Uint8Array, step: string): Promise<Reply<void>>;
  /** Waits for ACK; BUSY makes it wait on. */
  acknowledged(step: string, milliseconds: number): Promise<Reply<void>>;
  /** Takes so many bytes, each within the time of a reply. */
  take(count: number, step: string): Promise<Reply<Uint8Array>>;
  /** Throws away what comes until nothing more does; garbled where it does not end. */
  drain(step: string): Promise<Reply<void>>;
  /** The next byte, or null. */
  next(milliseconds: number, step: string): Promise<Reply<number | null>>;
}

/** No answer of the protocol is longer; a device that sends on after so many bytes is no bootloader. */
const longestAnswer = 8192;

/** @param now the time in milliseconds; tests have a clock of their own */
export function createLine(link: ByteLink, times: Times, now: () => number): Line {
  const send = async (bytes: Uint8Array, step: string): Promise<Reply<void>> => {
    try {
      await link.write(bytes);
      return done;
    } catch (error) {
      return failed('closed', step, (error as Error).message);
    }
  };
  const next = async (milliseconds: number, step: string): Promise<Reply<number | null>> => {
    try {
      return answer(await link.read(milliseconds));
    } catch (error) {
      return failed('closed', step, (error as Error).message);
    }
  };
  return {
    times,
    send,
    next,
    async acknowledged(step, milliseconds) {
      const start = now();
      for (;;) {
        const byte = await next(milliseconds, step);
        if (!byte.ok) return byte;
        if (byte.value === ack) return done;
        if (byte.value === null) return failed('silence', step);
        if (byte.value === nack) return failed('nack', step);
        if (byte.value !== busy) return failed('garbled', step);
        if (now() - start > times.busy) return failed('busy', step);
      }
    },
    async take(count, step) {
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count; at += 1) {
        const byte = await next(times.reply, step);
        if (!byte.ok) return byte;
        if (byte.value === null) return failed('silence', step);
        bytes[at] = byte.value;
      }
      return answer(bytes);
    },
    async drain(step) {
      for (let count = 0; count < longestAnswer; count += 1) {
        const byte = await next(times.quiet, step);
        if (!byte.ok) return byte;
        if (byte.value === null) return done;
      }
      return failed('garbled', step);
    },
  };
}

/** Whether the byte is a refusal. */
export function isNack(byte: number | null): boolean {
  return byte === nack;
}
