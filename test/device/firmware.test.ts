import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileModel } from '../../src/api/pipeline.ts';
import { firmwareFiles, holdingOf } from '../../src/codegen/firmware.ts';
import { inOneMemory } from '../../src/codegen/firmware-arena.ts';
import { modelFiles, runtimeFile } from '../../src/codegen/project.ts';
import { modelOptions } from '../../src/compile.ts';
import { smallModel } from '../cli/small-model.ts';
import { runCompiler, warnings } from '../support/native.ts';

const { plan } = compileModel(smallModel, { name: 'small', calibrate: 'random' });
const inputBytes = 72;
const folder = mkdtempSync(join(tmpdir(), 'tessera-firmware-'));

beforeAll(() => {
  const config =
    '#define TSR_BOARD_NAME "x"\n#define TSR_BOARD_TICK_UNIT "cycles"\n#define TSR_BOARD_TICKS_PER_SECOND 1000u\n#define TSR_BOARD_CACHES "none"\n';
  const files = new Map([
    ...modelFiles(plan, modelOptions(plan, new Uint8Array(), 'x', '1', 'int8')),
    ...firmwareFiles([{ plan, modelHash: '00' }], { version: '1', places: inOneMemory([plan], 1e6) }),
    ['tsr_board.h', runtimeFile('board/tsr_board.h')],
    ['tsr_board_config.h', config],
  ]);
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the C of the firmware', () => {
  const sources = [
    ...firmwareFiles([{ plan, modelHash: '00' }], { version: '1', places: inOneMemory([plan], 1e6) }).keys(),
  ].filter((name) => name.endsWith('.c'));

  it.each([
    ['gcc', '-DTSR_PROFILE'],
    ['gcc', '-UTSR_PROFILE'],
    ['clang', '-DTSR_PROFILE'],
    ['clang', '-UTSR_PROFILE'],
  ])('compiles without a word: %s %s', async (compiler, flag) => {
    await runCompiler(compiler, [...warnings, '-Wmissing-prototypes', '-fsyntax-only', flag, ...sources], folder);
  });

  it('is the same when it is generated again', () => {
    const make = (): unknown[] => [
      ...firmwareFiles([{ plan, modelHash: '00' }], { version: '1', places: inOneMemory([plan], 1e6) }),
    ];
    expect(make()).toEqual(make());
  });

  it('keeps a copy of the input where there is room, to the byte', () => {
    expect(holdingOf(plan, inputBytes)).toBe('copy');
    expect(holdingOf(plan, inputBytes - 1)).toBe('arena');
    const models = (sramBytes: number): string =>
      firmwareFiles([{ plan, modelHash: '00' }], { version: '1', places: inOneMemory([plan], sramBytes) }).get(
        'tsr_models.c',
      ) ?? '';
    expect(models(plan.arenaBytes + inputBytes)).toContain(`tsr_copy_bytes = ${inputBytes};`);
    expect(models(plan.arenaBytes + inputBytes - 1)).toContain('tsr_copy_bytes = 0;');
  });

  it('refuses outputs that are handed over where there is no room to keep them', () => {
    const { plan: handing } = compileModel(smallModel, { name: 'small', calibrate: 'random', output: 'stream' });
    expect(holdingOf(handing, inputBytes + 3)).toBe('copy');
    expect(holdingOf(handing, 3)).toBe('arena');
    expect(() => holdingOf(handing, 2)).toThrow(/no room for their 3 bytes beside the arena/);
  });
});
