import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { firmwareFiles } from '../../../src/codegen/firmware.ts';
import { type FirmwarePlaces, inOneMemory } from '../../../src/codegen/firmware-arena.ts';
import { modelFiles, runtimeFile } from '../../../src/codegen/project.ts';
import { modelOptions } from '../../../src/compile.ts';
import type { Plan } from '../../../src/plan/types.ts';
import { runCompiler } from '../../support/native.ts';

/** What the firmware of the product is compiled with here: what it says of the board that it runs on. */
const boardConfig = `#define TSR_BOARD_NAME "host"
#define TSR_BOARD_TICK_UNIT "nanoseconds"
#define TSR_BOARD_TICKS_PER_SECOND 1000000000u
#define TSR_BOARD_CACHES "none"
`;

const flags = [
  '-std=c99',
  '-O1',
  '-Wall',
  '-Wextra',
  '-Wconversion',
  '-Wshadow',
  '-Werror',
  '-DTSR_PROFILE',
  '-DTSR_BYTE_LOOKS=100u',
];
const checks = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** The firmware as a program of this machine, under sanitizers; its serial line is a socket. */
export interface HostFirmware {
  start(): RunningFirmware;
  remove(): void;
}

export interface RunningFirmware {
  readonly stream: Duplex;
  readonly process: ChildProcess;
}

export interface HostOptions {
  /** Bytes for the arena and a copy of the input together. */
  readonly sramBytes?: number;
  /** Where arenas lie, if not in one memory. */
  readonly places?: FirmwarePlaces;
}

export async function buildHostFirmware(plans: readonly Plan[], options: HostOptions = {}): Promise<HostFirmware> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-firmware-'));
  const bytes = new TextEncoder().encode('model');
  const models = plans.map((plan) => modelFiles(plan, modelOptions(plan, bytes, 'host', '1.2.3', 'int8')));
  const firmware = firmwareFiles(
    plans.map((plan) => ({ plan, modelHash: 'ab'.repeat(32) })),
    { version: '1.2.3', places: options.places ?? inOneMemory(plans, options.sramBytes ?? 2 ** 24) },
  );
  const files = new Map([
    ...models.flatMap((model) => [...model]),
    ...firmware,
    ['tsr_board.h', runtimeFile('board/tsr_board.h')],
    ['tsr_board_config.h', boardConfig],
    ['host_board.c', readFileSync(new URL('host_board.c', import.meta.url), 'utf8')],
  ]);
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  const sources = [...files.keys()].filter((name) => name.endsWith('.c'));
  await runCompiler('gcc', [...flags, ...checks, ...sources, '-o', 'firmware'], folder);
  return {
    start() {
      const child = spawn(join(folder, 'firmware'), [], {
        // What Node calls a pipe is a socket, both ways.
        stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
        env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' },
      });
      const stream = child.stdio[3] as Duplex;
      stream.on('error', () => {});
      return { process: child, stream };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
