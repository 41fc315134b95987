import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CompileOptions } from '../../src/api/options.ts';
import { compileModel } from '../../src/api/pipeline.ts';
import { makeProject } from '../../src/api/project.ts';
import type { Project } from '../../src/codegen/project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The models of the examples that come with Tessera. */
export const examples = ['home-sounds', 'part-sorter'] as const;

/** The project of an example for a target. Calibrated on nothing: what it computes does not matter here. */
export function exampleProject(
  example: (typeof examples)[number],
  target: string,
  { form, ...options }: CompileOptions & { readonly form?: string } = {},
): Promise<Project> {
  const model = join(root, 'examples', example, 'model.onnx');
  const compilation = compileModel(model, { calibrate: 'random', name: example.replace('-', '_'), target, ...options });
  return makeProject(compilation, { form });
}

/** A folder that is gone after the tests. */
export interface Bench {
  readonly folder: string;
  /** Writes files into a folder of this name, and gives its path. */
  write(name: string, files: ReadonlyMap<string, string | Uint8Array>): string;
  remove(): void;
}

export function createBench(): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-firmware-'));
  return {
    folder,
    write(name, files) {
      const place = join(folder, name);
      for (const [path, content] of files) {
        mkdirSync(dirname(join(place, path)), { recursive: true });
        writeFileSync(join(place, path), content);
      }
      return place;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs the Arm compiler on the C files of a folder, as strictly as it can be told to, and makes nothing. */
export function checkStrictly(folder: string, files: readonly string[], flags: readonly string[]): void {
  const strict = ['-std=c99', '-O2', '-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Werror', '-fsyntax-only'];
  execFileSync('arm-none-eabi-gcc', [...flags, ...strict, '-Imodel', '-Iboard', ...files], {
    cwd: folder,
    stdio: 'pipe',
  });
}
