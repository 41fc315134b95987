import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildFirmware, requireFit } from '../../src/api/build.ts';
import { compileModel } from '../../src/api/pipeline.ts';
import { makeProject } from '../../src/api/project.ts';
import { loadTarget, targetNames } from '../../src/targets/load.ts';
import { checkStrictly, createBench, exampleProject, examples } from './project.ts';

const bench = createBench();
afterAll(() => bench.remove());

const boards = targetNames()
  .map(loadTarget)
  .filter(({ kind }) => kind === 'firmware');
const silicon = boards.filter(({ board }) => board?.simulator === null);

describe('firmware for boards', { timeout: 120_000 }, () => {
  it('there are boards', () => expect(silicon.length).toBeGreaterThanOrEqual(4));

  it.each(silicon.flatMap(({ name }) => examples.map((example) => [name, example] as const)))(
    '%s holds %s: it builds without a warning and fits, memory by memory',
    async (name, example) => {
      const folder = bench.write(`${name}-${example}`, await exampleProject(example, name));
      const build = buildFirmware(folder);
      expect(build.warnings).toEqual([]);
      expect(build.fits).toBe(true);
      const { board } = loadTarget(name);
      const flash = build.regions.find((region) => region.name === 'FLASH');
      // The plain image is what lies in flash, no more.
      expect(readFileSync(build.binary).length).toBe(flash?.used);
      expect(flash?.sections.map((section) => section.name)).toEqual(
        expect.arrayContaining(['.vectors', '.text', '.rodata']),
      );
      const holderOf = (section: string): string | undefined =>
        build.regions.find((region) => region.sections.some((found) => found.name === section))?.name;
      expect(holderOf('.stack')).toBe(board?.placement.stack);
      expect(board?.placement.arena).toContain(holderOf('.arena'));
      const stack = build.regions.find((region) => region.name === board?.placement.stack);
      expect(stack?.sections.find((section) => section.name === '.stack')?.bytes).toBe(board?.placement.stackBytes);
    },
  );

  it.each(boards.map(({ name, compilerFlags }) => [name, compilerFlags] as const))(
    'the board port of %s passes the strictest warnings',
    async (name, flags) => {
      const folder = bench.write(`${name}-strict`, await exampleProject('home-sounds', name));
      const sources = loadTarget(name).board?.sources ?? [];
      checkStrictly(
        folder,
        [...sources, 'main.c', 'tsr_models.c'].map((file) => `board/${file}`),
        flags,
      );
    },
  );

  it('is the same with make, with the compiler alone, and a second time', async () => {
    const files = await exampleProject('home-sounds', 'nucleo-f446re');
    const [made, alone] = ['make', 'alone'].map((name) => bench.write(name, files)) as [string, string];
    const a = buildFirmware(made, { through: 'make' });
    const b = buildFirmware(alone, { through: 'compiler' });
    expect(readFileSync(b.binary).equals(readFileSync(a.binary))).toBe(true);
    expect(buildFirmware(made).regions).toEqual(a.regions);
  });

  it('holds several models, which share kernels and an arena', async () => {
    const compilations = examples.map((example) =>
      compileModel(`examples/${example}/model.onnx`, {
        calibrate: 'random',
        name: example.replace('-', '_'),
        target: 'nucleo-h743zi',
      }),
    );
    const files = await makeProject(compilations);
    expect([...files.keys()].filter((path) => path.endsWith('tsr.h'))).toEqual(['model/tsr.h']);
    const build = buildFirmware(bench.write('both', files));
    expect(build.fits).toBe(true);
    const arena = build.regions.flatMap(({ sections }) => sections).find(({ name }) => name === '.arena');
    const inputs = compilations.map(({ plan }) => plan.arenaBytes);
    // The larger of the two arenas, and beside it a copy of the larger input (96 x 96 x 3 bytes), a guard and alignment.
    expect(arena?.bytes).toBeLessThan(Math.max(...inputs) + 27_648 + 64);
    const report = JSON.parse(String(files.get('report.json'))) as { arenaBytes: number; models: unknown[] };
    expect([report.arenaBytes, report.models.length]).toEqual([Math.max(...inputs), 2]);
    await expect(makeProject([...compilations, ...compilations])).rejects.toThrow(/would both be called home_sounds/);
  });
});

describe("a board of the user's own", { timeout: 120_000 }, () => {
  it('may bring a file for a family that Tessera does not know', async () => {
    const target = JSON.parse(loadTarget('qemu-cortex-m4').text) as { board: { sources: string[] } };
    const sources = target.board.sources.map((name) => (name === 'cmsdk.c' ? 'my_chip.c' : name));
    const text = JSON.stringify({ ...target, name: 'mine', files: ['my_chip.c'], board: { ...target.board, sources } });
    const port = readFileSync('runtime-c/board/cmsdk.c', 'utf8').replace('Tessera board port:', 'My own port:');
    const own = bench.write(
      'own',
      new Map([
        ['mine.json', text],
        ['my_chip.c', port],
      ]),
    );
    const files = await exampleProject('home-sounds', join(own, 'mine.json'));
    expect(String(files.get('board/my_chip.c'))).toContain('My own port:');
    expect([files.has('board/cmsdk.c'), files.has('my_chip.c')]).toEqual([false, false]);
    expect(buildFirmware(bench.write('own-built', files)).fits).toBe(true);
  });
});

describe('what cannot be built', { timeout: 120_000 }, () => {
  const small = (name: string, change: (board: Record<string, unknown>) => void, from = 'nucleo-f446re'): string => {
    const target = JSON.parse(loadTarget(from).text) as { name: string; board: Record<string, unknown> };
    target.name = name;
    change(target.board);
    const folder = bench.write('targets', new Map([[`${name}.json`, JSON.stringify(target)]]));
    return join(folder, `${name}.json`);
  };

  it('does not fit: says by how much, and leaves no image of an earlier build', async () => {
    const { plan } = compileModel('examples/home-sounds/model.onnx', { calibrate: 'random', target: 'nucleo-f446re' });
    // Room for arena and stack, but for nothing else.
    const bytes = plan.arenaBytes + 4096;
    const memory = [{ name: 'SRAM', address: '0x20000000', bytes, purpose: 'all' }];
    const target = small('tiny', (board) => Object.assign(board, { memory }));
    const folder = bench.write('tiny', await exampleProject('home-sounds', target));
    bench.write('tiny/build', new Map([['firmware.bin', 'old']]));
    for (const through of ['make', 'compiler'] as const) {
      const build = buildFirmware(folder, { through });
      expect(build.fits).toBe(false);
      const sram = build.regions.find(({ name }) => name === 'SRAM');
      expect(sram?.used).toBeGreaterThan(bytes);
      expect(sram?.used).toBeLessThan(bytes + 4096);
      expect(existsSync(build.binary)).toBe(false);
      expect(() => requireFit(build)).toThrow(
        expect.objectContaining({ code: 4, message: expect.stringContaining('SRAM by ') }),
      );
    }
  });

  it('an arena larger than every memory is refused before anything is written', async () => {
    const memory = [{ name: 'SRAM', address: '0x20000000', bytes: 8192, purpose: 'all' }];
    const target = small('tinier', (board) => Object.assign(board, { memory }));
    await expect(exampleProject('home-sounds', target)).rejects.toThrow(
      expect.objectContaining({ code: 4, message: expect.stringContaining('the largest memory of tinier') }),
    );
  });

  it('clocks that the chip cannot make are a fault of the target file', async () => {
    const target = small('wrong-clock', (board) =>
      Object.assign(board, { clock: { ...(board.clock as object), pll: { m: 1, n: 45, p: 2, q: 2 } } }),
    );
    const folder = bench.write('wrong-clock', await exampleProject('home-sounds', target));
    expect(() => buildFirmware(folder)).toThrow(
      expect.objectContaining({ code: 2, message: expect.stringContaining('clock.sourceHz / pll.m') }),
    );
  });

  it.each([
    ['stm32f746g-disco', 'stm32f7.c', { pll: { m: 25, n: 432, p: 3, q: 9 } }, 'pll.p must be 2, 4, 6 or 8'],
    ['nucleo-h743zi', 'stm32h7.c', { pll: { m: 1, n: 130, p: 2, q: 4, r: 2 } }, 'must be from 192 to 960 MHz'],
    ['nucleo-h743zi', 'stm32h7.c', { older: { n: 120, coreHz: 480_000_000 } }, 'at most 836 MHz in the VCO'],
    ['nucleo-f446re', 'stm32f4.c', { apb1Divider: 2 }, 'clock.apb1Divider must be at most 50 MHz'],
    ['nucleo-f446re', 'stm32f4.c', { apb2Divider: 1 }, 'clock.apb2Divider must be at most 100 MHz'],
    ['nucleo-f446re', 'stm32f4.c', { flashWaitStates: 4 }, 'flashWaitStates are too few'],
    ['nucleo-f446re', 'stm32f4.c', { coreHz: 200_000_000, pll: { m: 4, n: 200, p: 2, q: 8 } }, 'at most 180 MHz'],
    ['stm32f746g-disco', 'stm32f7.c', { apb1Divider: 2 }, 'clock.apb1Divider must be at most 54 MHz'],
    ['stm32f746g-disco', 'stm32f7.c', { apb2Divider: 1 }, 'clock.apb2Divider must be at most 108 MHz'],
    ['stm32f746g-disco', 'stm32f7.c', { flashWaitStates: 6 }, 'flashWaitStates are too few'],
    ['nucleo-h743zi', 'stm32h7.c', { ahbDivider: 1 }, 'clock.ahbDivider must be at most 240 MHz'],
    ['nucleo-h743zi', 'stm32h7.c', { apb2Divider: 1 }, 'must be at most 120 MHz'],
    ['nucleo-h743zi', 'stm32h7.c', { flashWaitStates: 2 }, 'flashWaitStates are too few'],
    ['nucleo-l4r5zi', 'stm32l4.c', { coreHz: 128_000_000, pll: { m: 2, n: 32, r: 2 } }, 'at most 120 MHz'],
    ['nucleo-l4r5zi', 'stm32l4.c', { flashWaitStates: 4 }, 'flashWaitStates are too few'],
    ['nucleo-l4r5zi', 'stm32l4.c', { boost: false }, 'above 80 MHz clock.boost must be true'],
    ['nucleo-l4r5zi', 'stm32l4.c', { coreHz: 80_000_000 }, 'must be clock.coreHz'],
  ])('%s: %s knows what clocks it can make: %j', async (name, source, clock, words) => {
    const target = small(
      `${name}-clock`,
      (board) => Object.assign(board, { clock: { ...(board.clock as object), ...clock } }),
      name,
    );
    const folder = bench.write(`${name}-clock`, await exampleProject('home-sounds', target));
    expect(() => checkStrictly(folder, [`board/${source}`], loadTarget(name).compilerFlags)).toThrow(words);
  });

  const port = readFileSync('runtime-c/board/cmsdk.c', 'utf8');
  it.each([
    ['a file that is not there', null, {}, /mine\.c, of its field files: not found/],
    [
      'a file of C that is none',
      `${port}\nint x = ;`,
      {},
      /its file mine\.c does not compile: board\/mine\.c:\d+.*error: /,
    ],
    ['a file without what it must have', 'int x;', {}, /does not compile: .*undefined reference to `tsr_/],
    ['a processor that is not there', port, { compilerFlags: ['-mcpu=cortex-m99'] }, /gcc: error: .*cortex-m99/],
  ])("of a target of the user's own: %s", async (what, text, changes, words) => {
    const target = JSON.parse(loadTarget('qemu-cortex-m4').text) as { board: { sources: string[] } };
    const sources = target.board.sources.map((name) => (name === 'cmsdk.c' ? 'mine.c' : name));
    const board = { ...target.board, sources };
    const name = what.replaceAll(' ', '-');
    const place = bench.write(
      name,
      new Map([
        ['mine.json', JSON.stringify({ ...target, name: 'mine', files: ['mine.c'], board, ...changes })],
        ...(text === null ? [] : [['mine.c', text] as const]),
      ]),
    );
    const build = async (): Promise<unknown> =>
      buildFirmware(bench.write(`${name}-made`, await exampleProject('home-sounds', join(place, 'mine.json'))));
    await expect(build()).rejects.toMatchObject({ code: 2, message: expect.stringMatching(words) });
  });

  it('a file that was changed', async () => {
    const folder = bench.write('changed', await exampleProject('home-sounds', 'qemu-cortex-m4'));
    const file = join(folder, 'model/home_sounds.c');
    writeFileSync(file, 'int x = ;');
    const later = Date.now() / 1000 + 1;
    utimesSync(file, later, later);
    expect(() => buildFirmware(folder)).toThrow(
      expect.objectContaining({ code: 2, message: expect.stringMatching(/home_sounds\.c was changed, .*: error: /) }),
    );
  });

  it('a compiler that is not there: exit code 5, with the line that installs it', async () => {
    const folder = bench.write('no-compiler', await exampleProject('home-sounds', 'nucleo-f446re'));
    const { PATH } = process.env;
    process.env.PATH = bench.folder;
    try {
      expect(() => buildFirmware(folder)).toThrow(
        expect.objectContaining({ code: 5, hint: expect.stringContaining('Install it: ') }),
      );
    } finally {
      process.env.PATH = PATH;
    }
  });

  it('a folder without a firmware', () => {
    expect(() => buildFirmware(bench.folder)).toThrow(expect.objectContaining({ code: 2 }));
  });

  it('a board file that nobody has', async () => {
    const target = small('no-file', (board) => Object.assign(board, { sources: ['startup.c', 'stm32z9.c'] }));
    await expect(exampleProject('home-sounds', target)).rejects.toThrow(/no file stm32z9\.c/);
  });
});
