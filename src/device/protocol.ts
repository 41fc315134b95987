import { deviceError, type Link } from './link.ts';

/**
 * The text grammar of the MLPerf Tiny benchmark, which the firmware speaks: commands end with `%`, answers are lines that
 * end with a line that contains m-ready. Our own commands begin with x-, and their answers hold a checksum.
 * Source: mlcommons/tiny, benchmark/api and benchmark/runner.
 */

/** A line that is longer is noise: what the firmware says is much shorter. */
const longestLine = 65536;

/** Takes bytes as they come, gives the lines that are complete. */
export interface LineReader {
  feed(bytes: Uint8Array): readonly string[];
  /** Forgets the line in hand. */
  clear(): void;
}

export function createLineReader(): LineReader {
  let line = '';
  return {
    feed(bytes) {
      const lines: string[] = [];
      for (const byte of bytes) {
        if (byte === 10) {
          lines.push(line);
          line = '';
          // The end of a line, and the zeros that a line carries while a board is switched on.
        } else if (byte !== 13 && byte !== 0) line = line.length < longestLine ? line + String.fromCharCode(byte) : '';
      }
      return lines;
    },
    clear() {
      line = '';
    },
  };
}

/** FNV-1a over bytes; the firmware computes the same. Source: draft-eastlake-fnv. */
export function fnv(bytes: Uint8Array, start = 2166136261): number {
  let hash = start;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  return hash;
}

export const hex = (value: number): string => value.toString(16).padStart(8, '0');

export interface AskOptions {
  /** How long the board may work, once it has said that it does, in milliseconds. */
  readonly work?: number;
  /** Raw bytes that follow the command. */
  readonly payload?: Uint8Array;
  /** Gives the row that the board asks for in the middle of its answer. */
  readonly serve?: (input: number, row: number, bytes: number) => Uint8Array;
}

/** What a board gave back: `lines` where the answer is whole, a reason where it is not. */
export type Answer =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'silent'; readonly lines: readonly string[] };

/** Commands and answers over a link, one at a time. */
export interface Conversation {
  readonly link: Link;
  /** Sends a command and collects its answer, up to m-ready. */
  ask(command: string, options?: AskOptions): Promise<Answer>;
  /** An answer of one of our own commands, with its checksum checked and taken off; tried again where it is damaged. */
  askChecked(command: string, options?: AskOptions): Promise<readonly string[]>;
  /** Brings both sides back to the start of a command, whatever was lost. */
  settle(): Promise<void>;
}

/** The longest that a line of an answer may take, in milliseconds: the benchmark's own limit. */
const benchmarkTimeout = 5000;

/** What a raw byte may take, in milliseconds: an emulator on a busy machine is that slow. */
const byteTimeout = 5;

/** How long nothing must come before both sides are taken to be quiet, in milliseconds. */
const quiet = 100;

/** How often a command is sent where its answer comes damaged. */
const trials = 4;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** `lineTimeout`: the longest that a line may take, in milliseconds. */
export function converse(link: Link, lineTimeout = benchmarkTimeout): Conversation {
  const reader = createLineReader();

  const ask = async (command: string, options: AskOptions = {}): Promise<Answer> => {
    const { payload = new Uint8Array(), serve } = options;
    const lines: string[] = [];
    await link.write(Buffer.concat([encode(`${command}%`), payload]));
    let limit = Date.now() + lineTimeout + payload.length * byteTimeout;
    for (;;) {
      const bytes = await link.read(Math.max(0, limit - Date.now()));
      if (bytes === null) return { kind: 'silent', lines };
      for (const line of reader.feed(bytes)) {
        const isWorking = /^x-r(unning|ow)-/.test(line);
        limit = Date.now() + (isWorking ? (options.work ?? lineTimeout) : lineTimeout);
        if (line.startsWith('e-[fault')) throw faultError(link, line);
        if (line.includes('m-ready')) return { kind: 'lines', lines };
        lines.push(line);
        const [, input, row, count] = /^x-row-\[(\d+),(\d+),(\d+)\]$/.exec(line) ?? [];
        if (serve === undefined || count === undefined) continue;
        const pixels = serve(Number(input), Number(row), Number(count));
        const sum = fnv(pixels);
        await link.write(Buffer.concat([pixels, Uint8Array.of(sum, sum >>> 8, sum >>> 16, sum >>> 24)]));
      }
      // Bytes that make no line come as long as something sends them.
      if (Date.now() > limit) return { kind: 'silent', lines };
    }
  };

  const settle = async (): Promise<void> => {
    await link.write(encode('%'));
    // The board may be in the middle of anything: it is quiet when it has answered.
    for (let waited = 0; waited < 50; waited += 1) if ((await link.read(quiet)) === null) break;
    reader.clear();
  };

  const askChecked = async (command: string, options: AskOptions = {}): Promise<readonly string[]> => {
    let reason = '';
    for (let trial = 0; trial < trials; trial += 1) {
      const answer = checked(await ask(command, options), command);
      if (answer.kind === 'lines') {
        const error = answer.lines.find((line) => line.startsWith('e-['));
        if (error === undefined) return answer.lines;
        if (!isTransient(error)) throw deviceError(`${link.name}: the board answers ${command} with ${error}`);
        reason = error;
      } else reason = answer.kind === 'broken' ? answer.reason : 'no answer in time';
      await settle();
    }
    throw deviceError(
      `${link.name}: ${command} failed ${trials} times: ${reason}`,
      'The line loses or changes bytes: check the cable, and that no other program reads the port.',
    );
  };

  return { link, ask, askChecked, settle };
}

/** Errors that say that bytes were lost on the way: the command is sent again. */
function isTransient(error: string): boolean {
  const ofBytes = ['Bytes were lost', 'The checksum is wrong', 'Unknown command', 'too long', 'A row did not come'];
  return ofBytes.some((text) => error.includes(text)) || !error.endsWith(']');
}

function faultError(link: Link, line: string): Error {
  return deviceError(
    `${link.name}: the board has stopped: ${line}`,
    'The program met a hardware fault. Press reset; if it comes again, please report it with the model.',
  );
}

/**
 * Takes the checksum off an answer; an answer whose checksum is wrong or missing is broken. The sum begins with the
 * command, so that a late answer to another command is told from the right one.
 */
export function checked(answer: Answer, command: string): Answer {
  if (answer.kind !== 'lines') return answer;
  const { lines } = answer;
  const [, expected] = /^x-check-\[([0-9a-f]{8})\]$/.exec(lines.at(-1) ?? '') ?? [];
  const unknown = lines.find((line) => line.startsWith('e-['));
  if (expected === undefined) {
    return unknown === undefined ? { kind: 'broken', reason: 'an answer has no checksum' } : answer;
  }
  const rest = lines.slice(0, -1);
  const sum = fnv(Buffer.from(`${command}${rest.map((line) => `${line}\r\n`).join('')}`, 'latin1'));
  return hex(sum) === expected
    ? { kind: 'lines', lines: rest }
    : { kind: 'broken', reason: 'the checksum of an answer is wrong' };
}
