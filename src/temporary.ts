import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Makes a folder in `parent` that is gone when `use` has ended. Ctrl-C in the middle leaves nothing behind, and ends this
 * process as it would without us; while `use` computes without waiting, it is put off.
 */
export async function withTemporaryFolder<T>(
  prefix: string,
  use: (folder: string) => Promise<T>,
  parent = tmpdir(),
): Promise<T> {
  let folder: string | null = null;
  const remove = (): void => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    remove();
    stopListening();
    process.kill(process.pid, signal);
  };
  const stopListening = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  // First of all: a signal between the two would leave the folder. Handlers run when this function waits, not earlier.
  for (const signal of signals) process.on(signal, onSignal);
  try {
    folder = mkdtempSync(join(parent, prefix));
    return await use(folder);
  } finally {
    // What was put off comes in the next round of the event loop, of which this one may be past its beginning.
    for (let round = 0; round < 2; round += 1) await setImmediate();
    stopListening();
    remove();
  }
}
