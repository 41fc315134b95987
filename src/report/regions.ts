import type { ArenaRegion } from '../plan/types.ts';
import { count } from './table.ts';

/** A part of the arena in a memory of its own. */
export interface RegionReport {
  /** Null where the target does not say. */
  readonly memory: string | null;
  readonly speed: 'fast' | 'usual' | 'slow' | null;
  readonly bytes: number;
  /** No placement of the buffers that lie there takes fewer bytes. */
  readonly bound: number;
}

export function reportRegion({ memory, bytes, bound }: ArenaRegion): RegionReport {
  return { memory: memory?.name ?? null, speed: memory?.speed ?? null, bytes, bound };
}

/** Bytes of the arena of several models, one at a time: in each memory as many as the one that needs most there. */
export function sharedArenaBytes(reports: readonly { readonly regions: readonly RegionReport[] }[]): number {
  const needed = new Map<string | null, number>();
  for (const { memory, bytes } of reports.flatMap(({ regions }) => regions))
    needed.set(memory, Math.max(needed.get(memory) ?? 0, bytes));
  return [...needed.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** The memories of a divided arena, in words. */
export function regionsText(regions: readonly RegionReport[]): string {
  const parts = regions.map(({ memory, speed, bytes, bound }) => {
    const remarks = [
      ...(speed === null || speed === 'usual' ? [] : [speed]),
      ...(bound < bytes ? [`its buffers need ${count(bound)}`] : []),
    ];
    return `${memory} ${count(bytes)}${remarks.length === 0 ? '' : ` (${remarks.join('; ')})`}`;
  });
  return `${regions.length} memories: ${parts.join(', ')}`;
}
