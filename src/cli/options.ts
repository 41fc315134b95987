import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CompileOptions, defaults, type ReadOptions } from '../api/options.ts';
import { usageError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/** The options of every command that reads a model, as commander gives them. */
export interface ReadFlags {
  readonly dim?: Readonly<Record<string, number>>;
  readonly json?: true;
  readonly target?: string;
}

/** The options of every command that compiles. */
export interface CompileFlags extends ReadFlags {
  readonly calibrate?: string;
  readonly range?: NonNullable<CompileOptions['range']>;
  readonly io?: NonNullable<CompileOptions['boundary']>;
  readonly inputScale?: readonly number[];
  readonly inputMean?: readonly number[];
  readonly objective?: NonNullable<CompileOptions['objective']>;
  readonly optimize?: NonNullable<CompileOptions['optimize']>;
  readonly sram?: number;
  readonly maxOverhead?: number;
  readonly compiler?: NonNullable<CompileOptions['compiler']>;
  readonly name?: string;
}

/** Adds what every command that reads a model takes. */
export function addReadOptions(command: Command): Command {
  return command
    .option('--dim <name=size>', 'size of a symbolic dimension (repeatable)', addDimension)
    .option('--json', 'print JSON');
}

/** Adds what every command that compiles takes. */
export function addCompileOptions(command: Command): Command {
  return addReadOptions(command)
    .option('--calibrate <data>', 'representative inputs: x.npy, x.npz, a folder of .npy files, or "random"')
    .addOption(
      new Option('--range <method>', `how ranges follow from calibration; ${defaults.range} by default`).choices([
        'min-max',
        'percentile',
        'mse',
      ]),
    )
    .option(
      '--input-scale <numbers>',
      'the model is given pixels, and sees (pixel - mean) * scale; one number or one a channel',
      numbers,
    )
    .option('--input-mean <numbers>', 'see --input-scale', numbers)
    .addOption(
      new Option('--io <type>', `what the C offers at inputs and outputs; ${defaults.boundary} by default`).choices([
        'int8',
        'float',
      ]),
    )
    .addOption(
      new Option(
        '--objective <what>',
        `layer by layer (time), or the least SRAM for 3 % (balanced) or 25 % (sram) more time; ${defaults.objective} by default`,
      ).choices(['balanced', 'sram', 'time']),
    )
    .addOption(
      new Option(
        '--optimize <what>',
        `fast code, or small code that takes longer; ${defaults.optimize} by default`,
      ).choices(['speed', 'size']),
    )
    .addOption(
      new Option(
        '--compiler <which>',
        `clang for WebAssembly: from npm, or from the PATH; ${defaults.compiler} by default`,
      ).choices(['npm', 'system']),
    )
    .option(
      '--max-overhead <factor>',
      'the least SRAM with at most so many times the multiply-accumulates, such as 1.1',
      overhead,
    )
    .option('--sram <bytes>', 'the most SRAM for the arena (64K): the fastest plan that fits', byteCount)
    .option('--name <prefix>', 'prefix of all C names; by default from the file name');
}

/** Adds what a model is looked at or planned for. */
export function addTarget(command: Command): Command {
  const text = `what to compile for: see "tessera targets", or the path of a target.json; ${defaults.target} by default`;
  return command.option('--target <name>', text);
}

/** Adds how the inputs reach the model; `flag` because --input is a file where a model is run. */
export function addInputMode(command: Command, flag: '--input' | '--input-mode'): Command {
  const text = `whether inputs lie whole in the arena, or are fetched row by row; ${defaults.input} by default`;
  return command.addOption(new Option(`${flag} <mode>`, text).choices(['resident', 'stream']));
}

/** Adds how the outputs reach the caller; `flag` because a model that is run has --input-mode beside it. */
export function addOutputMode(command: Command, flag: '--output' | '--output-mode'): Command {
  const text = `whether outputs stand in the arena after a run, or are handed over row by row; ${defaults.output} by default`;
  return command.addOption(new Option(`${flag} <mode>`, text).choices(['resident', 'stream']));
}

export function readOptionsOf(flags: ReadFlags): ReadOptions {
  return { dimensions: flags.dim, target: flags.target };
}

export function compileOptionsOf(flags: CompileFlags, terminal: Terminal): CompileOptions {
  const { inputScale, inputMean } = flags;
  const isPixels = inputScale !== undefined || inputMean !== undefined;
  return {
    ...readOptionsOf(flags),
    calibrate: flags.calibrate,
    range: flags.range,
    boundary: flags.io,
    objective: flags.objective,
    optimize: flags.optimize,
    arenaLimit: flags.sram,
    maxOverhead: flags.maxOverhead,
    compiler: flags.compiler,
    name: flags.name,
    preprocessing: isPixels ? { scale: inputScale ?? [1], mean: inputMean ?? [0] } : undefined,
    onProgress: terminal.progress,
  };
}

/** A whole number from 1 on. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return value;
}

/** A number of bytes: 65536, 64K, 1M. */
function byteCount(text: string): number {
  const [, digits, unit = ''] = /^(\d+)(k|m)?b?$/i.exec(text) ?? [];
  const factor = { '': 1, k: 1024, m: 1024 * 1024 }[unit.toLowerCase()] ?? 1;
  const value = Number(digits) * factor;
  if (digits === undefined || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('It must be a number of bytes, such as 65536 or 64K.');
  }
  return value;
}

function overhead(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 1 && value < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError('It must be a number from 1 on, such as 1.1.');
  return value;
}

/** Adds a value to those of a repeatable option. */
export function collect(text: string, previous: readonly string[]): readonly string[] {
  return [...previous, text];
}

function addDimension(text: string, previous: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> {
  const [, name, size] = /^(.+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined || Number(size) < 1)
    throw new InvalidArgumentError('It must be name=size, with a size from 1 on.');
  // A name out of a command line may be __proto__.
  return Object.fromEntries([...Object.entries(previous), [name, Number(size)]]);
}

/** Numbers between commas; a fraction such as 1/255 is a number too. */
function numbers(text: string): readonly number[] {
  return text.split(',').map((part) => {
    const [above = '', below = '1', ...rest] = part.split('/').map((side) => side.trim());
    const value = Number(above) / Number(below);
    const isNumber = above !== '' && below !== '' && rest.length === 0 && Number.isFinite(value);
    if (!isNumber) throw new InvalidArgumentError(`"${part}" is no number.`);
    return value;
  });
}

/** The labels file: a name a line. */
export function namesOf(text: string, path: string): readonly string[] {
  const names = text.split(/\r?\n/).map((line) => line.trim());
  while (names.at(-1) === '') names.pop();
  if (names.length === 0) throw usageError(`${path}: the file names no class`);
  return names;
}
