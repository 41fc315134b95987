import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { kit, kitPath } from '../kit.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { makeFolder } from './small-model.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/cli/main.js');
const at = makeFolder(2);

// The command as users have it: compiled, in a process of its own.
beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], { cwd: root, stdio: 'pipe' });
}, 120_000);

const run = (
  ...args: readonly string[]
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
  spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { ...process.env, TESSERA_DEBUG: '' } });

describe('the command', () => {
  it('begins with a line that lets a shell run it', () => {
    expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
    expect(run('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it('prints nothing but JSON with --json, compiler or not', () => {
    const { status, stdout, stderr } = run(
      'compile',
      at('small.onnx'),
      '--target',
      'wasm',
      '--out',
      at('out'),
      '--calibrate',
      'random',
      '--json',
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1 });
  });

  it('ends quietly where its output is cut off', () => {
    const shell = spawnSync(
      'bash',
      ['-c', `set -o pipefail; "${process.execPath}" "${main}" inspect "${at('small.onnx')}" | head -n 1`],
      { encoding: 'utf8' },
    );
    expect(shell.stdout).toMatch(/^small\.onnx: opset/);
    expect(shell.stderr).toBe('');
  });

  it('says errors in a line and a hint, without a stack', () => {
    const { status, stdout, stderr } = run('inspect', at('missing.onnx'));
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: .*missing\.onnx: not found\n$/);
  });
});

describe('Ctrl-C', () => {
  it('while the output is written leaves the whole of it, and nothing else', () => {
    const folder = temporaryFolder();
    // In the middle of writing, which takes too short for another process to find it.
    const program = `
      import { writeFolder } from '${pathToFileURL(join(root, 'dist/cli/write-folder.js'))}';
      function* files() {
        yield ['first.c', 'int first;'];
        process.kill(process.pid, 'SIGINT');
        yield ['second.c', 'int second;'];
      }
      await writeFolder('${join(folder, 'out')}', files());`;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', program]);
    expect(signal).toBe('SIGINT');
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readdirSync(join(folder, 'out'))).toEqual(['first.c', 'second.c']);
  });

  it('while clang runs leaves no folder', () => {
    const [commands, temporary] = [join(temporaryFolder(), 'bin'), temporaryFolder()];
    mkdirSync(commands);
    writeFileSync(join(commands, 'clang'), '#!/bin/sh\nkill -INT $PPID\nsleep 1\n');
    chmodSync(join(commands, 'clang'), 0o755);
    const { signal, stderr } = spawnSync(
      process.execPath,
      [main, 'run', at('small.onnx'), '--calibrate', 'random', '--input', at('x.npy'), '--compiler', 'system'],
      { encoding: 'utf8', env: { ...process.env, PATH: `${commands}:${process.env.PATH}`, TMPDIR: temporary } },
    );
    expect([signal, stderr]).toEqual(['SIGINT', '']);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe.skipIf(kit === null)('malformed models', () => {
  const lines =
    kit === null ? [] : readFileSync(kitPath('corrupt', 'manifest.csv'), 'utf8').trim().split('\n').slice(1);
  const cases = lines.map((line) => line.split(',') as [string, string]);

  it.each(cases)(
    '%s: %s',
    (file, expected) => {
      const { status, stderr } = run(
        'compile',
        kitPath('corrupt', file),
        '--target',
        'host',
        '--out',
        at('corrupt-out'),
        '--calibrate',
        'random',
      );
      expect(stderr).not.toContain('    at ');
      expect(status).not.toBe(1);
      if (expected === 'reject') expect([status, stderr.includes(file)]).toEqual([3, true]);
      if (expected === 'accept') expect([status, stderr]).toEqual([0, '']);
      if (status !== 0) expect(readdirSync(dirname(at('x')))).not.toContain('corrupt-out');
      else spawnSync('rm', ['-r', at('corrupt-out')]);
    },
    20_000,
  );
});
