import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { runCompiler, warnings } from '../support/native.ts';

const runtime = fileURLToPath(new URL('../../runtime-c/', import.meta.url));
const folders = readdirSync(runtime, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const kernels = folders.flatMap(({ name }) =>
  readdirSync(join(runtime, name))
    .filter((file) => /^tsr_\w+__\w+\.c$/.test(file))
    .map((file) => `${name}/${file}`),
);
const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the kernels', () => {
  // A WebAssembly module is one translation unit, and so may be the project of a user.
  it.each(['gcc', 'clang'])(
    'compile together in one file, without a warning of %s',
    async (compiler) => {
      expect(kernels.length).toBeGreaterThan(20);
      writeFileSync(join(folder, 'all.c'), kernels.map((path) => `#include "${path}"\n`).join(''));
      const includes = ['.', ...folders.map(({ name }) => name)].map((path) => `-I${join(runtime, path)}`);
      await runCompiler(compiler, [...warnings, ...includes, '-O1', '-c', 'all.c', '-o', 'all.o'], folder);
    },
    120_000,
  );
});
