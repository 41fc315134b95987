import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import v8 from 'node:v8';
import { exitCode, TesseraError } from '../errors.ts';
import { withTemporaryFolder } from '../temporary.ts';

/** Where the C compiler for WebAssembly comes from: the npm package, or clang on the PATH. */
export type WasmCompiler = 'npm' | 'system';

/** Text files by name, all in one folder. */
export type SourceFiles = ReadonlyMap<string, string>;

/** A compiler run: WebAssembly from C sources in one folder. */
export async function compileWasm(
  files: SourceFiles,
  main: string,
  flags: readonly string[],
  compiler: WasmCompiler,
): Promise<Uint8Array> {
  const args = ['--target=wasm32', ...flags, '-nostdlib', '-Wl,--no-entry', main, '-o', 'model.wasm'];
  return compiler === 'npm' ? npmClang(files, args) : systemClang(files, args);
}

interface NpmClang {
  runClang(
    args: readonly string[] | null,
    files: Record<string, string>,
    options: {
      stdout?: (bytes: Uint8Array | null) => void;
      stderr?: (bytes: Uint8Array | null) => void;
      fetchProgress?: () => void;
    },
  ): Promise<Record<string, Uint8Array>>;
}

async function loadNpmClang(): Promise<NpmClang> {
  try {
    return (await import('@yowasp/clang')) as unknown as NpmClang;
  } catch {
    throw new TesseraError(
      exitCode.toolMissing,
      'the WebAssembly compiler @yowasp/clang is not installed',
      'run `npm install @yowasp/clang`, or use --compiler system with clang and lld on the PATH',
    );
  }
}

async function npmClang(files: SourceFiles, args: readonly string[]): Promise<Uint8Array> {
  const { runClang } = await loadNpmClang();
  const messages: string[] = [];
  const decoder = new TextDecoder();
  const collect = (bytes: Uint8Array | null): void => {
    if (bytes !== null) messages.push(decoder.decode(bytes));
  };
  // The compiler is 75 MB of WebAssembly of which a run uses little: without the optimising tier it starts in a
  // quarter of the time. Models that run later are compiled with it again.
  v8.setFlagsFromString('--liftoff-only');
  try {
    // Loads the compiler alone: left to the run itself, that prints its progress to standard output.
    await runClang(null, {}, { fetchProgress: () => {} });
    const output = await runClang(['clang', ...args], Object.fromEntries(files), { stdout: collect, stderr: collect });
    const wasm = output['model.wasm'];
    if (wasm === undefined) throw new Error('no output');
    return wasm;
  } catch (error) {
    const text = messages.filter((line) => !line.startsWith('yowasp-')).join('');
    throw new Error(`clang could not compile generated code (${(error as Error).message}):\n${text}`);
  } finally {
    // The first flag switches the other two off: without them models that run in this process stay slow.
    for (const flag of ['--no-liftoff-only', '--wasm-tier-up', '--wasm-dynamic-tiering']) v8.setFlagsFromString(flag);
  }
}

function systemClang(files: SourceFiles, args: readonly string[]): Promise<Uint8Array> {
  return withTemporaryFolder('tessera-clang-', async (folder) => {
    try {
      for (const [name, text] of files) await writeFile(join(folder, name), text);
      await promisify(execFile)('clang', [...args], { cwd: folder });
      return new Uint8Array(await readFile(join(folder, 'model.wasm')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        const hint = 'install it: apt-get install clang lld';
        throw new TesseraError(exitCode.toolMissing, 'clang is not on the PATH', hint);
      }
      throw new Error(
        `clang could not compile generated code:\n${(error as { stderr?: string }).stderr ?? String(error)}`,
      );
    }
  });
}
