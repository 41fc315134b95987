import { instructionTable, otherKernels } from './cost-table.ts';
import { simd128Table } from './cost-table-simd128.ts';
import type { Layer, Plan } from './types.ts';
import { costKey, workNames, workOf } from './work.ts';

/** The calls of kernels that a layer takes in one inference: computed whole (null), or in segments of so many columns. */
export function callsOf(layer: Layer, segment: number | null): number {
  if (layer.lowering.kind === 'alias') return 0;
  return layer.lowering.calls.reduce((sum, call) => sum + workOf(layer, call, segment).calls, 0);
}

/**
 * The instructions that a layer is estimated to take in one inference, computed whole (null) or in segments of so many
 * columns: its kernels' work, by numbers that were fitted to counts from an emulator (`npm run fit:cost`).
 */
export function layerTime(layer: Layer, segment: number | null): number {
  if (layer.lowering.kind === 'alias') return 0;
  const instructions = layer.lowering.calls.reduce((total, call) => {
    const work = workOf(layer, call, segment);
    const costs = instructionTable[costKey(call)] ?? simd128Table[call.symbol] ?? otherKernels;
    return total + workNames.reduce((sum, name) => sum + (costs[name] ?? 0) * work[name], 0);
  }, 0);
  // Whole, so that sums do not depend on their order.
  return Math.round(instructions);
}

/** Adds up what each layer of a plan costs, by how it is computed. */
function sumOf(plan: Plan, cost: (layer: Layer, segment: number | null) => number): number {
  let sum = 0;
  for (const step of plan.steps) {
    if (step.kind === 'call') sum += cost(plan.layers[step.layer] as Layer, null);
    else
      step.layers.forEach((index, i) => {
        sum += cost(plan.layers[index] as Layer, step.segments[i] as number);
      });
  }
  return sum;
}

/** How often a plan calls a kernel in one inference. */
export function kernelCalls(plan: Plan): number {
  return sumOf(plan, callsOf);
}

/** What a plan costs in one inference, in estimated instructions. */
export function timeOf(plan: Plan): number {
  return sumOf(plan, layerTime);
}
