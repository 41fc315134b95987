import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { attempt, usageError } from '../errors.ts';
import { type NumericArray, readNpy } from './npy.ts';
import { readNpz } from './npz.ts';

/** The most that one data file may hold, in bytes. */
const maxFileBytes = 2 ** 31;

/** Where arrays come from: one file, or several that go by name (an archive) or in order (a folder). */
export type ArrayFiles =
  | { readonly kind: 'array'; readonly array: NumericArray }
  | { readonly kind: 'named' | 'folder'; readonly arrays: ReadonlyMap<string, NumericArray> };

/**
 * Reads x.npy, x.npz or a folder of .npy files, in the order of their names.
 * @throws TesseraError (exit code 2) where there is nothing to read, or it cannot be read
 */
export function loadArrays(path: string): ArrayFiles {
  if (at(path, () => statSync(path).isDirectory())) {
    const files = at(path, () => readdirSync(path))
      .filter((file) => file.endsWith('.npy'))
      .sort();
    if (files.length === 0) throw usageError(`${path}: the folder holds no .npy file`);
    const arrays = files.map((file): [string, NumericArray] => [basename(file, '.npy'), loadNpy(join(path, file))]);
    return { kind: 'folder', arrays: new Map(arrays) };
  }
  const bytes = readData(path);
  // A zip archive begins with PK.
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return { kind: 'named', arrays: readNpz(bytes, path) };
  return { kind: 'array', array: readNpy(bytes, path) };
}

/** Reads one .npy file. */
export function loadNpy(path: string): NumericArray {
  return readNpy(readData(path), path);
}

/** Looks at a file or folder; names it where that fails. */
function at<T>(path: string, look: () => T): T {
  return attempt(look, (reason) => usageError(`${path}: ${reason}`));
}

function readData(path: string): Uint8Array {
  return at(path, () => {
    const stats = statSync(path);
    // A device or a pipe may never end.
    if (!stats.isFile()) throw new Error('it is no regular file');
    if (stats.size > maxFileBytes) throw new Error(`the file has ${stats.size} bytes; up to ${maxFileBytes} are read`);
    return readFileSync(path);
  });
}
