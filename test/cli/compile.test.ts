import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { CompileReport } from '../../src/api/project.ts';
import { checkFolder } from '../../src/cli/write-folder.ts';
import type { Model } from '../../src/simulate/wasm.ts';
import { temporaryFolder, withUnreadable } from '../support/temporary.ts';
import { makeFolder, sampleSize, tessera, wave } from './small-model.ts';

const at = makeFolder(6);
const folder = dirname(at('x'));
const leftovers = (): readonly string[] => readdirSync(folder).filter((name) => name.startsWith('.'));

describe('tessera compile', () => {
  it('writes a WebAssembly module that loads and runs', async () => {
    const out = at('wasm-out');
    const { code, stdout, stderr } = await tessera(
      'compile',
      at('small.onnx'),
      '--target',
      'wasm',
      '--out',
      out,
      '--calibrate',
      at('x.npy'),
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('bytes of arena');
    expect(readdirSync(out).sort()).toEqual(
      ['model.d.mts', 'model.mjs', 'model.wasm', 'plan.txt', 'report.json', 'tessera.d.mts', 'tessera.mjs'].sort(),
    );
    const { load } = (await import(pathToFileURL(join(out, 'model.mjs')).href)) as { load: () => Promise<Model> };
    const model = await load();
    expect(model.selfTest()).toBe(true);
    const [scores] = model.run(Float32Array.from(wave(sampleSize, 0.37)));
    expect(scores).toHaveLength(3);
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as CompileReport;
    expect(report).toMatchObject({
      schemaVersion: 1,
      tool: { name: 'tessera' },
      target: 'wasm',
      name: 'small',
      calibration: { source: 'samples', samples: 6 },
      arenaBytes: model.arenaBytes,
      warnings: [expect.stringContaining('calibrated on 6 samples')],
    });
    expect(leftovers()).toEqual([]);
  }, 60_000);

  it('writes C files, the same ones twice, and replaces what it wrote', async () => {
    const args = [
      'compile',
      at('small.onnx'),
      '--target',
      'host',
      '--calibrate',
      at('x.npy'),
      '--name',
      'net',
      '--io',
      'float',
    ];
    const first = await tessera(...args, '--out', at('host-out'), '--json');
    expect(first.code).toBe(0);
    const printed = JSON.parse(first.stdout) as CompileReport & { files: readonly string[] };
    expect(printed.schemaVersion).toBe(1);
    expect(printed.files).toEqual(expect.arrayContaining(['net.c', 'net.h', 'tsr.h', 'plan.txt', 'report.json']));
    const contents = (): readonly (readonly [string, string])[] =>
      readdirSync(at('host-out')).map((name) => [name, readFileSync(join(at('host-out'), name), 'utf8')]);
    const before = contents();
    // A file of the user's own is not ours to take away.
    const own = join(at('host-out'), 'main.c');
    writeFileSync(own, 'int main(void) { return 0; }');
    const refused = await tessera(...args, '--out', at('host-out'));
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('main.c');
    expect(readFileSync(own, 'utf8')).toContain('main');
    rmSync(own);
    expect((await tessera(...args, '--out', at('host-out'))).code).toBe(0);
    expect(contents()).toEqual(before);
    expect(leftovers()).toEqual([]);
  });

  it('accounts for the plan in words', async () => {
    await tessera(
      'compile',
      at('small.onnx'),
      '--target',
      'host',
      '--calibrate',
      at('x.npy'),
      '--out',
      at('plan-out'),
      '--input',
      'stream',
      '--output',
      'stream',
    );
    const text = readFileSync(join(at('plan-out'), 'plan.txt'), 'utf8');
    expect(text).toContain('fetched row by row, not in the arena');
    expect(text).toContain('handed over row by row, not in the arena');
    expect(text).toMatch(/, handing over \S/);
    expect(text).toContain('a stage of');
    expect(text).toContain('Conv_c + Relu_r');
    const report = JSON.parse(readFileSync(join(at('plan-out'), 'report.json'), 'utf8')) as CompileReport;
    const buffers = report.buffers.map(({ offset, bytes }) => offset + bytes);
    expect(Math.max(...buffers)).toBeLessThanOrEqual(report.arenaBytes);
    expect(report.inputs[0]?.isInArena).toBe(false);
    expect(report.outputs[0]?.isInArena).toBe(false);
    expect(readFileSync(join(at('plan-out'), 'small.h'), 'utf8')).toContain(
      'void small_run(void *arena, const tsr_source *source, const tsr_sink *sink);',
    );
  });

  it('says where --io float makes no function, and leaves no gap in the header', async () => {
    const args = ['compile', at('small.onnx'), '--target', 'host', '--calibrate', at('x.npy'), '--out', at('passing')];
    const { code, stdout } = await tessera(...args, '--io', 'float', '--input', 'stream', '--output', 'stream');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'warning: --io float has no effect on inputs that are fetched row by row and outputs that',
    );
    expect(readFileSync(join(at('passing'), 'small.h'), 'utf8')).not.toContain('\n\n\n');
    expect((await tessera(...args, '--io', 'float')).stdout).not.toContain('--io float');
  });

  it('refuses a float model without data, and leaves nothing behind', async () => {
    const { code, stderr } = await tessera('compile', at('small.onnx'), '--target', 'host', '--out', at('none'));
    expect(code).toBe(2);
    expect(stderr).toContain('--calibrate random');
    expect(existsSync(at('none'))).toBe(false);
    const broken = await tessera(
      'compile',
      at('unsupported.onnx'),
      '--target',
      'host',
      '--out',
      at('none'),
      '--calibrate',
      'random',
    );
    expect(broken.code).toBe(3);
    expect(existsSync(at('none'))).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  it('keeps the warning of random calibration in every account', async () => {
    const { stdout } = await tessera(
      'compile',
      at('small.onnx'),
      '--target',
      'host',
      '--out',
      at('random'),
      '--calibrate',
      'random',
    );
    for (const text of [
      stdout,
      ...['plan.txt', 'report.json'].map((name) => readFileSync(join(at('random'), name), 'utf8')),
    ]) {
      expect(text).toContain('calibrated on random inputs');
    }
  });

  it('leaves a folder alone that it did not write', async () => {
    const args = ['compile', at('small.onnx'), '--target', 'host', '--calibrate', 'random', '--out'];
    const foreign = at('foreign');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'thesis.txt'), 'the only copy');
    writeFileSync(join(foreign, 'report.json'), '{"schemaVersion":1}');
    const { code, stderr } = await tessera(...args, foreign);
    expect(code).toBe(2);
    expect(stderr).toContain('left alone');
    expect(readFileSync(join(foreign, 'thesis.txt'), 'utf8')).toBe('the only copy');
    expect((await tessera(...args, at('x.npy'))).code).toBe(2);
    expect((await tessera(...args, mkdtempSync(at('empty-')))).code).toBe(0);
  });

  it('looks no further into a folder than it must', () => {
    const large = temporaryFolder();
    const refusal = (): unknown => {
      try {
        return checkFolder(large);
      } catch (error) {
        return error;
      }
    };
    expect(withUnreadable(large, refusal)).toMatchObject({
      name: 'TesseraError',
      code: 2,
      message: expect.stringMatching(/^whether tessera wrote \S+unreadable is not known: no permission$/),
    });
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(large, name), '');
    rmSync(join(large, 'unreadable'), { recursive: true });
    expect(withUnreadable(large, refusal)).toMatchObject({
      code: 2,
      message: expect.stringMatching(/tessera did not write, and is left alone: a, b, c, \.\.\.$/),
    });
  });

  it('writes through a link, and says where it cannot write', async () => {
    const args = ['compile', at('small.onnx'), '--target', 'host', '--calibrate', 'random', '--out'];
    mkdirSync(at('real'));
    symlinkSync(at('real'), at('link'));
    expect((await tessera(...args, at('link'))).code).toBe(0);
    expect(existsSync(join(at('real'), 'report.json'))).toBe(true);
    const { code, stderr } = await tessera(...args, join(at('x.npy'), 'out'));
    expect(code).toBe(2);
    expect(stderr).toContain('cannot be written');
  });

  it('ends with 4 where a model does not fit, and names an arena that it does fit', async () => {
    const args = ['compile', at('small.onnx'), '--target', 'host', '--calibrate', at('x.npy'), '--out', at('tight')];
    const refused = await tessera(...args, '--sram', '32');
    expect([refused.code, existsSync(at('tight'))]).toEqual([4, false]);
    const least = /the least arena is (\d+) bytes/.exec(refused.stderr)?.[1] as string;
    const { code, stdout } = await tessera(...args, '--sram', least, '--json');
    expect([code, (JSON.parse(stdout) as CompileReport).arenaBytes]).toEqual([0, Number(least)]);
    expect((await tessera(...args, '--sram', '1K')).code).toBe(0);
  });

  it.each([
    [['--sram', 'much'], 'number of bytes'],
    [['--target', 'toaster'], 'no target toaster'],
    [['--name', 'Not C'], 'prefix of C names'],
    [['--name', 'tsr_x'], 'prefix of C names'],
    [['--name', 'stdint'], 'the name of no C header'],
    [[at('x.npy')], '--calibrate has 1 value for 2 models'],
    [['--form', 'plain files'], 'Allowed choices are firmware, library, plain, module'],
    [['--form', 'firmware'], 'the form firmware is not for host'],
    [['--calibrate', 'nowhere.npy'], 'nowhere.npy: not found'],
    [['--input-scale', 'x'], '"x" is no number'],
    [['--input-scale', '1/0'], '"1/0" is no number'],
    [['--io', 'double'], 'Allowed choices'],
  ])('refuses %s with 2', async (extra, words) => {
    const { code, stderr } = await tessera(
      'compile',
      at('small.onnx'),
      '--target',
      'host',
      '--out',
      at('refused'),
      '--calibrate',
      'random',
      ...extra,
    );
    expect([code, existsSync(at('refused'))]).toEqual([2, false]);
    expect(stderr).toContain(words);
  });

  it('takes an empty --out for a mistake, not for the current folder', async () => {
    const before = readdirSync('.');
    for (const out of ['', ' ']) {
      const { code, stderr } = await tessera(
        'compile',
        at('small.onnx'),
        '--target',
        'host',
        '--out',
        out,
        '--calibrate',
        'random',
      );
      expect([code, stderr]).toEqual([2, expect.stringContaining('--out is empty')]);
    }
    expect(readdirSync('.')).toEqual(before);
  });

  it('names the place where nothing can be written', async () => {
    const args = ['compile', at('small.onnx'), '--target', 'host', '--calibrate', 'random'];
    const { code, stderr } = await tessera(...args, '--out', '/proc/tessera');
    expect([code, stderr]).toEqual([2, expect.stringContaining('/proc/tessera cannot be written')]);
  });

  it('does not hide a header of C behind a model of its name', async () => {
    writeFileSync(at('stdint.onnx'), readFileSync(at('small.onnx')));
    const args = ['compile', at('stdint.onnx'), '--target', 'host', '--calibrate', 'random', '--out', at('stdint-out')];
    expect((await tessera(...args)).code).toBe(0);
    expect(readdirSync(at('stdint-out'))).toContain('model_stdint.h');
  });
});
