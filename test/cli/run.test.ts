import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../src/api/evaluate.ts';
import type { RunResult } from '../../src/api/run.ts';
import { npyOf } from '../numpy/make-npy.ts';
import { makeFolder, sampleSize, tessera, wave } from './small-model.ts';

const at = makeFolder(6);
const calibrated = ['--calibrate', at('x.npy')];

describe('tessera run', () => {
  it('runs each sample and prints the largest outputs by name', async () => {
    writeFileSync(at('names.txt'), 'cat\ndog\nfish\n');
    const { code, stdout, stderr } = await tessera(
      'run',
      at('small.onnx'),
      '--input',
      at('x.npy'),
      ...calibrated,
      '--names',
      at('names.txt'),
      '--top',
      '2',
      '--limit',
      '3',
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/(cat|dog|fish): -?[\d.]+ {2}(cat|dog|fish): -?[\d.]+\n/);
    expect(stdout).toContain('3 samples');
    expect(stdout).toContain('bytes of arena');
  }, 60_000);

  it('takes one sample without the axis of samples, and pixels', async () => {
    writeFileSync(
      at('one.npy'),
      npyOf(
        [2, 6, 6],
        Uint8Array.from(wave(sampleSize, 0.53), (value) => 127 + 120 * value),
      ),
    );
    const { code, stdout } = await tessera(
      'run',
      at('small.onnx'),
      '--input',
      at('one.npy'),
      '--calibrate',
      at('pixels.npy'),
      '--input-scale',
      '1/128',
      '--input-mean',
      '128',
      '--json',
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as RunResult;
    expect(result).toMatchObject({
      schemaVersion: 1,
      selfTest: true,
      warnings: [expect.stringContaining('calibrated on 6 samples')],
    });
    expect(result.samples).toHaveLength(1);
    expect(result.samples[0]?.outputs[0]?.values).toHaveLength(3);
  }, 60_000);

  it('gives the same answers where outputs are handed over row by row', async () => {
    const args = ['run', at('small.onnx'), '--input', at('x.npy'), ...calibrated, '--limit', '2', '--json'];
    const results = [await tessera(...args), await tessera(...args, '--output-mode', 'stream')].map(
      ({ stdout }) => JSON.parse(stdout) as RunResult,
    );
    const [stays, goes] = results.map(({ samples }) => samples.map(({ outputs }) => outputs));
    expect(goes).toEqual(stays);
    expect(results[1]?.selfTest).toBe(true);
  }, 60_000);

  it.each([
    [['--input', at('y.npy')], 'does not hold samples'],
    [['--input', at('x.npy'), '--input', at('x.npy')], '2 arrays were given'],
    [['--input', at('x.npy'), '--limit', '0'], 'whole number from 1'],
    [[], '--input x.npy'],
    [['--input', at('x.npy'), '--input-scale', '1/255,1/255,1/255'], 'do not fit the input image'],
  ])('refuses %s with 2', async (extra, words) => {
    const { code, stderr } = await tessera('run', at('small.onnx'), ...calibrated, ...extra);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});

describe('calibration', () => {
  it('that says little is warned of: few samples, or one value alone', async () => {
    for (const [count, few] of [
      [9, true],
      [10, false],
    ] as const) {
      writeFileSync(at('flat.npy'), npyOf([count, 2, 6, 6], new Float32Array(count * sampleSize).fill(0.5)));
      const { code, stdout } = await tessera('plan', at('small.onnx'), '--calibrate', at('flat.npy'));
      expect(code).toBe(0);
      expect(stdout.includes(`warning: calibrated on ${count} samples`)).toBe(few);
      expect(stdout).toContain('warning: all samples of the input image hold the one value 0.5');
    }
    const { stdout } = await tessera('plan', at('small.onnx'), ...calibrated);
    expect(stdout).not.toContain('the one value');
  });
});

describe('hints', () => {
  it('name the options of the command itself', async () => {
    const tight = [at('small.onnx'), ...calibrated, '--sram', '64'];
    const run = await tessera('run', ...tight, '--input', at('x.npy'));
    expect([run.code, run.stderr]).toEqual([4, expect.stringContaining('row by row (--input-mode stream)')]);
    const evaluated = await tessera('eval', ...tight, '--data', at('x.npy'));
    expect([evaluated.code, evaluated.stderr]).toEqual([4, expect.stringContaining('(compile --input stream)')]);
    const plan = await tessera('plan', ...tight);
    expect([plan.code, plan.stderr]).toEqual([4, expect.stringContaining('(--input stream)')]);
  });
});

describe('tessera eval', () => {
  it('compares float and int8, with an address for the noise', async () => {
    const { code, stdout } = await tessera(
      'eval',
      at('small.onnx'),
      '--data',
      at('x.npy'),
      '--labels',
      at('y.npy'),
      ...calibrated,
      '--json',
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Evaluation;
    expect(result).toMatchObject({ schemaVersion: 1, samples: 6 });
    expect(result.agreement).toBeGreaterThan(0.8);
    expect(result.meanDifference).toBeLessThan(2);
    const noise = result.layers.map(({ snr }) => snr ?? Number.POSITIVE_INFINITY);
    expect(noise).toEqual([...noise].sort((a, b) => a - b));
    expect(Math.min(...noise)).toBeGreaterThan(20);
    expect(result.layers.map(({ operator }) => operator)).toContain('Conv');
    const text = await tessera('eval', at('small.onnx'), '--data', at('x.npy'), ...calibrated);
    expect(text.stdout).toContain('agreement');
    expect(text.stdout).not.toContain('right');
  }, 60_000);

  it('refuses labels that do not fit', async () => {
    writeFileSync(at('wrong.npy'), npyOf([6], BigInt64Array.from([0n, 1n, 2n, 3n, 0n, 0n])));
    const { code, stderr } = await tessera(
      'eval',
      at('small.onnx'),
      '--data',
      at('x.npy'),
      '--labels',
      at('wrong.npy'),
      ...calibrated,
    );
    expect(code).toBe(2);
    expect(stderr).toContain(`${at('wrong.npy')}: the label 3`);
  }, 60_000);
});

describe('tessera', () => {
  it('lists its targets', async () => {
    const { stdout } = await tessera('targets', '--json');
    const { schemaVersion, targets } = JSON.parse(stdout) as {
      schemaVersion: number;
      targets: readonly { name: string }[];
    };
    expect(schemaVersion).toBe(1);
    expect(targets.map(({ name }) => name)).toEqual(expect.arrayContaining(['host', 'wasm']));
  });

  it.each([
    ['run', at('small.onnx'), ...calibrated, '--input', at('x.npy'), '--names', at('none.txt')],
    ['plan', at('small.onnx'), ...calibrated, '--target', at('none.json')],
    ['profile', at('none')],
    ['inspect', at('none.onnx')],
  ])('says in words that a file is not there: %s', async (...args) => {
    const { code, stderr } = await tessera(...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/none.*: not found\n/)]);
    expect(stderr).not.toContain('ENOENT');
  });

  it('tells a target that looks like no path how a path looks', async () => {
    const { code, stderr } = await tessera('inspect', at('small.onnx'), '--target', 'package.txt');
    expect([code, stderr]).toEqual([2, expect.stringContaining('ends in .json or begins with ./')]);
  });

  it.each([
    [['--version'], 0],
    [['--help'], 0],
    [['compile', '--help'], 0],
    [[], 2],
    [['fly'], 2],
    [['inspect'], 2],
    [['inspect', 'a.onnx', '--fast'], 2],
  ])('ends %s with %i', async (args, code) => {
    expect((await tessera(...args)).code).toBe(code);
  });
});
