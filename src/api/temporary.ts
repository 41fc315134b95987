import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Makes a folder that is gone when `use` has ended. Ctrl-C in the middle leaves nothing behind, and ends this process as it
 * would without us.
 */
export async function withTemporaryFolder<T>(prefix: string, use: (folder: string) => Promise<T>): Promise<T> {
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
    folder = mkdtempSync(join(tmpdir(), prefix));
    return await use(folder);
  } finally {
    stopListening();
    remove();
  }
}
