import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { usageError } from '../errors.ts';

/**
 * Refuses a folder that holds something that tessera did not write.
 * @throws TesseraError (exit code 2)
 */
export function checkFolder(folder: string): void {
  if (!existsSync(folder)) return;
  if (!lstatSync(realpathSync(folder)).isDirectory()) throw usageError(`${folder} is no folder`);
  const files = readdirSync(folder);
  if (files.length === 0 || isOurs(join(folder, 'report.json'))) return;
  throw usageError(
    `${folder} holds files that tessera did not write, and is left alone`,
    'Give --out a new folder, or an empty one.',
  );
}

function isOurs(report: string): boolean {
  try {
    const { schemaVersion, tool } = JSON.parse(readFileSync(report, 'utf8')) as {
      schemaVersion?: unknown;
      tool?: { name?: unknown };
    };
    return typeof schemaVersion === 'number' && tool?.name === 'tessera';
  } catch {
    return false;
  }
}

/**
 * Writes files into a folder, all or none: into a new one beside it, which then takes its place.
 * @throws TesseraError (exit code 2) where the place cannot be written to
 */
export function writeFolder(folder: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  checkFolder(folder);
  // A link stays; what it leads to is replaced.
  const place = existsSync(folder) ? realpathSync(folder) : resolve(folder);
  const token = randomBytes(6).toString('hex');
  const [fresh, old] = ['new', 'old'].map((kind) => join(dirname(place), `.${basename(place)}.${kind}-${token}`)) as [
    string,
    string,
  ];
  const refuse = (error: unknown): never => {
    throw usageError(`${folder} cannot be written: ${(error as Error).message}`);
  };
  try {
    mkdirSync(fresh, { recursive: true });
  } catch (error) {
    refuse(error);
  }
  try {
    for (const [path, content] of files) {
      mkdirSync(dirname(join(fresh, path)), { recursive: true });
      writeFileSync(join(fresh, path), content);
    }
    const replaces = existsSync(place);
    if (replaces) renameSync(place, old);
    try {
      renameSync(fresh, place);
    } catch (error) {
      if (replaces) renameSync(old, place);
      throw error;
    }
    rmSync(old, { recursive: true, force: true });
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    refuse(error);
  }
}
