import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { attempt, usageError } from '../errors.ts';
import { OperatorError } from '../ops/define.ts';
import { type ReadResult, readModel } from './read.ts';

/** The most that one external data file may hold, in bytes. */
const maxExternalBytes = 2 ** 31;

/**
 * Reads a model from disk, with external data from the model's own folder.
 * @throws TesseraError where there is no such file (exit code 2), or no ONNX model in it (3).
 */
export function readModelFile(path: string, dimensions?: ReadonlyMap<string, number>): ReadResult {
  const bytes = attempt(
    () => readRegularFile(path, maxExternalBytes),
    (reason) => usageError(`${path}: ${reason}`),
  );
  const folder = dirname(realpathSync(path));
  const externals = new Map<string, Uint8Array>();
  return readModel(bytes, {
    file: basename(path),
    dimensions,
    readExternal(location) {
      const known = externals.get(location);
      if (known !== undefined) return known;
      const data = readExternalFile(folder, location);
      externals.set(location, data);
      return data;
    },
  });
}

function readExternalFile(folder: string, location: string): Uint8Array {
  const refuse = (reason: string): OperatorError =>
    new OperatorError('invalid', `external data file ${location}: ${reason}`);
  const real = attempt(() => realpathSync(resolve(folder, location)), refuse);
  // A link may lead out of the folder although the location does not.
  const inside = relative(folder, real);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || resolve(inside) === inside) {
    throw refuse("it lies outside of the model's folder: refused, the file was not opened");
  }
  return attempt(() => readRegularFile(real, maxExternalBytes), refuse);
}

/** The whole of a file; a device or a pipe, which may never end, is refused. */
function readRegularFile(path: string, most: number): Uint8Array {
  const handle = openSync(path, 'r');
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile()) throw new Error('not a regular file');
    if (stats.size > most) throw new Error(`the file has ${stats.size} bytes; up to ${most} are supported`);
    const bytes = new Uint8Array(stats.size);
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(handle, bytes, done, bytes.length - done, done);
      if (read === 0) throw new Error('the file became shorter while it was read');
      done += read;
    }
    return bytes;
  } finally {
    closeSync(handle);
  }
}
