import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtimeFile } from '../../src/codegen/project.ts';
import type { KernelVariant, VariantCall } from '../../src/kernels/define.ts';
import type { ConstantArray, FieldValue, KernelCall } from '../../src/ops/define.ts';
import { runCompiler, warnings } from '../support/native.ts';
import { createDice, type Dice, randomFrom } from '../support/random.ts';

/**
 * Variants of kernels beside the portable kernels that they stand in for: one C program runs both on random cases and
 * compares the bytes that they write, guards and gaps included.
 */

/** The bytes behind a row pointer: exactly those that the kernel may read. */
export interface RowBytes {
  readonly bytes: Int8Array;
  /** How far from an aligned address the first byte lies, 0 to 15. */
  readonly misaligned: number;
}

/** As tsr_segment. */
export interface Segment {
  readonly row: number;
  readonly column: number;
  readonly outWidth: number;
  readonly inWidth: number;
  readonly padLeft: number;
}

/** One call of the kernel; null is a row of padding. */
export interface KernelStep {
  readonly rows: readonly (RowBytes | null)[];
  readonly segment: Segment;
}

/** A portable call and what it is called with; several steps share the scratch, as where rows accumulate. */
export interface KernelCase {
  readonly call: KernelCall;
  readonly steps: readonly KernelStep[];
  /** From the first byte of the output to the last, gaps between pixels included. */
  readonly outBytes: number;
}

export type CaseMaker = (dice: Dice) => KernelCase;

/** The smaller file of a variant, as a variant of its own. */
export function smallKernel(variant: KernelVariant): KernelVariant {
  if (variant.smallSymbol === undefined) throw new Error(`${variant.symbol} has no smaller file`);
  return { ...variant, symbol: variant.smallSymbol };
}

/** The file of a variant for longer calls, as a variant of its own: with the scratch that those have. */
export function rowsKernel(variant: KernelVariant): KernelVariant {
  if (variant.rowsSymbol === undefined) throw new Error(`${variant.symbol} has no file for longer calls`);
  const adapt = (call: KernelCall): VariantCall | string => {
    const adapted = variant.adapt(call);
    return typeof adapted === 'string' ? adapted : { ...adapted, fewScratch: undefined };
  };
  return { ...variant, symbol: variant.rowsSymbol, adapt };
}

/** A kernel of a variant that takes less scratch, as a variant of its own: with that scratch. */
export function leanKernel(variant: KernelVariant, symbol: string): KernelVariant {
  const adapt = (call: KernelCall): VariantCall | string => {
    const adapted = variant.adapt(call);
    if (typeof adapted === 'string') return adapted;
    const { lean = [], fewScratch, ...rest } = adapted;
    const kernel = lean.find((one) => one.symbol === symbol);
    return kernel === undefined ? 'no such kernel of less scratch' : { ...rest, ...kernel };
  };
  return { ...variant, symbol, adapt };
}

/** A variant that writes channel-planar rows. */
export function planarOutputKernel(variant: KernelVariant): KernelVariant {
  const adapt = (call: KernelCall): VariantCall | string => {
    if (call.fields.out_pixel !== call.fields.out_channels) return 'pixels that do not lie side by side';
    const adapted = variant.adapt(call);
    if (typeof adapted === 'string') return adapted;
    if (adapted.planarOutput === undefined) return 'no planar rows';
    return { ...adapted, fields: { ...adapted.fields, ...adapted.planarOutput } };
  };
  return { ...variant, adapt };
}

/** The kernel of a variant that reads channel-planar rows, as a variant of its own. The place of pixels means nothing to it. */
export function planarInputKernel(variant: KernelVariant): KernelVariant {
  if (variant.planarSymbol === undefined) throw new Error(`${variant.symbol} has no form for planar rows`);
  const adapt = (call: KernelCall): VariantCall | string => {
    const adapted = variant.adapt(call);
    if (typeof adapted === 'string') return adapted;
    if (adapted.planarInput === undefined) return 'no form for planar rows';
    const { fewScratch, ...rest } = adapted;
    return { ...rest, ...adapted.planarInput, fields: { ...adapted.fields, in_pixel: 0 } };
  };
  return { ...variant, symbol: variant.planarSymbol, adapt };
}

/** The kernel of a variant that computes pairs of rows, as a variant of its own: as many as a case has steps. */
export function twoRowsKernel(variant: KernelVariant): KernelVariant {
  if (variant.twoRowsSymbol === undefined) throw new Error(`${variant.symbol} has no form for pairs of rows`);
  const adapt = (call: KernelCall): VariantCall | string => {
    const adapted = variant.adapt(call);
    if (typeof adapted === 'string') return adapted;
    if (adapted.twoRows === undefined) return 'no form for pairs of rows';
    const { pairsField, headers } = adapted.twoRows;
    return { ...adapted, headers, fields: { ...adapted.fields, [pairsField]: call.count / 2 } };
  };
  return { ...variant, symbol: variant.twoRowsSymbol, adapt };
}

/** The steps of a case as a kernel takes them: with planar rows, [channels][width], where that is what it reads. */
function stepsOf({ symbol, planarInput }: KernelCall, { call, steps }: KernelCase): readonly KernelStep[] {
  if (planarInput?.symbol !== symbol) return steps;
  const [channels, pixel] = [Number(call.fields.channels), Number(call.fields.in_pixel)];
  const planar = (row: RowBytes, width: number): RowBytes => ({
    ...row,
    bytes: Int8Array.from(
      { length: channels * width },
      (_, i) => row.bytes[(i % width) * pixel + Math.floor(i / width)] as number,
    ),
  });
  return steps.map(({ rows, segment }) => ({
    segment,
    rows: rows.map((row) => (row === null ? null : planar(row, segment.inWidth))),
  }));
}

/** The channels of an output whose rows are planar; 0 where it is interleaved. */
const planesOf = ({ planarOutput, fields }: KernelCall): number =>
  planarOutput !== undefined && fields.out_pixel === planarOutput.out_pixel ? Number(fields.out_channels) : 0;

/** Cases a kernel: 300, or as many as TESSERA_KERNEL_CASES says (`npm run test:kernels`: 10,000). */
export const casesPerKernel = Number(process.env.TESSERA_KERNEL_CASES ?? 300);

/** Cases that are compiled into one run of the program: enough that starting it costs little, and few enough for memory. */
const chunk = 1000;

const local = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

type Field = { readonly name: string; readonly isArray: boolean };

/** The fields of a struct, as all cases together show them: null is an array that is not there. */
function fieldsOf(structs: readonly Readonly<Record<string, FieldValue>>[]): readonly Field[] {
  const names = Object.keys(structs[0] ?? {});
  return names.map((name) => ({ name, isArray: structs.some((fields) => typeof fields[name] !== 'number') }));
}

/** @param rows the rows of outputs of a call, one behind the other, where the kernel computes one a call */
function fillText({ struct, shape }: KernelCall, fields: readonly Field[], name: string, rows = ''): string {
  const of = (f: Field): string => (f.isArray || shape === undefined ? `p->${f.name}` : `shape.${f.name}`);
  const lines = fields.map((f) =>
    f.isArray ? `  ${of(f)} = driver_block(d);` : `  ${of(f)} = (__typeof__(${of(f)}))driver_number(d);`,
  );
  const shared = shape === undefined ? [] : [`  static ${shape} shape;`, '  p->shape = &shape;'];
  return `static void fill_${name}(driver *d, ${struct} *p) {
${[...shared, ...lines].join('\n')}
}

static void call_${name}(const void *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                         void *scratch) {
  ${rows}KERNEL_${name.toUpperCase()}(p, rows${rows === '' ? '' : ' + y'}, out, segment, scratch);
}`;
}

function driverText(pair: Pair): string {
  const headers = [pair.portable, pair.variant].flatMap(headersOf).map((path) => path.split('/').at(-1));
  const { struct } = pair.portable;
  // As many rows as segment->row says: kernels do not ask which row they compute.
  const further = `out += segment->out_width * ((const ${struct} *)p)->out_pixel`;
  const rows =
    pair.variant.twoRows?.headers === pair.variant.headers
      ? `for (int32_t y = 0; y < segment->row; ++y, ${further}) `
      : '';
  return `#include "driver.h"
${[...new Set(headers)].map((header) => `#include "${header}"`).join('\n')}

#define KERNEL_PORTABLE ${pair.portable.symbol}
#define KERNEL_VARIANT ${pair.variant.symbol}

${fillText(pair.portable, fieldsOf(pair.cases.map(({ portable }) => portable.fields)), 'portable', rows)}

${fillText(pair.variant, fieldsOf(pair.cases.map(({ variant }) => variant.fields)), 'variant')}

int32_t driver_check(const unsigned char *cases) {
  driver d = {.next = cases};
  int32_t different = 0;
  const int32_t count = driver_number(&d);
  for (int32_t i = 0; i < count; ++i) {
    const int32_t out_bytes = driver_number(&d);
    const int32_t planes = driver_number(&d);
    int8_t *expected = malloc((size_t)out_bytes + 2 * DRIVER_GUARD);
    int8_t *actual = malloc((size_t)out_bytes + 2 * DRIVER_GUARD);
    if (expected == NULL || actual == NULL) abort();
    fprintf(stderr, "case %d\\n", (int)i);
    ${pair.portable.struct} portable;
    fill_portable(&d, &portable);
    driver_run(&d, call_portable, &portable, expected, out_bytes);
    driver_free(&d);
    ${pair.variant.struct} variant;
    fill_variant(&d, &variant);
    driver_run(&d, call_variant, &variant, actual, out_bytes);
    driver_interleave(actual, out_bytes, planes);
    driver_free(&d);
    const int32_t at = driver_compare(expected, actual, out_bytes);
    if (at >= 0) {
      ++different;
      printf("case %d: byte %d is %d instead of %d\\n", (int)i, (int)(at - DRIVER_GUARD), actual[at], expected[at]);
    }
    free(expected);
    free(actual);
  }
  return different;
}
`;
}

const headersOf = (call: KernelCall): readonly string[] => call.headers ?? [`${call.folder}/tsr_${call.folder}.h`];

/** The two kernels of a comparison, and the cases as both take them. */
interface Pair {
  readonly portable: KernelCall;
  readonly variant: KernelCall;
  readonly cases: readonly { readonly portable: KernelCall; readonly variant: KernelCall; readonly case: KernelCase }[];
}

const int32 = (values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

/** What driver_block reads: length, offset, bytes, and padding to a multiple of 4. */
function block(bytes: Uint8Array | null, offset: number): readonly Uint8Array[] {
  if (bytes === null) return [int32([-1, 0])];
  return [int32([bytes.length, offset]), bytes, new Uint8Array((4 - (bytes.length % 4)) % 4)];
}

function arrayBytes({ type, values }: ConstantArray): Uint8Array {
  const array = { int8: Int8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array }[type].from(values);
  return new Uint8Array(array.buffer);
}

function fieldBytes(call: KernelCall): readonly Uint8Array[] {
  return Object.values(call.fields).flatMap((value) => {
    if (typeof value === 'number') return [int32([value])];
    return block(value === null ? null : arrayBytes(value), 0);
  });
}

/** The scratch that a call asks for: less than the most where the steps are narrow. */
function scratchOf({ scratchBytes, fewScratch = [] }: KernelCall, steps: readonly KernelStep[]): number {
  const needed = ({ segment }: KernelStep): number =>
    fewScratch.find(({ pixels }) => segment.outWidth <= pixels)?.bytes ?? scratchBytes;
  return Math.max(...steps.map(needed));
}

/** One side of a case: parameters, scratch and steps. */
function sideBytes(call: KernelCall, steps: readonly KernelStep[], scratch: Uint8Array): readonly Uint8Array[] {
  const scratchBytes = scratchOf(call, steps);
  return [
    ...fieldBytes(call),
    // Scratch is aligned to 4 bytes, and to no more.
    ...block(scratchBytes === 0 ? null : scratch.subarray(0, scratchBytes), 4),
    int32([steps.length]),
    ...steps.flatMap(({ rows, segment: s }) => [
      int32([s.row, s.column, s.outWidth, s.inWidth, s.padLeft, rows.length]),
      ...rows.flatMap((row) =>
        row === null ? block(null, 0) : block(new Uint8Array(Int8Array.from(row.bytes).buffer), row.misaligned),
      ),
    ]),
  ];
}

/** The bytes that the driver reads. */
function caseBytes(pair: Pair): Uint8Array {
  const dice = createDice(randomFrom(1));
  const most = Math.max(
    0,
    ...pair.cases.flatMap(({ portable, variant }) => [portable, variant].map((c) => c.scratchBytes)),
  );
  const scratch = Uint8Array.from({ length: most }, () => dice.integer(0, 255));
  return Buffer.concat([
    int32([pair.cases.length]),
    ...pair.cases.flatMap((one) => [
      int32([one.case.outBytes, planesOf(one.variant)]),
      ...sideBytes(one.portable, one.case.steps, scratch),
      ...sideBytes(one.variant, stepsOf(one.variant, one.case), scratch),
    ]),
  ]);
}

/** A program that compares two kernels: C files by name, of which the ones that end in .c are compiled, and its cases. */
export interface KernelProgram {
  readonly files: ReadonlyMap<string, string>;
  /** What driver_check takes. */
  readonly cases: Uint8Array;
}

/** Cases that a variant takes, in chunks that one program runs, and why it did not take the others. */
export interface DrawnCases {
  readonly programs: readonly KernelProgram[];
  readonly taken: number;
  readonly refused: ReadonlyMap<string, number>;
  /** Case `index` of program `program`, in words. */
  describe(program: number, index: number): string;
}

/**
 * Draws cases until a variant has taken `count` of them.
 * @throws Error where it takes fewer than one of a hundred: the maker is not meant for it
 */
export function drawCases(variant: KernelVariant, make: CaseMaker, count: number, seed = 1): DrawnCases {
  const dice = createDice(randomFrom(seed));
  const cases: Pair['cases'][number][] = [];
  const refused = new Map<string, number>();
  for (let drawn = 0; cases.length < count; drawn += 1) {
    if (drawn > 100 * (cases.length + 10))
      throw new Error(`${variant.symbol} takes hardly any case: ${describeRefusals(refused)}`);
    const one = make(dice);
    if (one.call.symbol !== variant.replaces) throw new Error(`the case is for ${one.call.symbol}`);
    const adapted = variant.adapt(one.call);
    if (typeof adapted === 'string') refused.set(adapted, (refused.get(adapted) ?? 0) + 1);
    else cases.push({ portable: one.call, variant: { ...one.call, ...adapted, symbol: variant.symbol }, case: one });
  }
  const pairs: Pair[] = [];
  for (let from = 0; from < cases.length; from += chunk) {
    const part = cases.slice(from, from + chunk);
    const [first] = part;
    if (first !== undefined) pairs.push({ portable: first.portable, variant: first.variant, cases: part });
  }
  return {
    programs: pairs.map((pair) => ({ files: programFiles(pair), cases: caseBytes(pair) })),
    taken: cases.length,
    refused,
    describe: (program, index) => describeCase(pairs[program]?.cases[index]?.case),
  };
}

const describeRefusals = (refused: ReadonlyMap<string, number>): string =>
  [...refused].map(([reason, times]) => `${times} times: ${reason}`).join('; ');

function describeCase(one: KernelCase | undefined): string {
  if (one === undefined) return 'no case';
  const numbers = Object.entries(one.call.fields).filter(([, value]) => typeof value === 'number');
  const steps = one.steps.map(({ rows, segment }) => ({
    ...segment,
    rows: rows.map((row) => (row === null ? null : `${row.bytes.length} bytes at +${row.misaligned}`)),
  }));
  return JSON.stringify({ ...Object.fromEntries(numbers), steps });
}

function programFiles(pair: Pair): ReadonlyMap<string, string> {
  const paths = new Set(['tsr.h']);
  for (const call of [pair.portable, pair.variant]) {
    for (const header of headersOf(call)) paths.add(header);
    for (const file of [`${call.folder}/${call.symbol}.c`, ...(call.callees ?? [])]) paths.add(file);
  }
  const runtime = [...paths].map((path): [string, string] => [path.split('/').at(-1) as string, runtimeFile(path)]);
  return new Map([...runtime, ['driver.h', local('driver.h')], ['driver.c', driverText(pair)]]);
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<{ stdout: string; stderr: string; failed: boolean }> {
  return new Promise((resolve) => {
    const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0', UBSAN_OPTIONS: 'print_stacktrace=1' };
    execFile(program, [...args], { cwd, env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, failed: error !== null });
    });
  });
}

export interface CompareOptions {
  readonly count?: number;
  readonly seed?: number;
  /** Flags beyond those of the sanitizers. */
  readonly flags?: readonly string[];
}

/**
 * Runs a variant beside its portable kernel on this machine, under the sanitizers for addresses and undefined behaviour.
 * @returns a line for every case that differs, or that a sanitizer stops; none where all agree
 */
export async function compareKernels(
  variant: KernelVariant,
  make: CaseMaker,
  { count = casesPerKernel, seed = 1, flags = [] }: CompareOptions = {},
): Promise<readonly string[]> {
  const drawn = drawCases(variant, make, count, seed);
  const folder = mkdtempSync(join(tmpdir(), 'tessera-kernels-'));
  const found: string[] = [];
  try {
    let executable: string | null = null;
    let source = '';
    for (const [index, { files, cases }] of drawn.programs.entries()) {
      // Programs differ only where a field has an array in some cases alone: most share one executable.
      const text = files.get('driver.c') as string;
      if (executable === null || text !== source) executable = await compile(folder, index, files, flags);
      source = text;
      writeFileSync(join(folder, 'cases'), cases);
      const { stdout, stderr, failed } = await run(executable, ['cases'], folder);
      const lines = stdout.split('\n').filter((line) => line.startsWith('case '));
      found.push(...lines.map((line) => `${line}: ${drawn.describe(index, Number(line.match(/\d+/)?.[0]))}`));
      if (failed && lines.length === 0) {
        const reached = [...stderr.matchAll(/^case (\d+)$/gm)].at(-1)?.[1];
        const complaint = stderr.replaceAll(/^case \d+\n/gm, '').slice(0, 3000);
        found.push(`stopped in case ${reached}: ${drawn.describe(index, Number(reached))}\n${complaint}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return found;
}

async function compile(
  folder: string,
  index: number,
  files: KernelProgram['files'],
  flags: readonly string[],
): Promise<string> {
  const place = join(folder, `program${index}`);
  mkdirSync(place);
  for (const [name, text] of files) writeFileSync(join(place, name), text);
  writeFileSync(join(place, 'native-main.c'), local('native-main.c'));
  const sources = [...files.keys(), 'native-main.c'].filter((name) => name.endsWith('.c'));
  const checks = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  await runCompiler('gcc', [...warnings, ...checks, ...flags, ...sources, '-o', 'compare'], place);
  return join(place, 'compare');
}
