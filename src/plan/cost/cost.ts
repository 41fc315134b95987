import type { Placed } from '../joined.ts';
import type { Layer, Plan } from '../types.ts';
import { cycleTable } from './cycles.ts';
import { instructionTable } from './table.ts';
import { simd128Table } from './table-simd128.ts';
import { callCount, kernelWork, stageWork, type Work, type WorkCosts } from './work.ts';

/** What a kernel that was never measured is taken to cost: about what portable kernels do. */
const otherKernels: WorkCosts = { calls: 100, pixels: 20, outputs: 8, macs: 4 };

/** What a table knows the work of a stage by. */
const stageKey = 'stage';

/** The segment of every layer of a plan: the columns that it computes at a time, null where it is computed whole. */
export function segmentsOf({ steps }: Pick<Plan, 'steps'>): ReadonlyMap<number, number | null> {
  return new Map(
    steps.flatMap((step): (readonly [number, number | null])[] =>
      step.kind === 'call'
        ? [[step.layer, null]]
        : step.layers.map((layer, at) => [layer, step.segments[at] as number] as const),
    ),
  );
}

/** The calls of kernels that a layer takes in one inference: computed whole (null), or in segments of so many columns. */
function callsOf(layer: Layer, segment: number | null, placed: Placed | null): number {
  if (layer.lowering.kind === 'alias') return 0;
  return layer.lowering.calls.reduce((sum, call) => sum + callCount(layer, call, segment, placed), 0);
}

function costOf(work: Work, costs: WorkCosts): number {
  let sum = 0;
  for (const [name, count] of work) sum += (costs[name] ?? 0) * count;
  return sum;
}

/** The cost of a layer by a table; what the table does not know costs as `otherKernels`. */
function layerCost(
  layer: Layer,
  segment: number | null,
  placed: Placed | null,
  table: Readonly<Record<string, WorkCosts>>,
): number {
  if (layer.lowering.kind === 'alias') return 0;
  const total = layer.lowering.calls.reduce((sum, call) => {
    const costs = table[call.symbol] ?? simd128Table[call.symbol];
    const own = costOf(kernelWork(layer, call, segment, placed), costs ?? otherKernels);
    // Where a table of one kernel has them, costs of stages are its own.
    const around = costs !== undefined && 'stageCalls' in costs ? costs : table[stageKey];
    return sum + own + (segment === null ? 0 : costOf(stageWork(layer, call, segment, placed), around ?? {}));
  }, 0);
  // Whole, so that sums do not depend on their order.
  return Math.round(total);
}

/**
 * The instructions that a layer is estimated to take in one inference, computed whole (null) or in segments of so many
 * columns: its kernels' work, by numbers that were fitted to counts from an emulator (`npm run fit:cost`). `placed`: how
 * tensors lie, of a plan that is made; without it the estimate is for a plan that is still sought.
 */
export function layerTime(layer: Layer, segment: number | null, placed: Placed | null = null): number {
  return layerCost(layer, segment, placed, instructionTable);
}

/**
 * The cycles that a layer is estimated to take on a Cortex-M4 without wait states, from Arm's table of instruction
 * timings (Cortex-M4 Technical Reference Manual r0p0, table 3-1): the same work, by numbers that were fitted to what the
 * instructions executed in an emulator take by that table. Null where a kernel was never measured.
 */
export function layerCycles(layer: Layer, segment: number | null, placed: Placed | null = null): number | null {
  if (layer.lowering.kind === 'alias') return 0;
  if (!layer.lowering.calls.every((call) => cycleTable[call.symbol] !== undefined)) return null;
  return layerCost(layer, segment, placed, cycleTable);
}

/** What the cost of a plan depends on. */
type Costed = Placed & Pick<Plan, 'layers' | 'steps'>;

/** Adds up what each layer of a plan costs, by how it is computed. */
function sumOf(plan: Costed, cost: (layer: Layer, segment: number | null, placed: Placed) => number): number {
  let sum = 0;
  for (const [index, segment] of segmentsOf(plan)) sum += cost(plan.layers[index] as Layer, segment, plan);
  return sum;
}

/** How often a plan calls a kernel in one inference. */
export function kernelCalls(plan: Plan): number {
  return sumOf(plan, callsOf);
}

/** What a plan costs in one inference, in estimated cycles of a Cortex-M4 (see layerCycles). */
export function cyclesOf(plan: Plan): number | null {
  const costs = [...segmentsOf(plan)].map(([index, segment]) =>
    layerCycles(plan.layers[index] as Layer, segment, plan),
  );
  return costs.reduce((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);
}

/** What a plan costs in one inference, in estimated instructions. */
export function timeOf(plan: Costed): number {
  return sumOf(plan, layerTime);
}
