import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { attempt, usageError } from '../errors.ts';
import { isas as knownIsas } from '../kernels/define.ts';
import { readArenaSpace, readBoard } from './board.ts';
import { fieldsOf } from './fields.ts';
import { type Target, targetKinds } from './types.ts';

export type { Board, FlashMemory, MemoryRegion, Simulator, Target, TargetKind } from './types.ts';

const targetsFolder = new URL('../../targets/', import.meta.url);

/** The names of the targets that come with Tessera, sorted. */
export function targetNames(): readonly string[] {
  return readdirSync(targetsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/target.json`, targetsFolder)))
    .map((entry) => entry.name)
    .sort();
}

/**
 * A target that comes with Tessera, or one of the user's own by the path of its JSON file.
 * @throws TesseraError (exit code 2) where there is none, or the file is not valid
 */
export function loadTarget(name: string): Target {
  if (basename(name) !== name || name.endsWith('.json')) return readTarget(pathToFileURL(name), name);
  const names = targetNames();
  if (!names.includes(name)) {
    throw usageError(
      `there is no target ${name}`,
      `There are ${names.join(', ')}; or give the path of a JSON file, which ends in .json or begins with ./.`,
    );
  }
  return readTarget(new URL(`${name}/target.json`, targetsFolder), `target ${name}`);
}

function readTarget(file: URL, what: string): Target {
  const text = attempt(
    () => readFileSync(file, 'utf8'),
    (reason) => usageError(`${what} cannot be read: ${reason}`),
  );
  return parseTarget(text, new URL('.', file), what);
}

/**
 * Reads one of the files that a target brings along.
 * @throws TesseraError (exit code 2) where it cannot be read
 */
export function readTargetFile({ name, folder }: Target, file: string): Uint8Array {
  return attempt(
    () => readFileSync(new URL(encodeURIComponent(file), folder)),
    (reason) =>
      usageError(`target ${name}: ${file}, of its field files: ${reason}`, "Put it beside the target's file."),
  );
}

/** A target whose models and kernels are compiled for little code; the same where its flags are the user's own matter. */
export function smallTarget(target: Target): Target {
  if (target.board === null) return target;
  const value = JSON.parse(target.text) as { readonly board: object };
  const optimize = { ...target.board.optimize, model: '-Os' };
  const text = `${JSON.stringify({ ...value, board: { ...value.board, optimize } }, null, 2)}\n`;
  return parseTarget(text, target.folder, `target ${target.name}`);
}

/** Checks the text of a target.json; a field that is not known is an error. */
export function parseTarget(text: string, folder: URL, what: string): Target {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageError(`${what}: it is not JSON: ${(error as Error).message}`);
  }
  const fields = fieldsOf(value, what);
  fields.textOr('$schema', null);
  const name = fields.text('name');
  // It stands in C, in file names and in messages.
  if (!/^[a-z0-9][a-z0-9-]{0,47}$/.test(name)) fields.refuse('name must be small letters, digits and hyphens');
  const description = fields.text('description');
  const kind = fields.choice('kind', targetKinds);
  const compilerFlags = fields.texts('compilerFlags', []);
  // They stand in Makefiles and shell commands.
  if (compilerFlags.some((flag) => !/^[-+=.,\w]+$/.test(flag)))
    fields.refuse('compilerFlags must be single flags, without spaces or quotes');
  const listed = fields.texts('isas', []);
  const isas = knownIsas.filter((isa) => listed.includes(isa));
  if (isas.length !== listed.length) fields.refuse(`isas must be a list of ${knownIsas.join(', ')}`);
  const files = fields.texts('files', []);
  if (files.some((file) => /[/\\]/.test(file))) fields.refuse('files must lie in the folder of target.json');
  const arena = kind === 'firmware' ? [] : fields.objectsOrNone('arena').map(readArenaSpace);
  const names = arena.map((space) => space.name);
  if (new Set(names).size < names.length)
    fields.refuse(`two memories of arena are called the same: ${names.join(', ')}`);
  const boardFields = kind === 'firmware' ? fields.object('board') : null;
  const board = boardFields === null ? null : readBoard(boardFields);
  if (boardFields !== null && board?.sources.some((file) => !/^\w+\.c$/.test(file)))
    boardFields.refuse('sources must be names of C files, without a folder');
  fields.end();
  return { name, description, kind, compilerFlags, isas, files, arena, board, folder, text };
}
