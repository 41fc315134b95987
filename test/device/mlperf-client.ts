import type { Duplex } from 'node:stream';

/**
 * What MLPerf Tiny's runner does on the serial line, written down from its documented behaviour (mlcommons/tiny,
 * benchmark/runner: serial_device.py, device_under_test.py, script.py) without any code of src/device: if both agree with
 * the firmware, it is the grammar that they agree on.
 */
export interface MlperfClient {
  /** Lines that came before the first command. */
  boot(): Promise<readonly string[]>;
  /** Sends a command and collects lines up to one that holds m-ready, that one included. Empty lines are left out. */
  send(command: string, timeout?: number): Promise<readonly string[]>;
  readonly log: readonly string[];
}

const lineTimeout = 5000;
const inferTimeout = 30_000;

export function mlperfClient(stream: Duplex): MlperfClient {
  const queue: string[] = [];
  const log: string[] = [];
  let message = '';
  let wake = (): void => {};
  let isOver = false;
  stream.on('close', () => {
    isOver = true;
    wake();
  });
  stream.on('data', (bytes: Uint8Array) => {
    for (const byte of bytes) {
      const character = String.fromCharCode(byte);
      if (character === '\n') {
        queue.push(message);
        log.push(message);
        message = '';
      } else if (character !== '\r' && character !== '\0') message += character;
    }
    wake();
  });
  const readLine = async (timeout: number): Promise<string> => {
    const limit = Date.now() + timeout;
    for (;;) {
      const line = queue.shift();
      if (line !== undefined) return line;
      if (isOver) throw new Error(`the line has ended after ${JSON.stringify(log.at(-1))}`);
      if (Date.now() >= limit) throw new Error(`no line within ${timeout} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limit - Date.now());
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const collect = async (timeout: number): Promise<readonly string[]> => {
    const lines: string[] = [];
    for (;;) {
      const line = await readLine(timeout);
      if (line !== '') lines.push(line);
      if (line.includes('m-ready')) return lines;
    }
  };
  return {
    log,
    boot: () => collect(lineTimeout),
    send(command, timeout = command.startsWith('infer') ? inferTimeout : lineTimeout) {
      stream.write(`${command}%`);
      return collect(timeout);
    },
  };
}

/** The value in the brackets of the line `key-[value]`, as the runner's regular expressions find it. */
function bracketed(lines: readonly string[], key: string): string | null {
  const found = lines
    .map((line) => new RegExp(`^m-${key}-\\[([^\\]]+)\\]$`).exec(line))
    .find((match) => match !== null);
  return found?.[1] ?? null;
}

export interface Identity {
  readonly name: string | null;
  readonly profile: string | null;
  readonly model: string | null;
}

/** The runner's first questions. It walks over the answer line by line, so that one line would not do. */
export async function identify(client: MlperfClient): Promise<Identity> {
  const name = await client.send('name');
  const profile = await client.send('profile');
  if (name.length < 2 || profile.length < 2)
    throw new Error('an answer of one line is taken for a text, not for lines');
  return {
    name: bracketed(name, 'name-dut'),
    profile: bracketed(profile, 'profile'),
    model: bracketed(profile, 'model'),
  };
}

/** Loads bytes, 31 a command; gives the last answer. */
export async function load(client: MlperfClient, data: Uint8Array): Promise<readonly string[]> {
  await client.send(`db load ${data.length}`);
  let last: readonly string[] = [];
  for (let at = 0; at < data.length; at += 31) {
    last = await client.send(`db ${Buffer.from(data.subarray(at, at + 31)).toString('hex')}`);
  }
  return last;
}

export interface InferResult {
  readonly results: readonly number[];
  readonly microseconds: number;
  readonly lines: readonly string[];
}

/** Runs `count` inferences after `warmUps`; takes times and results as the runner does. */
export async function infer(client: MlperfClient, count: number, warmUps: number): Promise<InferResult> {
  const lines = await client.send(`infer ${count} ${warmUps}`);
  const laps = lines.flatMap((line) => /^m-lap-us-([0-9]+)$/.exec(line)?.[1] ?? []).map(Number);
  const results = bracketed(lines, 'results');
  if (laps.length !== 2 || results === null) throw new Error(`times or results are missing: ${lines.join(' | ')}`);
  return {
    results: results.split(',').map(Number),
    microseconds: (laps[1] as number) - (laps[0] as number),
    lines,
  };
}
