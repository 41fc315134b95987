import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { exitCode, TesseraError } from '../errors.ts';
import type { Simulator } from '../targets/types.ts';

/** An emulated board that runs. */
export interface Emulator {
  /** The board's serial line. */
  readonly stream: Duplex;
  /** What the emulator has written to its standard error. */
  readonly complaints: () => string;
  /** Ends it, and resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * A shell that starts the emulator and ends it when its own standard input ends: that happens however this process ends,
 * by a signal that nothing can catch too. Its arguments are the emulator's command line.
 */
const keeper = `
exec 4<&0
"$@" </dev/null 4<&- &
board=$!
(read -r _ <&4; kill "$board" 2>/dev/null) 3<&- >/dev/null 2>&1 &
watcher=$!
wait "$board"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
`;

/** What a shell gives as exit status where there is no such program. */
const notFound = 127;

/** How long a program may take to say that it has started, in milliseconds. */
const startTimeout = 5000;

/** How long an emulator may take to end before it is killed, in milliseconds. */
const endTimeout = 3000;

/**
 * Starts an emulated board with a program.
 * @param program the ELF file
 * @throws TesseraError (exit code 5) where the emulator is not installed, (6) where it does not start
 */
export async function startEmulator(simulator: Simulator, program: string): Promise<Emulator> {
  if (process.platform === 'win32') {
    throw new TesseraError(
      exitCode.toolMissing,
      'emulated boards need Linux or macOS: on Windows a socket cannot be handed to QEMU',
      'Use the Windows Subsystem for Linux.',
    );
  }
  const line = ['-chardev', 'socket,id=line,fd=3', '-serial', 'chardev:line'];
  const machine = ['-M', simulator.machine, ...simulator.arguments, '-display', 'none', '-monitor', 'none'];
  const command = [simulator.command, ...machine, ...line, '-kernel', program];
  // Descriptor 3 is the board's serial line: what Node calls a pipe is a socket. Nothing of it lies in the file system.
  // A group of its own: Ctrl-C on a terminal reaches this process, which ends the emulator.
  const child = spawn('/bin/sh', ['-c', keeper, 'sh', ...command], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let complaints = '';
  child.stderr?.on('data', (text: Buffer) => {
    complaints = (complaints + text.toString('utf8')).slice(-4000);
  });
  const stream = child.stdio[3] as Duplex;
  child.stdin?.on('error', () => {});
  const ended = new Promise<number>((resolve) => {
    child.on('exit', (code) => resolve(code ?? 1));
    child.on('error', () => resolve(notFound));
  });
  const stop = async (): Promise<void> => {
    child.stdin?.end();
    const timer = setTimeout(() => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }, endTimeout);
    await ended;
    clearTimeout(timer);
    stream.destroy();
  };
  const failed = await Promise.race([ended, started(stream)]);
  if (failed === null) return { stream, complaints: () => complaints, stop };
  await stop();
  if (failed === notFound) {
    throw new TesseraError(
      exitCode.toolMissing,
      `${simulator.command} is not installed`,
      'On Debian and Ubuntu: sudo apt-get install qemu-system-arm. On macOS: brew install qemu.',
    );
  }
  throw new TesseraError(
    exitCode.device,
    `${simulator.command} does not start ${program}: ${complaints.trim() || `it ended with ${failed}`}`,
  );
}

/** Resolves with null when the board has said something, or could long have. */
function started(stream: Duplex): Promise<null> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, startTimeout);
    // The end of the stream is readable too: then there is nothing to read.
    const onReadable = (): void => {
      if (stream.readableLength > 0) done();
    };
    function done(): void {
      clearTimeout(timer);
      stream.off('readable', onReadable);
      resolve(null);
    }
    stream.on('readable', onReadable);
    stream.once('close', () => clearTimeout(timer));
  });
}
