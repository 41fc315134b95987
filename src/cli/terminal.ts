import { exitCode, type ExitCode, TesseraError } from '../errors.ts';

/** Where a command writes to, and what it is told about the terminal. */
export interface Terminal {
  print(text: string): void;
  /** Sees what is being done: shown on a terminal where it takes more than a second. */
  readonly progress: (what: string, done: number, total: number) => void;
  /** Takes the progress line away. */
  clear(): void;
}

/** How long nothing is said of work in hand, and between two words about it, in milliseconds. */
const patience = 1000;
const interval = 200;

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const start = Date.now();
  let shown = false;
  let last = 0;
  const clear = (): void => {
    if (shown) process.stderr.write('\r\u001b[K');
    shown = false;
  };
  return {
    print(text) {
      clear();
      process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    progress(what, done, total) {
      const now = Date.now();
      if (!process.stderr.isTTY || now - start < patience || now - last < interval) return;
      last = now;
      shown = true;
      process.stderr.write(`\r\u001b[K${what}${total > 1 ? ` ${done} of ${total}` : ''} ...`);
    },
    clear,
  };
}

/** JSON as every command prints it. */
export function jsonText<T extends { readonly schemaVersion: 1 }>(value: T): string {
  return JSON.stringify(value, null, 2);
}

/** Ends quietly where nobody reads on (`tessera inspect model.onnx | head`). */
export function endOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(process.exitCode ?? 0);
    });
  }
}

/** Prints a failure to standard error and gives the exit code that it stands for. */
export function reportFailure(error: unknown): ExitCode {
  const title = coloured('error:', '31');
  if (error instanceof TesseraError) {
    const hint = error.hint === undefined ? '' : `${coloured('hint:', '36')} ${error.hint}\n`;
    process.stderr.write(`${title} ${error.message}\n${hint}`);
    return error.code;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const details = process.env.TESSERA_DEBUG === '1' ? `${stack}\n` : 'TESSERA_DEBUG=1 shows where it happened.\n';
  process.stderr.write(`${title} ${message}\nThis is a bug of ours: please report it, with the model if you can.\n${details}`);
  return exitCode.bug;
}

/** See no-color.org. */
function coloured(text: string, code: string): string {
  const isColoured = process.stderr.isTTY && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb';
  return isColoured ? `\u001b[${code}m${text}\u001b[0m` : text;
}
