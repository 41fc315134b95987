import type { DeviceModel, MemoryUse, Session } from './session.ts';

/** The least, the middle and the most of what several runs took, in ticks. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What was measured on a board. */
export interface Measurement {
  readonly runs: number;
  readonly total: Spread;
  /** By layer; empty where the firmware was built without time marks. */
  readonly layers: readonly Spread[];
  readonly memory: MemoryUse;
  readonly selfTest: boolean;
}

/** The middle value is a measured one: of an even number of runs the lower of the two. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  return { min: at(0), median: at(Math.floor((sorted.length - 1) / 2)), max: at(sorted.length - 1) };
}

/** Runs a model `runs` times on the firmware's built-in input, and measures time by layer and what memory it touches. */
export async function measure(
  session: Session,
  model: DeviceModel,
  runs: number,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Measurement> {
  await session.select(model);
  const selfTest = await session.selfTest();
  const totals: number[] = [];
  const layers: (readonly number[])[] = [];
  for (let run = 0; run < runs; run += 1) {
    onProgress(run, runs);
    totals.push(await session.run());
    if (session.info.marks) layers.push(await session.layers());
  }
  const byLayer = session.info.marks ? Array.from({ length: model.layers }, (_, layer) => layer) : [];
  return {
    runs,
    total: spreadOf(totals),
    layers: byLayer.map((layer) => spreadOf(layers.map((ticks) => ticks[layer] as number))),
    memory: await session.memory(),
    selfTest,
  };
}
