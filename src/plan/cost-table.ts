import type { WorkName } from './work.ts';

/** Instructions a unit of work; a name that is left out costs nothing. */
export type WorkCosts = Readonly<Partial<Record<WorkName, number>>>;

/** What a kernel that was never measured is taken to cost. */
export const otherKernels: WorkCosts = { calls: 100, macs: 1 };

/** Kernels that were measured, by symbol. Written by `npm run fit:cost`. */
export const instructionTable: Readonly<Record<string, WorkCosts>> = {};
