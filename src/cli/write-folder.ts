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
import { basename, dirname, join, relative, resolve } from 'node:path';
import { usageError } from '../errors.ts';

/**
 * Refuses a folder that holds something that tessera did not write: it would be gone when the folder is replaced.
 * @throws TesseraError (exit code 2)
 */
export function checkFolder(folder: string): void {
  // An empty name means the current folder to the file system, and an unset variable to a script.
  if (folder.trim() === '') throw usageError('--out is empty', 'Name the folder to write.');
  if (!existsSync(folder)) return;
  const place = realpathSync(folder);
  if (!lstatSync(place).isDirectory()) throw usageError(`${folder} is no folder`);
  const entries = readdirSync(place, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  const { files: listed, buildFolders } = reportOf(join(place, 'report.json'));
  const ours = new Set(listed);
  const isBuilt = (file: string): boolean => buildFolders.includes(file.split(/[/\\]/)[0] ?? '');
  const foreign = files
    .map((entry) => relative(place, join(entry.parentPath, entry.name)))
    .filter((file) => !ours.has(file.replaceAll('\\', '/')) && !isBuilt(file));
  if (foreign.length === 0) return;
  const some = foreign.slice(0, 3).join(', ');
  throw usageError(
    `${folder} holds files that tessera did not write, and is left alone: ${some}${foreign.length > 3 ? ', ...' : ''}`,
    'Give --out a new folder, or an empty one.',
  );
}

/** What a report of an earlier compilation lists: files, and folders that building makes; none where it is not ours. */
function reportOf(report: string): { readonly files: readonly string[]; readonly buildFolders: readonly string[] } {
  try {
    const { schemaVersion, tool, files, buildFolders } = JSON.parse(readFileSync(report, 'utf8')) as {
      schemaVersion?: unknown;
      tool?: { name?: unknown };
      files?: unknown;
      buildFolders?: unknown;
    };
    if (typeof schemaVersion === 'number' && tool?.name === 'tessera' && Array.isArray(files)) {
      return {
        files: files.map(String),
        buildFolders: Array.isArray(buildFolders) ? buildFolders.map(String) : [],
      };
    }
  } catch {
    // Not a report, or none.
  }
  return { files: [], buildFolders: [] };
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
    // Not all at once: for a place such as /proc/x that never returns.
    if (!existsSync(dirname(place))) mkdirSync(dirname(place), { recursive: true });
    mkdirSync(fresh);
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
