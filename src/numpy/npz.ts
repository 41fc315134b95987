import { unzipSync } from 'fflate';
import { usageError } from '../errors.ts';
import { type NumericArray, readNpy } from './npy.ts';

/** The most bytes of all arrays of an archive together, unpacked. */
const maxUnpacked = 2 ** 31;

/**
 * Reads the arrays of a .npz file (a zip archive of .npy files) by name.
 * @throws TesseraError (exit code 2) where it cannot be read
 */
export function readNpz(bytes: Uint8Array, name: string): ReadonlyMap<string, NumericArray> {
  let left = maxUnpacked;
  let files: Readonly<Record<string, Uint8Array>>;
  try {
    files = unzipSync(bytes, {
      filter(entry) {
        // The sizes that an archive states are not to be trusted with memory.
        left -= entry.originalSize;
        if (left < 0) throw new Error(`it unpacks to more than ${maxUnpacked} bytes`);
        return entry.name.endsWith('.npy');
      },
    });
  } catch (error) {
    throw usageError(`${name}: this .npz file cannot be read: ${(error as Error).message}`);
  }
  const arrays = Object.entries(files).map(([file, data]): [string, NumericArray] => [
    file.replace(/\.npy$/, ''),
    readNpy(data, `${name}: ${file}`),
  ]);
  if (arrays.length === 0) throw usageError(`${name}: the archive holds no .npy file`);
  return new Map(arrays);
}
