import {
  type Dirent,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { attempt, fileReason, usageError } from '../errors.ts';
import { withTemporaryFolder } from '../temporary.ts';

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
  const { files: listed, buildFolders } = reportOf(join(place, 'report.json'));
  const ours = new Set(listed);
  const isBuilt = (file: string): boolean => buildFolders.includes(file.split(/[/\\]/)[0] ?? '');
  const foreign: string[] = [];
  for (const file of filesIn(place)) {
    if (ours.has(file.replaceAll('\\', '/')) || isBuilt(file)) continue;
    foreign.push(file);
    // Enough to tell: the folder may be that of a whole system.
    if (foreign.length > 3) break;
  }
  if (foreign.length === 0) return;
  const some = foreign.slice(0, 3).join(', ');
  throw usageError(
    `${folder} holds files that tessera did not write, and is left alone: ${some}${foreign.length > 3 ? ', ...' : ''}`,
    'Give --out a new folder, or an empty one.',
  );
}

/** The files below a folder, those higher up first, read as they are asked for. */
function* filesIn(folder: string): Generator<string> {
  const folders = [''];
  for (const inside of folders) {
    for (const entry of entriesOf(join(folder, inside))) {
      const path = join(inside, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else yield path;
    }
  }
}

function entriesOf(folder: string): readonly Dirent[] {
  return attempt(
    () => readdirSync(folder, { withFileTypes: true }),
    (reason) =>
      usageError(
        `whether tessera wrote ${folder} is not known: ${reason}`,
        'Give --out a new folder, or an empty one.',
      ),
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
export async function writeFolder(folder: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  checkFolder(folder);
  // A link stays; what it leads to is replaced.
  const place = existsSync(folder) ? realpathSync(folder) : resolve(folder);
  const parent = dirname(place);
  try {
    // Not all at once: for a place such as /proc/x that never returns.
    if (!existsSync(parent)) mkdirSync(parent, { recursive: true });
    await withTemporaryFolder(
      `.${basename(place)}.new-`,
      async (beside) => {
        // Not the temporary folder itself, which nobody else may read.
        const [fresh, old] = [join(beside, 'new'), join(beside, 'old')];
        mkdirSync(fresh);
        for (const [path, content] of files) {
          mkdirSync(dirname(join(fresh, path)), { recursive: true });
          writeFileSync(join(fresh, path), content);
        }
        replace(place, fresh, old);
      },
      parent,
    );
  } catch (error) {
    throw usageError(`${folder} cannot be written: ${fileReason(error)}`);
  }
}

/** Puts the folder `fresh` to `place`; what was there goes to `old`, or stays where the other cannot come. */
function replace(place: string, fresh: string, old: string): void {
  const replaces = existsSync(place);
  if (replaces) renameSync(place, old);
  try {
    renameSync(fresh, place);
  } catch (error) {
    if (replaces) renameSync(old, place);
    throw error;
  }
}
