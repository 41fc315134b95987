import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { usageError } from '../errors.ts';
import { type Isa, isas as knownIsas } from '../kernels/define.ts';

/** Something that Tessera makes files for: data in targets/<name>/target.json. */
export interface Target {
  readonly name: string;
  readonly description: string;
  /** `wasm`: a WebAssembly module with its JavaScript; `library`: C files to put into a project. */
  readonly kind: TargetKind;
  readonly compilerFlags: readonly string[];
  /** Instruction sets that kernels may use. */
  readonly isas: readonly Isa[];
  /** Files of the target's own folder that are put beside the generated ones. */
  readonly files: readonly string[];
  /** Where target.json stands. */
  readonly folder: URL;
}

const kinds = ['wasm', 'library'] as const;
export type TargetKind = (typeof kinds)[number];

const targetsFolder = new URL('../../targets/', import.meta.url);

/** The names of the targets that come with Tessera, sorted. */
export function targetNames(): readonly string[] {
  return readdirSync(targetsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/**
 * A target that comes with Tessera, or one of the user's own by the path of its target.json.
 * @throws TesseraError (exit code 2) where there is none, or its target.json is not valid
 */
export function loadTarget(name: string): Target {
  if (basename(name) !== name) return readTarget(pathToFileURL(name), name);
  const names = targetNames();
  if (!names.includes(name)) throw usageError(`there is no target ${name}`, `There are ${names.join(', ')}.`);
  return readTarget(new URL(`${name}/target.json`, targetsFolder), `target ${name}`);
}

function readTarget(file: URL, what: string): Target {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError(`${what} cannot be read: ${(error as Error).message}`);
  }
  return parseTarget(text, new URL('.', file), what);
}

/** Checks the text of a target.json; a field that is not known is an error. */
export function parseTarget(text: string, folder: URL, what: string): Target {
  const refuse = (reason: string): never => {
    throw usageError(`${what}: ${reason}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(`target.json is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('target.json is no object');
  const {
    name,
    description,
    kind,
    compilerFlags = [],
    isas = [],
    files = [],
    ...unknown
  } = value as Record<string, unknown>;
  const extra = Object.keys(unknown);
  if (extra.length > 0) return refuse(`unknown fields ${extra.join(', ')}`);
  if (typeof name !== 'string' || typeof description !== 'string') return refuse('name and description must be texts');
  const known = kinds.find((candidate) => candidate === kind);
  if (known === undefined) return refuse(`kind must be one of ${kinds.join(', ')}`);
  if (!isTextList(compilerFlags) || !isTextList(files)) return refuse('compilerFlags and files must be lists of texts');
  if (!isTextList(isas) || !isas.every(isIsa)) return refuse(`isas must be a list of ${knownIsas.join(', ')}`);
  if (files.some((file) => /[/\\]/.test(file))) return refuse('files must lie in the folder of target.json');
  return { name, description, kind: known, compilerFlags, isas, files, folder };
}

function isIsa(text: string): text is Isa {
  return knownIsas.some((isa) => isa === text);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
