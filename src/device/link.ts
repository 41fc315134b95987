import type { Duplex } from 'node:stream';
import { exitCode, TesseraError } from '../errors.ts';

/** Bytes to and from a board, whatever they go through. */
export interface Link {
  /** What a message calls it: "/dev/ttyACM0". */
  readonly name: string;
  /** Sends bytes; resolves when they are on their way. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * What has come since the last call: at least a byte, or null where nothing comes in time.
   * @throws TesseraError (exit code 6) where the link has failed or ended
   */
  read(milliseconds: number): Promise<Uint8Array | null>;
  /** Ends the link; what the other side does then is not waited for. */
  close(): Promise<void>;
}

function destroyed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.once('close', () => resolve()).destroy();
  });
}

/** A failure of the board, or of the way to it (exit code 6). */
export function deviceError(message: string, hint?: string): TesseraError {
  return new TesseraError(exitCode.device, message, hint);
}

/**
 * A link over a stream that is open: a serial port, a socket, the pipes of a process.
 * @param ended what to say where the stream ends while somebody still wants to talk
 * @param close how the stream is closed, where it is not enough to destroy it
 */
export function streamLink(
  name: string,
  stream: Duplex,
  ended: () => TesseraError,
  close: () => Promise<void> = () => destroyed(stream),
): Link {
  let chunks: Uint8Array[] = [];
  let failure: TesseraError | null = null;
  let wake: (() => void) | null = null;
  const rouse = (): void => wake?.();
  const fail = (error: TesseraError): void => {
    failure ??= error;
    rouse();
  };
  stream.on('data', (chunk: Uint8Array) => {
    chunks.push(new Uint8Array(chunk));
    rouse();
  });
  // What a stream says whose other side has gone.
  const failureOf = (error: Error): TesseraError =>
    /\b(EIO|EPIPE|ECONNRESET|ENXIO|ENODEV)\b/.test(error.message) ? ended() : deviceError(`${name}: ${error.message}`);
  stream.on('error', (error: Error) => fail(failureOf(error)));
  stream.on('end', () => fail(ended()));
  stream.on('close', () => fail(ended()));
  const taken = (): Uint8Array | null => {
    if (chunks.length === 0) return null;
    const all = new Uint8Array(Buffer.concat(chunks));
    chunks = [];
    return all;
  };
  return {
    name,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (failure !== null) reject(failure);
        // A port that was pulled out may never call back: its close does.
        const onClose = (): void => reject(failure ?? ended());
        stream.once('close', onClose);
        stream.write(bytes, (error) => {
          stream.off('close', onClose);
          if (error === null || error === undefined) resolve();
          else reject(failure ?? failureOf(error));
        });
      }),
    async read(milliseconds) {
      const there = taken();
      if (there !== null) return there;
      if (failure !== null) throw failure;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = null;
      const come = taken();
      if (come === null && failure !== null) throw failure;
      return come;
    },
    close,
  };
}
