import { type ExitCode, exitCode, TesseraError } from '../errors.ts';

/** What of a stream a command needs: process.stdout is one. */
export interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Where a command writes to. */
export interface Terminal {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Prints a command's result. */
  print(text: string): void;
  /** Sees what is being done: shown on a terminal where it takes more than a second. */
  readonly progress: (what: string, done: number, total: number) => void;
  /** Takes the progress line away. */
  clear(): void;
}

/** How long nothing is said of work in hand, and between two words about it, in milliseconds. */
const patience = 1000;
const interval = 200;

export function createTerminal(stdout: Stream, stderr: Stream): Terminal {
  const start = Date.now();
  let shown = false;
  let last = 0;
  const clear = (): void => {
    if (shown) stderr.write('\r\u001b[K');
    shown = false;
  };
  return {
    stdout,
    stderr,
    print(text) {
      clear();
      stdout.write(harmless(text.endsWith('\n') ? text : `${text}\n`));
    },
    progress(what, done, total) {
      const now = Date.now();
      if (stderr.isTTY !== true || now - start < patience || now - last < interval) return;
      last = now;
      shown = true;
      stderr.write(`\r\u001b[K${what}${total > 1 ? ` ${done} of ${total}` : ''} ...`);
    },
    clear,
  };
}

/** JSON as every command prints it. */
export function jsonText<T extends { readonly schemaVersion: 1 }>(value: T): string {
  return JSON.stringify(value, null, 2);
}

/** Text from files, devices and tools without what would move a terminal's cursor or turn its text around. */
function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, '?');
}

/** Prints a failure to standard error and gives the exit code that it stands for. */
export function reportFailure(error: unknown, { stderr }: Terminal): ExitCode {
  const title = coloured('error:', '31', stderr);
  if (error instanceof TesseraError) {
    const hint = error.hint === undefined ? '' : `${coloured('hint:', '36', stderr)} ${harmless(error.hint)}\n`;
    stderr.write(`${title} ${harmless(error.message)}\n${hint}`);
    return error.code;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const details = process.env.TESSERA_DEBUG === '1' ? `${stack}\n` : 'TESSERA_DEBUG=1 shows where it happened.\n';
  stderr.write(`${title} ${message}\nThis is a bug of ours: please report it, with the model if you can.\n${details}`);
  return exitCode.bug;
}

/** See no-color.org. */
function coloured(text: string, code: string, stream: Stream): string {
  const isColoured = stream.isTTY === true && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb';
  return isColoured ? `\u001b[${code}m${text}\u001b[0m` : text;
}
