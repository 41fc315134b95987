import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** The folders of the test file that runs: each file has a process of its own. */
const folders: string[] = [];

function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

afterAll(removeFolders);

// Hooks do not run where all tests of a file are left out; vitest ends its processes with this signal, which no handler
// for their exit sees.
process.once('SIGTERM', () => {
  removeFolders();
  process.exit();
});

/** A folder that is there until the tests of the file have run. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
  folders.push(folder);
  return folder;
}

/** Makes a folder in `parent` that nobody may read, and gives what happens where `use` is called with its path. */
export function withUnreadable<T>(parent: string, use: (folder: string) => T): T {
  const folder = join(parent, 'unreadable');
  mkdirSync(folder, { mode: 0 });
  chmodSync(parent, 0o755);
  // What nobody may read, root may.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    return use(folder);
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(folder, 0o755);
  }
}
