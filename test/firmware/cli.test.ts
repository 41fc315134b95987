import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tessera } from '../cli/small-model.ts';
import { createBench } from './project.ts';

const bench = createBench();
afterAll(() => bench.remove());

const sounds = 'examples/home-sounds/model.onnx';
const parts = 'examples/part-sorter/model.onnx';
const inFolder = (name: string): string => join(bench.folder, name);

describe('the commands for boards', { timeout: 120_000 }, () => {
  it('compile, build, and compile into the same folder again', async () => {
    const out = inFolder('again');
    const compile = ['compile', sounds, '--target', 'nucleo-f446re', '--calibrate', 'random', '--out', out];
    expect(await tessera(...compile)).toMatchObject({ code: 0 });
    const built = await tessera('build', out, '--json');
    expect(built.code).toBe(0);
    const { schemaVersion, regions, fits } = JSON.parse(built.stdout) as {
      schemaVersion: number;
      regions: { name: string; used: number; bytes: number }[];
      fits: boolean;
    };
    expect([schemaVersion, fits, regions.map(({ name }) => name)]).toEqual([1, true, ['FLASH', 'SRAM']]);
    expect(regions[0]?.used).toBe(readFileSync(join(out, 'build/firmware.bin')).length);
    expect(await tessera(...compile)).toMatchObject({ code: 0 });
    expect(existsSync(join(out, 'build'))).toBe(false);
    bench.write('again', new Map([['notes.txt', 'mine']]));
    expect(await tessera(...compile)).toMatchObject({ code: 2, stderr: expect.stringContaining('notes.txt') });
  });

  it('several models take one value for each of --calibrate and --name', async () => {
    const two = ['compile', sounds, parts, '--target', 'nucleo-l4r5zi', '--out', inFolder('two')];
    expect(await tessera(...two, '--calibrate', 'random')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--calibrate has 1 value for 2 models'),
    });
    expect(await tessera(...two, '--calibrate', 'random,random')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('would both be called model'),
    });
    expect(existsSync(inFolder('two'))).toBe(false);
    const both = await tessera(...two, '--calibrate', 'random,random', '--name', 'sounds, parts', '--json');
    const report = JSON.parse(both.stdout) as { models: { name: string }[]; files: string[] };
    expect(report.models.map(({ name }) => name)).toEqual(['sounds', 'parts']);
    expect(report.files).toContain('board/tsr_models.c');
  });

  it('targets prints a file that is a target again', async () => {
    const { stdout } = await tessera('targets', 'nucleo-h743zi');
    bench.write('mine', new Map([['mine.json', stdout.replace('"nucleo-h743zi"', '"mine"')]]));
    const file = inFolder('mine/mine.json');
    const compiled = await tessera(
      ...['compile', sounds, '--target', file, '--calibrate', 'random', '--out', inFolder('own'), '--json'],
    );
    expect(JSON.parse(compiled.stdout)).toMatchObject({ target: 'mine' });
    const list = JSON.parse((await tessera('targets', '--json')).stdout) as { targets: { name: string }[] };
    expect(list.targets.map(({ name }) => name)).toContain('nucleo-h743zi');
  });

  it('doctor tells of every tool, and what it is for', async () => {
    const { code, stdout } = await tessera('doctor', '--json');
    const { tools } = JSON.parse(stdout) as { tools: { name: string; isFound: boolean; version: string | null }[] };
    expect(code).toBe(0);
    const compiler = tools.find(({ name }) => name === 'arm-none-eabi-gcc');
    expect(compiler).toMatchObject({ isFound: true, version: expect.stringMatching(/^\d+\.\d+/) });
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['newlib', 'make', 'cmake', 'qemu-system-arm', 'openocd', 'st-flash', 'stm32flash']),
    );
    const { PATH } = process.env;
    process.env.PATH = bench.folder;
    try {
      const text = (await tessera('doctor')).stdout;
      expect(text).toMatch(/^arm-none-eabi-gcc +missing/m);
      expect(text).toContain('How to install what is missing:');
    } finally {
      process.env.PATH = PATH;
    }
  });

  it('a folder without a firmware is wrong use', async () => {
    expect(await tessera('build', bench.folder)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds no firmware that tessera made'),
    });
  });
});
