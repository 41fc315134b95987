import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProfileResult } from '../../src/api/profile.ts';
import type { RunResult } from '../../src/api/run.ts';
import type { VerifyResult } from '../../src/api/verify.ts';
import { startEmulator } from '../../src/simulate/qemu.ts';
import { loadTarget } from '../../src/targets/load.ts';
import type { Simulator } from '../../src/targets/types.ts';
import { makeFolder, tessera } from '../cli/small-model.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { canEmulate } from './support/installed.ts';

const root = join(import.meta.dirname, '../..');
const at = makeFolder(4);
const home = temporaryFolder();
const project = join(home, 'firmware');
const targets = ['qemu-stm32f405', 'qemu-cortex-m4', 'qemu-cortex-m7', 'qemu-cortex-m55'] as const;

/** Processes whose command line holds a text. */
function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(text) && Number(name) !== process.pid ? [line] : [];
      } catch {
        return [];
      }
    });
}

/** An emulated board on a pseudo-terminal: to this machine the same as a board on a serial port. */
async function onPty(simulator: Simulator, program: string, use: (path: string) => Promise<void>): Promise<void> {
  const line = ['-display', 'none', '-monitor', 'none', '-serial', 'pty', '-kernel', program];
  const qemu = spawn(simulator.command, ['-M', simulator.machine, ...simulator.arguments, ...line], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => qemu.on('exit', resolve));
  try {
    const path = await new Promise<string>((resolve) => {
      let text = '';
      qemu.stdout.on('data', (part: Buffer) => {
        text += part.toString();
        const [, found] = /(\/dev\/pts\/\d+)/.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      });
    });
    await use(path);
  } finally {
    qemu.kill();
    await ended;
  }
}

beforeAll(async () => {
  if (!canEmulate) return;
  const { code, stderr } = await tessera(
    ...['compile', at('small.onnx'), '--calibrate', 'random', '--target', 'qemu-stm32f405', '--out', project],
  );
  expect([code, stderr]).toEqual([0, '']);
}, 60_000);

afterAll(() => {
  expect(processesWith(home)).toEqual([]);
});

describe.skipIf(!canEmulate)('an emulated board', () => {
  const run = async (target: string): Promise<RunResult> => {
    const { code, stdout, stderr } = await tessera(
      ...['run', at('small.onnx'), '--calibrate', 'random', '--input', at('x.npy'), '--target', target, '--json'],
    );
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout) as RunResult;
  };
  let wasm: RunResult;
  beforeAll(async () => {
    wasm = await run('wasm');
  }, 60_000);

  it.each(targets)('runs a model like WebAssembly: %s', async (target) => {
    const board = await run(target);
    expect(board.samples.map(({ outputs }) => outputs)).toEqual(wasm.samples.map(({ outputs }) => outputs));
    expect(board.samples).toHaveLength(4);
    expect(board).toMatchObject({ target, selfTest: true });
    for (const { instructions, milliseconds } of board.samples) {
      expect(instructions).toBeGreaterThan(1000);
      expect(milliseconds).toBe(null);
    }
  });

  it('is profiled: instructions by layer, and what the run touches of the memory', async () => {
    const { code, stdout, stderr } = await tessera('profile', project, '--target', 'qemu-stm32f405', '--json');
    expect([code, stderr]).toEqual([0, '']);
    const profile = JSON.parse(stdout) as ProfileResult;
    expect(profile).toMatchObject({ schemaVersion: 1, target: 'qemu-stm32f405', port: null, unit: 'instructions' });
    const report = JSON.parse(readFileSync(join(project, 'report.json'), 'utf8')) as {
      readonly arenaBytes: number;
      readonly macs: number;
      readonly layers: readonly {
        readonly macs: number;
        readonly estimatedInstructions: number;
        readonly estimatedCycles: number | null;
      }[];
    };
    const [model] = profile.models;
    if (model === undefined) throw new Error('no model was profiled');
    expect(model).toMatchObject({ name: 'small', macs: report.macs, runs: 5, selfTest: true });
    expect(model.layers.map(({ macs, estimate }) => [macs, estimate])).toEqual(
      report.layers.map(({ macs, estimatedInstructions }) => [macs, estimatedInstructions]),
    );
    // The board's core is a Cortex-M4: its cycles are estimated as well, and some instructions take more than one.
    expect(model.layers.map(({ estimatedCycles }) => estimatedCycles)).toEqual(
      report.layers.map(({ estimatedCycles }) => estimatedCycles),
    );
    expect(model.estimatedCycles).toBeGreaterThan(model.estimate);
    expect(model.estimatedCycles).toBeLessThan(2 * model.estimate);
    // Layers make up the run, but for the few instructions behind the last.
    const sum = model.layers.reduce((total, { ticks }) => total + (ticks?.median ?? 0), 0);
    expect(model.total.median - sum).toBeGreaterThanOrEqual(0);
    expect(model.total.median - sum).toBeLessThan(50);
    expect(model.layers.reduce((total, { share }) => total + (share ?? 0), 0)).toBeGreaterThan(0.95);
    expect(model.memory).toMatchObject({ arenaBytes: report.arenaBytes, reportedArenaBytes: report.arenaBytes });
    const { stackBytes, stackBound } = model.memory as { stackBytes: number; stackBound: number };
    expect(stackBytes).toBeGreaterThan(0);
    expect(stackBytes).toBeLessThanOrEqual(stackBound);
    expect(stackBound - stackBytes).toBeLessThanOrEqual(256);
  });

  it('counts the same instructions in every run, and says so', async () => {
    const { code, stdout } = await tessera('profile', project, '--runs', '3');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^qemu-stm32f405, emulated; instructions\n/);
    expect(stdout).toMatch(/^ *# .* estimated {2}estimated cycles /m);
    expect(stdout).toMatch(/\n {7}[\d,]+ estimated cycles \(Cortex-M4, no wait states\)\n/);
    expect(stdout).toMatch(/\nrun {4}[\d,]+ instructions; \d+\.\d\d per MAC: the median of 3 runs, each the same\n/);
  });

  it('takes as long without time marks as with them', async () => {
    const bare = join(home, 'bare');
    const compile = ['compile', at('small.onnx'), '--calibrate', 'random', '--target', 'qemu-stm32f405'];
    await tessera(...compile, '--out', bare);
    const makefile = readFileSync(join(bare, 'Makefile'), 'utf8');
    expect(makefile).toContain('-DTSR_PROFILE');
    writeFileSync(join(bare, 'Makefile'), makefile.replaceAll('-DTSR_PROFILE', ''));
    const profileOf = async (folder: string): Promise<ProfileResult['models'][number] | undefined> =>
      (JSON.parse((await tessera('profile', folder, '--runs', '1', '--json')).stdout) as ProfileResult).models[0];
    const [marked, unmarked] = [await profileOf(project), await profileOf(bare)];
    expect(unmarked?.layers.map(({ ticks }) => ticks)).toEqual(unmarked?.layers.map(() => null));
    const difference = (marked?.total.median ?? 0) - (unmarked?.total.median ?? 0);
    // A few instructions a layer: those that the compiler moves across a call.
    expect(Math.abs(difference)).toBeLessThan(20 * (marked?.layers.length ?? 0));
  });

  it('is verified against the simulator', async () => {
    const { code, stdout } = await tessera('verify', project, '--input', at('x.npy'), '--limit', '3', '--json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as VerifyResult;
    expect(result).toMatchObject({ model: 'small', samples: 3, bytes: 9, difference: null });
  });

  // Several kernels of this core have functions of the same name, and all of them are one file in the simulator.
  it('is verified with a model of many kernels', async () => {
    const many = join(home, 'many');
    const example = join(root, 'examples/home-sounds');
    const data = join(home, 'sounds');
    execFileSync(process.execPath, [join(example, 'data.mjs'), '--seed', '1', '--count', '2', '--out', data]);
    const options = ['--calibrate', 'random', '--target', 'qemu-cortex-m55', '--out', many];
    expect(await tessera('compile', join(example, 'model.onnx'), ...options)).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await tessera('verify', many, '--input', join(data, 'x.npy'));
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/ 2 samples, 16 bytes of output, all as in the simulator/),
    ]);
  }, 60_000);

  it('is found to be wrong where weights in its flash are', async () => {
    const built = await tessera('build', project);
    expect(built.code).toBe(0);
    const elf = readFileSync(join(project, 'build/firmware.elf'));
    // The weights of the first layer, as the source has them.
    const source = readFileSync(join(project, 'model/small.c'), 'utf8');
    const [, type, list = ''] = /(int8|int32)_t small_layer_\d+_weights\[\d+\] = \{([^}]*)\}/.exec(source) ?? [];
    const numbers = list.split(',').slice(0, 16).map(Number);
    const weights = Buffer.from((type === 'int32' ? Int32Array.from(numbers) : Int8Array.from(numbers)).buffer);
    const place = elf.indexOf(weights);
    expect([place > 0, elf.indexOf(weights, place + 1)]).toEqual([true, -1]);
    for (let i = 0; i < weights.length; i += 1) elf[place + i] = 127;
    const broken = join(home, 'broken.elf');
    writeFileSync(broken, elf);
    const { board } = loadTarget('qemu-stm32f405');
    if (board?.simulator == null) throw new Error('there is no emulator for it');
    await onPty(board.simulator, broken, async (path) => {
      const { code, stdout, stderr } = await tessera('verify', project, '--input', at('x.npy'), '--port', path);
      expect([code, stdout]).toEqual([7, '']);
      expect(stderr).toMatch(
        /qemu-stm32f405 does not give the simulator's bytes: sample \d, output scores, element \d: expected step -?\d+, got -?\d+/,
      );
      // A profile goes through the same port, and its self-test fails.
      const profile = await tessera('profile', project, '--port', path, '--runs', '1');
      expect([profile.code, profile.stderr]).toEqual([7, expect.stringMatching(/small on .*: the self-test fails/)]);
      expect(profile.stdout).toMatch(/\nrun {4}[\d,]+ instructions/);
    });
  });

  it.each([
    [['--target', 'qemu-cortex-m4'], 2, /is for qemu-stm32f405, not for qemu-cortex-m4/],
    [['--target', 'qemu-stm32f405', '--port', '/dev/null'], 2, /--port is for a board, --target for an emulated one/],
    [['--port', '/dev/ttyTESSERA'], 6, /\/dev\/ttyTESSERA: absent/],
    [['--model', 'other'], 2, /has no model other\nhint: It has small\./],
  ] as const)('is not asked for with %s', async (options, expected, message) => {
    const { code, stderr } = await tessera('profile', project, ...options);
    expect([code, stderr]).toEqual([expected, expect.stringMatching(message)]);
  });

  it('is none where the project is for a board, or the folder is no project', async () => {
    const out = join(home, 'nucleo');
    await tessera('compile', at('small.onnx'), '--calibrate', 'random', '--target', 'nucleo-f446re', '--out', out);
    const real = await tessera('profile', out);
    expect([real.code, real.stderr]).toEqual([2, expect.stringMatching(/no emulator is known for nucleo-f446re/)]);
    const none = await tessera('profile', home);
    expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/is no project of tessera/)]);
  });

  it('is not profiled as another model', async () => {
    const other = join(home, 'other');
    const compile = ['compile', at('small.onnx'), '--calibrate', 'random', '--target', 'qemu-stm32f405'];
    await tessera(...compile, '--name', 'other', '--out', other);
    await tessera('build', other);
    const { simulator } = loadTarget('qemu-stm32f405').board ?? {};
    if (simulator == null) throw new Error('there is no emulator for it');
    await onPty(simulator, join(other, 'build/firmware.elf'), async (path) => {
      const { code, stderr } = await tessera('profile', project, '--port', path);
      expect([code, stderr]).toEqual([
        6,
        expect.stringMatching(
          /the firmware there is for qemu-stm32f405 with other \(\w{8}\); the project is for qemu-stm32f405 with small \(\w{8}\)\nhint: Flash the project: tessera flash/,
        ),
      ]);
    });
  });

  it('holds several models, each profiled and verified by its name', async () => {
    const both = join(home, 'both');
    const data = ['--calibrate', 'random,random', '--name', 'first,second', '--target', 'qemu-cortex-m7'];
    const compiled = await tessera('compile', at('small.onnx'), at('small.onnx'), ...data, '--out', both);
    expect([compiled.code, compiled.stderr]).toEqual([0, '']);
    const profile = await tessera('profile', both, '--runs', '1', '--json');
    expect(profile.code).toBe(0);
    expect((JSON.parse(profile.stdout) as ProfileResult).models.map(({ name }) => name)).toEqual(['first', 'second']);
    const asked = await tessera('verify', both, '--input', at('x.npy'));
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringMatching(/Name it: --model, one of first, second/)]);
    const verified = await tessera('verify', both, '--input', at('x.npy'), '--model', 'second');
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringMatching(/^second on .* 4 samples, 12 bytes/)]);
  });

  it('says what is missing, and how it is installed', async () => {
    const simulator = { command: 'qemu-system-nothing', machine: 'netduinoplus2', arguments: [] };
    await expect(startEmulator(simulator, 'program.elf')).rejects.toMatchObject({
      code: 5,
      message: 'qemu-system-nothing is not installed',
      hint: expect.stringMatching(/apt-get install qemu-system-arm/),
    });
  });

  it('says why it does not start', async () => {
    const simulator = { command: 'qemu-system-arm', machine: 'nosuchmachine', arguments: [] };
    await expect(startEmulator(simulator, 'program.elf')).rejects.toMatchObject({
      code: 6,
      message: expect.stringMatching(/does not start program\.elf: .*unsupported machine type/s),
    });
  });
});

describe.skipIf(!canEmulate)('an emulator whose user goes away', () => {
  const main = join(home, 'tessera/dist/cli/main.js');
  // How long a command may take to come so far, where other programs have the cores.
  const patience = 30_000;
  beforeAll(() => {
    const tsc = join(root, 'node_modules/.bin/tsc');
    execFileSync(tsc, ['--noCheck', '--outDir', join(home, 'tessera/dist')], { cwd: root });
    for (const file of ['package.json', 'runtime-c', 'targets', 'node_modules'])
      symlinkSync(join(root, file), join(home, 'tessera', file));
    expect(spawnSync('make', ['-C', project]).status).toBe(0);
  }, 60_000);

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'ends with it: %s',
    async (signal) => {
      const profile = spawn(process.execPath, [main, 'profile', project, '--runs', '1000000'], { stdio: 'ignore' });
      const ended = new Promise((resolve) => profile.on('exit', resolve));
      const elf = join(project, 'build/firmware.elf');
      await expect.poll(() => processesWith(`-kernel ${elf}`).length, { timeout: patience }).toBeGreaterThan(0);
      profile.kill(signal);
      await ended;
      await expect.poll(() => processesWith(elf), { timeout: 5000 }).toEqual([]);
    },
    60_000,
  );

  // Looked for all the time, the folder is seen at the moment that it is made; now and then, while a compiler writes to it.
  it.each([1, 1, 300])(
    'leaves no folder behind: SIGINT, looked for every %d ms',
    async (interval) => {
      const temporary = temporaryFolder();
      const run = spawn(
        process.execPath,
        [main, 'run', at('small.onnx'), '--calibrate', 'random', '--input', at('x.npy'), '--target', 'qemu-stm32f405'],
        { stdio: 'ignore', env: { ...process.env, TMPDIR: temporary } },
      );
      const ended = new Promise<string | null>((resolve) => run.on('exit', (_, signal) => resolve(signal)));
      await expect.poll(() => readdirSync(temporary).length, { timeout: patience, interval }).toBeGreaterThan(0);
      run.kill('SIGINT');
      expect(await ended).toBe('SIGINT');
      expect(readdirSync(temporary)).toEqual([]);
      await expect.poll(() => processesWith(temporary), { timeout: 5000 }).toEqual([]);
    },
    60_000,
  );
});
