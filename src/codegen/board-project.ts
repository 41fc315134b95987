import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { usageError } from '../errors.ts';
import type { Plan } from '../plan/types.ts';
import type { Board, MemoryRegion, Target } from '../targets/types.ts';
import { arenaRegion, boardConfig, linkerScript, roomFor } from './board.ts';
import { type FirmwareModel, firmwareFiles, holdingOf } from './firmware.ts';

const boardFolder = new URL('../../runtime-c/board/', import.meta.url);

/** Bytes behind the arena that nothing may write to, and what the linker may lose to alignment. */
const guardBytes = 32;

/** The flags that every file is compiled with, after those of the machine. */
export const commonFlags = ['-std=c99', '-Wall', '-Wextra', '-ffunction-sections', '-fdata-sections'] as const;

/** Compiler flags of the model and its kernels. Contraction would round differently at the float boundary. */
export function modelFlags(board: Board): readonly string[] {
  return [board.optimize.model, '-ffp-contract=off', '-DTSR_PROFILE'];
}

/** Compiler flags of start-up, drivers and firmware. */
export function boardFlags(board: Board): readonly string[] {
  // Start-up code copies and clears memory in loops, which a C library's functions would take more flash for.
  return [board.optimize.rest, '-fno-tree-loop-distribute-patterns', '-ffp-contract=off', '-DTSR_PROFILE'];
}

/** No start-up files of the compiler's: the board has its own. */
export const linkFlags = ['-nostartfiles', '-Wl,--gc-sections', '-Wl,--print-memory-usage'] as const;

/** Of objcopy. Where vectors lie far from the code, plain bytes of both would be as many as lie between. */
export function binaryFlags(board: Board): readonly string[] {
  return board.placement.vectors === null ? [] : ['--remove-section', '.vectors'];
}

/** Where the arena of these models goes, and how much room there is for it and a copy of the input. */
function arenaPlace(board: Board, plans: readonly Plan[]): { readonly region: MemoryRegion; readonly bytes: number } {
  const arenaBytes = Math.max(...plans.map((plan) => plan.arenaBytes));
  const room = (region: MemoryRegion): number => roomFor(board, region) - guardBytes;
  const regions = board.placement.arena.flatMap((name) => board.memory.filter((region) => region.name === name));
  const copies = regions.find((region) => {
    const left = room(region) - arenaBytes;
    return left >= 0 && plans.every((plan) => holdingOf(plan, left) === 'copy');
  });
  const region = copies ?? arenaRegion(board, arenaBytes + guardBytes);
  return { region, bytes: Math.max(arenaBytes, room(region)) };
}

/**
 * The files of a firmware beside models and build files: start-up, drivers, main, the linker script.
 * `folder`: where the C files go.
 */
export function boardFiles(
  target: Target,
  board: Board,
  models: readonly FirmwareModel[],
  version: string,
): { readonly sources: ReadonlyMap<string, string>; readonly script: string } {
  const { region, bytes } = arenaPlace(
    board,
    models.map(({ plan }) => plan),
  );
  const sources = new Map<string, string>();
  const add = (name: string): void => {
    if (sources.has(name)) return;
    const text = boardFile(target, name);
    sources.set(name, text);
    for (const [, header] of text.matchAll(/^#include "(\w+\.h)"/gm)) {
      if (header !== undefined && isBoardFile(target, header)) add(header);
    }
  };
  for (const name of [...board.sources, 'main.c']) add(name);
  sources.set('tsr_board_config.h', boardConfig(target, board));
  for (const [path, text] of firmwareFiles(models, { version, sramBytes: bytes })) sources.set(path, text);
  return { sources, script: linkerScript(target, board, region) };
}

/** Whether the target, or the board port, has a file of that name; other headers are made, or lie with the model. */
function isBoardFile(target: Target, name: string): boolean {
  return target.files.includes(name) || existsSync(new URL(name, boardFolder));
}

/** A file of the board port: the target's own, or ours. */
function boardFile(target: Target, name: string): string {
  if (!isBoardFile(target, name)) {
    const ours = readdirSync(boardFolder).filter((file) => file.endsWith('.c'));
    throw usageError(
      `target ${target.name}: the board port has no file ${name}`,
      `It has ${ours.join(', ')}; a file of your own goes beside the target's and into its field files.`,
    );
  }
  return readFileSync(new URL(name, target.files.includes(name) ? target.folder : boardFolder), 'utf8');
}
