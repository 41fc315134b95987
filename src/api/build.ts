import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { binaryFlags, boardFlags, commonFlags, linkFlags, modelFlags } from '../codegen/board-project.ts';
import { exitCode, TesseraError, usageError } from '../errors.ts';
import { count, tableText } from '../report/table.ts';
import { type ElfSection, elfSections } from '../targets/elf.ts';
import { loadTarget, targetNames } from '../targets/load.ts';
import { linkedUse, type RegionUse, regionUse } from '../targets/regions.ts';
import type { Board, Target } from '../targets/types.ts';
import { armCompiler, findTool, installLine } from './tools.ts';

/** A firmware that was built, and how it lies in the target's memories. */
export interface Build {
  readonly target: string;
  /** Paths of the program: with addresses and symbols, and its plain bytes. Not there where it does not fit. */
  readonly elf: string;
  readonly binary: string;
  readonly compiler: string;
  /** Warnings of the compiler; there should be none. */
  readonly warnings: readonly string[];
  readonly regions: readonly RegionUse[];
  readonly fits: boolean;
}

export interface BuildOptions {
  /** `auto`: make where it is installed, else the compiler file by file. */
  readonly through?: 'auto' | 'make' | 'compiler';
}

/** Tools may say much where they fail. */
const outputLimit = 2 ** 26;

/**
 * Compiles the firmware in a folder that `makeProject` made, and measures how it lies in the memories of its target.
 * @throws TesseraError exit code 2 where the folder holds no firmware, or its target asks for the impossible; 5 where
 *   the compiler is missing
 */
export function buildFirmware(folder: string, { through = 'auto' }: BuildOptions = {}): Build {
  const { target, board } = firmwareOf(folder);
  const compiler = findTool(armCompiler);
  if (compiler === null) {
    throw new TesseraError(
      exitCode.toolMissing,
      `${armCompiler.name} is not installed: it compiles firmware for Cortex-M`,
      `Install it: ${installLine(armCompiler)}`,
    );
  }
  const hasMake = through === 'make' || (through === 'auto' && spawnSync('make', ['--version']).error === undefined);
  const { failed, output } = hasMake ? runMake(folder) : runCompiler(folder, target, board);
  const regions = failed
    ? failedBuild(folder, target, board, output)
    : regionUse(board, sectionsOf(join(folder, 'build/firmware.elf')));
  return {
    target: target.name,
    elf: join(folder, 'build/firmware.elf'),
    binary: join(folder, 'build/firmware.bin'),
    compiler: `${armCompiler.name} ${compiler.version ?? ''}`.trim(),
    warnings: output.split('\n').filter((line) => /warning:/.test(line)),
    regions,
    fits: !failed && regions.every(({ used, bytes }) => used <= bytes),
  };
}

function sectionsOf(elf: string): readonly ElfSection[] {
  const sections = elfSections(readFileSync(elf));
  if (sections === null) throw new Error(`${elf} is no ELF file`);
  return sections;
}

function firmwareOf(folder: string): { readonly target: Target; readonly board: Board } {
  const file = join(folder, 'target.json');
  const isFirmware = existsSync(file) && existsSync(join(folder, 'memory.ld'));
  const target = isFirmware ? loadTarget(file) : null;
  if (target !== null && target.board !== null) return { target, board: target.board };
  throw usageError(
    `${folder} holds no firmware that tessera made`,
    'Make one: tessera compile model.onnx --target nucleo-f446re --out <folder>.',
  );
}

/** How the regions are used, as lines of text. */
export function regionText(regions: readonly RegionUse[]): string {
  return tableText(
    [
      { title: 'memory', align: 'left', text: (region) => region.name },
      { title: 'used', align: 'right', text: (region) => count(region.used) },
      { title: 'of bytes', align: 'right', text: (region) => count(region.bytes) },
      { title: '', align: 'right', text: (region) => `${((100 * region.used) / region.bytes).toFixed(1)} %` },
      {
        title: 'what lies in it',
        align: 'left',
        text: (region) => region.sections.map(({ name, bytes }) => `${name} ${count(bytes)}`).join(', '),
      },
    ],
    regions,
    160,
  );
}

/**
 * Refuses a firmware that is too large.
 * @throws TesseraError (exit code 4) that says by how much, for each memory
 */
export function requireFit({ target, regions, fits }: Build): void {
  if (fits) return;
  const full = regions.filter(({ used, bytes }) => used > bytes);
  const what = full.map(({ name, used, bytes }) => `${name} by ${count(used - bytes)} bytes`).join(', ');
  throw new TesseraError(
    exitCode.doesNotFit,
    `the firmware does not fit ${target}: too large for ${what}`,
    'Compile with --objective sram, --input stream or --output stream for less SRAM, or take a larger target.',
  );
}

/** What the tools printed, and whether the last of them gave up. */
interface Outcome {
  readonly failed: boolean;
  readonly output: string;
}

function command(folder: string, program: string, args: readonly string[]): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, [...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: outputLimit,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (error !== undefined) throw new TesseraError(exitCode.toolMissing, `${program} cannot be run: ${error.message}`);
  return { failed: status !== 0, output: `${stdout}${stderr}` };
}

function runMake(folder: string): Outcome {
  return command(folder, 'make', ['--no-print-directory', `-j${availableParallelism()}`]);
}

/** What the Makefile does, file by file. */
function runCompiler(folder: string, target: Target, board: Board): Outcome {
  const common = [...target.compilerFlags, ...commonFlags, '-Imodel', '-Iboard'];
  const parts = { model: modelFlags(board), board: boardFlags(board) } as const;
  const outputs: string[] = [];
  const step = (program: string, args: readonly string[]): boolean => {
    const { failed, output } = command(folder, program, args);
    outputs.push(output);
    return !failed;
  };
  const objects: string[] = [];
  for (const [part, flags] of Object.entries(parts)) {
    mkdirSync(join(folder, 'build', part), { recursive: true });
    const sources = readdirSync(join(folder, part))
      .filter((name) => name.endsWith('.c'))
      .sort();
    for (const name of sources) {
      const object = `build/${part}/${name.replace(/\.c$/, '.o')}`;
      objects.push(object);
      if (!step(armCompiler.name, [...common, ...flags, '-c', `${part}/${name}`, '-o', object]))
        return { failed: true, output: outputs.join('') };
    }
  }
  const link = [...target.compilerFlags, ...linkFlags, '-T', 'memory.ld', ...objects, '-o', 'build/firmware.elf'];
  const copy = ['-O', 'binary', ...binaryFlags(board), 'build/firmware.elf', 'build/firmware.bin'];
  const done = step(armCompiler.name, link) && step('arm-none-eabi-objcopy', copy);
  return { failed: !done, output: outputs.join('') };
}

/** A build that ended early: too large, a target that asks for the impossible, or a bug of ours. */
function failedBuild(folder: string, target: Target, board: Board, output: string): readonly RegionUse[] {
  for (const name of ['firmware.elf', 'firmware.bin']) rmSync(join(folder, 'build', name), { force: true });
  const wrong = /#error "(target\.json: [^"]*)"/.exec(output)?.[1];
  if (wrong !== undefined) throw usageError(`target ${target.name}: ${wrong.replace('target.json: ', '')}`);
  const regions = linkedUse(board, output);
  if (regions.some(({ used, bytes }) => used > bytes)) return regions;
  if (/fatal error: (string|stdint|stddef)\.h: No such file/.test(output)) {
    throw new TesseraError(
      exitCode.toolMissing,
      `${armCompiler.name} does not find its C library`,
      `Install it: ${installLine(armCompiler)}`,
    );
  }
  const mistake = mistakeIn(folder, target, output);
  if (mistake !== null) throw mistake;
  throw new Error(`the generated firmware does not compile:\n${output.split('\n').slice(-30).join('\n')}`);
}

/** What of a failed build is not of our making: a target of the user's own, and files that were changed. */
function mistakeIn(folder: string, target: Target, output: string): TesseraError | null {
  const [flag] = /^arm-none-eabi-gcc: error: .*$/m.exec(output) ?? [];
  if (flag !== undefined) return usageError(`target ${target.name}: ${flag}`, 'Look at its compilerFlags.');
  const [line, file = ''] = /^((?:model|board)\/[^:\s]+):\d+:.*error: .*$/m.exec(output) ?? [];
  if (target.files.includes(basename(file)))
    return usageError(`target ${target.name}: its file ${basename(file)} does not compile: ${line}`);
  const time = (name: string): number => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  // The report is written last.
  if (line !== undefined && time(file) > time('report.json'))
    return usageError(`${join(folder, file)} was changed, and does not compile: ${line}`, 'Compile the model again.');
  if (targetNames().includes(target.name)) return null;
  const [problem = 'the compiler does not say why'] =
    /^.*(error: |undefined reference|multiple def).*$/im.exec(output) ?? [];
  return usageError(
    `target ${target.name}: the firmware does not compile: ${problem}`,
    'Do its compilerFlags, sources and files go together? If they do, please report it.',
  );
}
