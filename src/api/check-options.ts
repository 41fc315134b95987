import { usageError } from '../errors.ts';
import type { Preprocessing } from '../passes/preprocess.ts';
import { type CompileOptions, type ModelSource, optionChoices, type ReadOptions } from './options.ts';

/** What each option is, as `typeof` says it; null where `optionChoices`, or who takes it, says more. */
const optionTypes: Readonly<Record<keyof CompileOptions, 'string' | 'object' | 'function' | null>> = {
  target: 'string',
  name: 'string',
  dimensions: 'object',
  preprocessing: 'object',
  modeOptions: 'object',
  onProgress: 'function',
  calibrate: null,
  arenaLimit: null,
  maxOverhead: null,
  range: null,
  boundary: null,
  input: null,
  output: null,
  objective: null,
  optimize: null,
  compiler: null,
};

/**
 * Looks at options as they come from JavaScript, and from configuration files, where nothing else does.
 * @throws TesseraError (exit code 2) at the first that does not exist or cannot be
 */
export function checkOptions(options: CompileOptions): void {
  if (typeof options !== 'object' || options === null) throw usageError(`the options are ${String(options)}`);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(optionTypes, name)) {
      throw usageError(`there is no option ${name}`, `There are ${Object.keys(optionTypes).sort().join(', ')}.`);
    }
    const type = optionTypes[name as keyof CompileOptions];
    if (value === undefined || type === null || (typeof value === type && value !== null)) continue;
    throw usageError(`the option ${name} is ${String(value)}`, `It takes a value of the type ${type}.`);
  }
  for (const [name, size] of Object.entries(options.dimensions ?? {})) {
    if (Number.isSafeInteger(size) && size >= 1) continue;
    throw usageError(`the option dimensions gives ${name} the size ${size}`, 'A size is a whole number from 1 on.');
  }
  const { maxOverhead } = options;
  if (maxOverhead !== undefined && !(maxOverhead >= 1)) {
    throw usageError(
      `the option maxOverhead is ${maxOverhead}`,
      'It is a multiple of the multiply-accumulates of the model, such as 1.1; 1 computes nothing twice.',
    );
  }
  const { arenaLimit } = options;
  if (arenaLimit !== undefined && !(Number.isSafeInteger(arenaLimit) && arenaLimit > 0)) {
    throw usageError(`the option arenaLimit is ${arenaLimit}`, 'It is a whole number of bytes, such as 65536.');
  }
  const choices = { ...optionChoices } as Readonly<Record<string, readonly string[]>>;
  for (const [name, allowed] of Object.entries(choices)) {
    const value = options[name as keyof CompileOptions];
    if (value === undefined || allowed.includes(String(value))) continue;
    throw usageError(`the option ${name} is ${String(value)}`, `It can be ${allowed.join(', ')}.`);
  }
}

/** @throws TesseraError (exit code 2) where the model is neither a path nor bytes */
export function checkSource(source: ModelSource): void {
  if (typeof source === 'string' || source instanceof Uint8Array) return;
  throw usageError(
    `the model is given as ${String(source)}`,
    'Give the path of an ONNX file, or its bytes as a Uint8Array.',
  );
}

/**
 * The numbers of the option, in lists: scale 1 and mean 0 where it does not say.
 * @throws TesseraError (exit code 2) where they are no numbers
 */
export function preprocessingOf(given: NonNullable<ReadOptions['preprocessing']>): Preprocessing {
  const list = (name: 'scale' | 'mean', value: unknown): readonly number[] => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (values.length > 0 && values.every((one) => typeof one === 'number')) return values;
    throw usageError(
      `the ${name} of preprocessing is ${String(value)}`,
      'It is a number, or a list of one for each channel: { scale: 1 / 255, mean: 0 }.',
    );
  };
  const { scale = 1, mean = 0 } = given;
  return { scale: list('scale', scale), mean: list('mean', mean) };
}
