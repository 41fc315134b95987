import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { kit, kitPath } from '../kit.ts';
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
