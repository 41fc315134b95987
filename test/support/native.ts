import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runtimeFile } from '../../src/codegen/project.ts';
import { type Backend, type BackendRun, type Batch, outputSizes, type PlannedModel, splitOutputs } from './batch.ts';
import { temporaryFolder } from './temporary.ts';

/** What generated C must compile under without a word. */
export const warnings = ['-std=c99', '-Wall', '-Wextra', '-Wconversion', '-Wsign-compare', '-Wshadow', '-Werror'];

const checks = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

export interface NativeOptions {
  readonly compiler: 'gcc' | 'clang';
  /**
   * `sanitized`: address and undefined behaviour sanitizers, kernels at -O1; models, of which there are many and each
   * runs but twice, at -O0. `plain`: -O2, as in a product.
   */
  readonly mode: 'sanitized' | 'plain';
  /** Replaces the text of files of runtime-c, by path: to see that a broken kernel is noticed. */
  readonly replaced?: ReadonlyMap<string, string>;
}

interface Finished {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly failed: boolean;
}

function execute(program: string, args: readonly string[], cwd: string): Promise<Finished> {
  return new Promise((resolve, reject) => {
    // The sanitizer for leaks needs ptrace, which containers forbid; nothing here allocates but the driver.
    const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0', UBSAN_OPTIONS: 'print_stacktrace=1' };
    const options = { cwd, env, encoding: 'buffer' as const, maxBuffer: 2 ** 30 };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') {
        reject(new Error(`${program} is not installed; tests need it: run scripts/setup.sh`));
      } else {
        resolve({ stdout, stderr: stderr.toString('utf8'), failed: error !== null });
      }
    });
  });
}

/** Runs a compiler; its complaints are the error. */
export async function runCompiler(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { stderr, failed } = await execute(program, args, cwd);
  if (failed) throw new Error(`${program} ${args.join(' ')}:\n${stderr.slice(0, 4000)}`);
}

/** The bytes that the driver reads: for each model the number of samples, then their inputs. */
function inputBytes(models: readonly PlannedModel[]): Buffer {
  return Buffer.concat(
    models.flatMap(({ samples }) => {
      const count = Buffer.alloc(4);
      count.writeInt32LE(samples.length);
      return [
        count,
        ...samples.flatMap((inputs) => inputs.map((x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength))),
      ];
    }),
  );
}

/** Cuts the driver's output into what each model gave. */
function parseRuns(models: readonly PlannedModel[], { stdout, stderr, failed }: Finished): BackendRun[] {
  const lines = stderr.split('\n');
  const reached = lines.filter((line) => line.startsWith('running ')).length;
  let at = 0;
  return models.map(({ name, plan, samples }, index): BackendRun => {
    const bytes = outputSizes(plan).reduce((sum, size) => sum + size, 0);
    const outputs = samples.map(() => {
      const part = new Int8Array(stdout.subarray(at, at + bytes));
      at += bytes;
      return splitOutputs(plan, part);
    });
    const complaint = lines.find((line) => line.startsWith(`${name}, sample `));
    if (complaint !== undefined) return { outputs, problem: complaint };
    if (!failed || index < reached - 1) return { outputs, problem: null };
    if (index > reached - 1) return { outputs, problem: at > stdout.length ? 'not reached' : null };
    const stopped = lines
      .filter((line) => !line.startsWith('running '))
      .join('\n')
      .trim();
    return { outputs, problem: at > stdout.length ? `stopped: ${stopped.slice(0, 3000)}` : null };
  });
}

/** A compiler of this machine that runs models; kernels are compiled once each. */
export function nativeBackend({ compiler, mode, replaced = new Map() }: NativeOptions): Backend {
  const folder = temporaryFolder();
  const kernelFlags = [...warnings, ...(mode === 'sanitized' ? ['-O1', ...checks] : ['-O2'])];
  const modelFlags = [...warnings, ...(mode === 'sanitized' ? ['-O0', ...checks] : ['-O2'])];
  const objects = new Map<string, Promise<string>>();
  let batches = 0;

  const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
  const source = (path: string): string => replaced.get(path) ?? runtimeFile(path);
  const fileName = (path: string): string => path.split('/').at(-1) as string;
  write('tsr.h', source('tsr.h'));

  const compile = async (path: string): Promise<string> => {
    const object = fileName(path).replace(/\.c$/, '.o');
    write(fileName(path), source(path));
    await runCompiler(compiler, [...kernelFlags, '-c', fileName(path), '-o', object], folder);
    return join(folder, object);
  };
  const kernelObjects = async ({ kernels }: Batch): Promise<string[]> => {
    for (const header of kernels.filter((path) => path.endsWith('.h'))) write(fileName(header), source(header));
    const found: string[] = [];
    for (const path of kernels.filter((path) => path.endsWith('.c'))) {
      const object = objects.get(path) ?? compile(path);
      objects.set(path, object);
      found.push(await object);
    }
    return found;
  };

  return {
    name: `${compiler} ${mode}`,
    async run(batch) {
      const { models } = batch;
      batches += 1;
      const place = join(folder, `batch${batches}`);
      mkdirSync(place);
      for (const [name, text] of batch.files) writeFileSync(join(place, name), text);
      writeFileSync(join(place, 'native.c'), readFileSync(new URL('native.c', import.meta.url)));
      writeFileSync(join(place, 'inputs'), inputBytes(models));
      const kernels = await kernelObjects(batch);
      await runCompiler(compiler, [...modelFlags, '-I', folder, 'batch.c', 'native.c', ...kernels, '-o', 'run'], place);
      const finished = await execute(join(place, 'run'), ['inputs'], place);
      const runs = parseRuns(models, finished);
      rmSync(place, { recursive: true, force: true });
      return runs;
    },
  };
}
