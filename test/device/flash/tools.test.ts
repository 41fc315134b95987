import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { FlashStage } from '../../../src/device/flash/program.ts';
import { runFlashTool, type ToolJob } from '../../../src/device/flash/run-tool.ts';
import { cubeProgrammer, type FlashTool, openocd, stFlash } from '../../../src/device/flash/tools.ts';
import { exitCode, TesseraError } from '../../../src/errors.ts';

import { hasProbe } from './probe.ts';

const home = mkdtempSync(join(tmpdir(), 'tessera-tools-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let folder = home;
beforeEach(() => {
  folder = mkdtempSync(join(home, 'bin-'));
});

/** What a stand-in for a program prints and how it ends, where its arguments hold a word. */
interface Answer {
  readonly where: string;
  readonly output: string;
  readonly code?: number;
}

/** Puts a stand-in for a program on the path: it prints what the real one prints. */
function fake(program: string, answers: readonly Answer[]): void {
  const cases = answers.map(({ where, output, code = 0 }, index) => {
    writeFileSync(join(folder, `${program}-${index}.txt`), output);
    return `*"${where}"*) /bin/cat '${join(folder, `${program}-${index}.txt`)}' >&2; exit ${code};;`;
  });
  const log = join(folder, 'log.txt');
  const script = ['#!/bin/sh', `echo "${program} $*" >>'${log}'`, 'case "$*" in', ...cases, '*) exit 99;;', 'esac'];
  writeFileSync(join(folder, program), script.join('\n'));
  chmodSync(join(folder, program), 0o755);
}

const called = (): readonly string[] => readFileSync(join(folder, 'log.txt'), 'utf8').trim().split('\n');

const job = (more: Partial<ToolJob> = {}): ToolJob => ({
  file: '/tmp/some folder/firmware.bin',
  base: 0x08000000,
  productId: 0x421,
  install: 'the line that installs it',
  targetArguments: [],
  environment: { PATH: folder },
  ...more,
});

async function failureOf(work: Promise<unknown>): Promise<TesseraError> {
  const failure = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(TesseraError);
  return failure as TesseraError;
}

// No board is here. What follows is put together from the messages in the tools' own programs (OpenOCD 0.12, stlink 1.7)
// and from logs that their users have published; only the failures without a probe are seen on real tools, below.
const outputs = {
  openocd: {
    identified: `Open On-Chip Debugger 0.12.0
Info : auto-selecting first available session transport "hla_swd". To override use 'transport select <transport>'.
Info : clock speed 2000 kHz
Info : STLINK V2J40M27 (API v2) VID:PID 0483:374B
Info : Target voltage: 3.254902
Info : [stm32f4x.cpu] Cortex-M4 r0p1 processor detected
[stm32f4x.cpu] halted due to debug-request, current mode: Thread
xPSR: 0x01000000 pc: 0x080004c4 msp: 0x20020000
0xe0042000: 10006421

shutdown command invoked
`,
    written: `** Programming Started **
Info : device id = 0x10006421
Info : flash size = 512 KiB
** Programming Finished **
** Verify Started **
** Verified OK **
** Resetting Target **
shutdown command invoked
`,
  },
  stFlash: {
    identified: `Found 1 stlink programmers
  version:    V2J40S27
  serial:     066AFF535550755187081632
  flash:      524288 (pagesize: 16384)
  sram:       131072
  chipid:     0x0421
  descr:      F446
`,
    written: `st-flash 1.7.0
2026-01-19T15:42:24 INFO common.c: F446: 128 KiB SRAM, 512 KiB flash in at least 16 KiB pages.
file firmware.bin md5 checksum: c4d75f11a1e81b63c97b961b6b98e3f7, stlink checksum: 0x000d386f
2026-01-19T15:42:24 INFO common.c: Attempting to write 9392 (0x24b0) bytes to stm32 address: 134217728 (0x8000000)
EraseFlash - Sector:0x0 Size:0x4000 2026-01-19T15:42:24 INFO common.c: Flash page at addr: 0x08000000 erased
2026-01-19T15:42:24 INFO common.c: Starting Flash write for F2/F4/F7/L4
2026-01-19T15:42:24 INFO common.c: Starting verification of write complete
2026-01-19T15:42:24 INFO common.c: Flash written and verified! jolly good!
`,
  },
  cube: {
    identified: `      -------------------------------------------------------------------
                        STM32CubeProgrammer v2.14.0
      -------------------------------------------------------------------

ST-LINK SN  : 066AFF535550755187081632
Board       : NUCLEO-F446RE
Connect mode: Under Reset
Device ID   : 0x421
Revision ID : Rev A
Device name : STM32F446xx
`,
    written: `Device ID   : 0x421
Erasing memory corresponding to segment 0:
Download in Progress:
100%
File download complete
Verifying ...
Read progress:
100%
Download verified successfully
MCU Reset
`,
  },
} as const;

describe('flashing with an external tool', () => {
  it('asks OpenOCD who the device is, then has it write and verify under reset', async () => {
    const stages = new Set<FlashStage>();
    fake('openocd', [
      { where: 'program ', output: outputs.openocd.written },
      { where: 'mdw 0xe0042000', output: outputs.openocd.identified },
    ]);
    const targetArguments = ['-f', 'interface/stlink.cfg', '-f', 'target/stm32f4x.cfg'];
    const onProgress = (stage: FlashStage): void => void stages.add(stage);
    expect(await runFlashTool(openocd, job({ targetArguments, onProgress }))).toEqual({ productId: 0x421 });
    expect([...stages]).toEqual(['connect', 'write', 'verify', 'start']);
    const begin =
      'openocd -f interface/stlink.cfg -f target/stm32f4x.cfg -c reset_config srst_only srst_nogate connect_assert_srst';
    expect(called()).toEqual([
      `${begin} -c init -c reset halt -c mdw 0xe0042000 -c reset run -c shutdown`,
      `${begin} -c program {/tmp/some folder/firmware.bin} 0x08000000 verify reset exit`,
    ]);
  });

  it('has st-flash do it', async () => {
    const stages = new Set<FlashStage>();
    fake('st-info', [{ where: '--probe', output: outputs.stFlash.identified }]);
    fake('st-flash', [{ where: 'write', output: outputs.stFlash.written }]);
    const onProgress = (stage: FlashStage): void => void stages.add(stage);
    await runFlashTool(stFlash, job({ targetArguments: ['--connect-under-reset'], onProgress }));
    expect([...stages]).toEqual(['connect', 'erase', 'write', 'verify']);
    expect(called()).toEqual([
      'st-info --probe --connect-under-reset',
      'st-flash --connect-under-reset --reset write /tmp/some folder/firmware.bin 0x08000000',
    ]);
  });

  it('has STM32CubeProgrammer do it', async () => {
    const progress: (readonly [FlashStage, number])[] = [];
    fake('STM32_Programmer_CLI', [
      { where: ' -w ', output: outputs.cube.written },
      { where: '-c', output: outputs.cube.identified },
    ]);
    const onProgress = (stage: FlashStage, done: number): void => void progress.push([stage, done]);
    await runFlashTool(cubeProgrammer, job({ targetArguments: ['port=SWD', 'mode=UR'], onProgress }));
    expect(progress).toContainEqual(['write', 100]);
    expect(called()).toEqual([
      'STM32_Programmer_CLI -c port=SWD mode=UR',
      'STM32_Programmer_CLI -c port=SWD mode=UR -w /tmp/some folder/firmware.bin 0x08000000 -v -rst',
    ]);
  });

  it('does not write to another device', async () => {
    fake('openocd', [{ where: 'mdw', output: outputs.openocd.identified.replace('10006421', '10006413') }]);
    const { code, message } = await failureOf(runFlashTool(openocd, job()));
    expect(code).toBe(exitCode.device);
    expect(message).toMatch(/product id 0x413; the target is 0x421\. Nothing on the device was changed/);
    expect(called()).toHaveLength(1);
  });

  it.each([
    ['an exit code', outputs.openocd.written, 1, 'had begun to write'],
    ['a missing word of success', outputs.openocd.written.replace('** Verified OK **\n', ''), 0, 'had begun to write'],
    [
      'a failure before it writes',
      'Error: init mode failed (unable to connect to the target)\n',
      1,
      'did not say that',
    ],
  ])('does not take %s for success', async (_, output, code, state) => {
    fake('openocd', [
      { where: 'program ', output, code },
      { where: 'mdw', output: outputs.openocd.identified },
    ]);
    const failure = await failureOf(runFlashTool(openocd, job()));
    expect(failure.code).toBe(exitCode.device);
    expect(failure.message).toContain(state);
    expect(failure.message.split('\n').length).toBeGreaterThan(1);
  });

  it.each<readonly [FlashTool, string, string, RegExp]>([
    [openocd, 'openocd', 'Info : RDP level 1 (0x55)\nError: failed erasing sectors 0 to 0\n', /protected against/],
    [openocd, 'openocd', '** Verify Failed **\n', /does not read back/],
    [
      openocd,
      'openocd',
      'Error: libusb_open() failed with LIBUSB_ERROR_ACCESS\nError: open failed\n',
      /cannot be opened/,
    ],
    [openocd, 'openocd', "embedded:startup.tcl:28: Error: Can't find target/nothing.cfg\n", /configuration file/],
    [stFlash, 'st-flash', 'ERROR flash.c: Flash memory is write protected\n', /protected against/],
    [stFlash, 'st-flash', 'ERROR common.c: Verification of flash failed at offset: 512\n', /does not read back/],
    [stFlash, 'st-flash', 'ERROR: stlink_flash_loader_run(0x8000000) failed! == -1\n', /cannot be written/],
    [cubeProgrammer, 'STM32_Programmer_CLI', 'Error: No debug probe detected.\n', /no debug probe/],
    [cubeProgrammer, 'STM32_Programmer_CLI', 'Error: No STM32 target found!\n', /finds no microcontroller/],
    [cubeProgrammer, 'STM32_Programmer_CLI', 'Error: Data read failed\n', /protected against/],
  ])('says what a message of $name means: %#', async (tool, program, output, meaning) => {
    const identified = { openocd: outputs.openocd, 'st-flash': outputs.stFlash, cubeprogrammer: outputs.cube };
    const answers = [
      { where: 'firmware.bin', output, code: 1 },
      { where: '', output: identified[tool.name as keyof typeof identified].identified },
    ];
    fake(program, answers);
    if (tool === stFlash) fake('st-info', answers);
    const failure = await failureOf(runFlashTool(tool, job()));
    expect(failure.code).toBe(exitCode.device);
    expect(failure.message).toMatch(meaning);
    // The tool's own words stand under it.
    expect(failure.message).toContain(`  ${tool.name}: ${output.trim().split('\n').at(-1)}`);
    expect(failure.hint).toBeDefined();
  });

  it('says which line installs a tool that is missing', async () => {
    for (const tool of [openocd, stFlash, cubeProgrammer]) {
      const { code, message, hint } = await failureOf(runFlashTool(tool, job()));
      expect(code).toBe(exitCode.toolMissing);
      expect(message).toMatch(/is not on the PATH/);
      expect(hint).toBe('the line that installs it');
    }
  });

  it('ends a tool that says nothing', async () => {
    writeFileSync(join(folder, 'openocd'), '#!/bin/sh\necho "Info : clock speed 2000 kHz"\nexec /bin/sleep 60\n');
    chmodSync(join(folder, 'openocd'), 0o755);
    const { code, message } = await failureOf(runFlashTool(openocd, job({ patience: 300 })));
    expect(code).toBe(exitCode.device);
    expect(message).toMatch(/says nothing for too long.*\n {2}openocd: Info : clock speed/);
  });

  it('leaves out colours and other control characters', async () => {
    fake('openocd', [{ where: '', output: '\u001b[31mError: open failed\u001b[0m\u0007\n', code: 1 }]);
    const { message } = await failureOf(runFlashTool(openocd, job()));
    expect(message).toMatch(/^ {2}openocd: Error: open failed$/m);
  });

  it('takes a further tool as data', async () => {
    const other: FlashTool = {
      name: 'other',
      identify: { command: { program: 'other', args: ['id', '{idRegister}'] }, productId: /id=(\w+)/ },
      write: { program: 'other', args: ['put', '{file}', '{base}'] },
      success: /same/,
      stages: [],
      progress: null,
      failures: [],
    };
    fake('other', [
      { where: 'id 0x5c001000', output: 'id=450' },
      { where: 'put', output: 'same' },
    ]);
    const h7 = job({ productId: 0x450, idRegister: 0x5c001000 });
    expect(await runFlashTool(other, h7)).toEqual({ productId: 0x450 });
  });
});

/** The tools as Debian has them, on a machine without a probe. */
describe.skipIf(hasProbe())('the real tools', () => {
  const real = { environment: process.env };

  it('OpenOCD: no probe', async () => {
    const targetArguments = ['-f', 'interface/stlink.cfg', '-f', 'target/stm32f4x.cfg'];
    const { code, message, hint } = await failureOf(runFlashTool(openocd, job({ ...real, targetArguments })));
    expect(code).toBe(exitCode.device);
    expect(message).toMatch(/^openocd: no debug probe is connected\. Nothing on the device was changed\.$/m);
    expect(message).toMatch(/^ {2}openocd: Error: open failed$/m);
    expect(hint).toMatch(/ST-LINK/);
  });

  it('OpenOCD: a file that is not there', async () => {
    const targetArguments = ['-f', 'target/there-is-no-such-thing.cfg'];
    const { message } = await failureOf(runFlashTool(openocd, job({ ...real, targetArguments })));
    expect(message).toMatch(/^openocd: a configuration file is missing/);
  });

  it('st-info and st-flash: no probe', async () => {
    const targetArguments = ['--connect-under-reset'];
    const { code, message } = await failureOf(runFlashTool(stFlash, job({ ...real, targetArguments })));
    expect(code).toBe(exitCode.device);
    expect(message).toMatch(/^st-flash: no debug probe is connected\. Nothing on the device was changed\.$/m);
    // The step that writes, which is not reached otherwise.
    const file = join(folder, 'firmware.bin');
    writeFileSync(file, new Uint8Array(64));
    fake('st-info', [{ where: '', output: outputs.stFlash.identified }]);
    const environment = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const second = await failureOf(runFlashTool(stFlash, job({ environment, targetArguments, file })));
    expect(second.message).toMatch(/^st-flash: no debug probe is connected\. The tool did not say that it had begun/);
    expect(second.message).toMatch(/Couldn't find any ST-Link devices/);
  });
});
