import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { usageError } from '../errors.ts';
import type { Plan } from '../plan/types.ts';
import { readTargetFile } from '../targets/load.ts';
import type { Board, Target } from '../targets/types.ts';
import { arenaRegion, arenaRegions, boardConfig, linkerScript, roomFor } from './board.ts';
import { type FirmwareModel, firmwareFiles, takesCopy } from './firmware.ts';
import type { FirmwarePlaces } from './firmware-arena.ts';

const boardFolder = new URL('../../runtime-c/board/', import.meta.url);

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

/**
 * Where the arenas of these models go, and a copy of the input: to the first memory that has room for it beside the arenas,
 * or for as much of it as any has.
 */
function placesOf(board: Board, plans: readonly Plan[]): FirmwarePlaces {
  const needed = new Map<string, number>();
  const most = Math.max(...plans.map(({ arenaBytes }) => arenaBytes));
  for (const { memory, bytes } of plans.flatMap(({ regions }) => regions)) {
    const name = memory?.name ?? arenaRegion(board, most).name;
    needed.set(name, Math.max(needed.get(name) ?? 0, bytes));
  }
  const regions = arenaRegions(board);
  const arenas = regions.flatMap(({ name }) => {
    const bytes = needed.get(name);
    return bytes === undefined ? [] : [{ name, bytes }];
  });
  const rooms = regions.map((region) => ({
    copy: region.name,
    copyBytes: Math.max(0, roomFor(board, region) - (needed.get(region.name) ?? 0)),
  }));
  const taking = rooms.find(({ copyBytes }) => plans.every((plan) => takesCopy(plan, copyBytes)));
  const roomiest = rooms.reduce((best, room) => (room.copyBytes > best.copyBytes ? room : best));
  return { arenas, ...(taking ?? roomiest) };
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
  const places = placesOf(
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
  for (const [path, text] of firmwareFiles(models, { version, places })) sources.set(path, text);
  const memories = new Set([...places.arenas.map(({ name }) => name), places.copy]);
  return { sources, script: linkerScript(target, board, [...memories]) };
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
  return target.files.includes(name)
    ? new TextDecoder().decode(readTargetFile(target, name))
    : readFileSync(new URL(name, boardFolder), 'utf8');
}
