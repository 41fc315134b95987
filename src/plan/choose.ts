import type { Graph } from '../graph/types.ts';
import type { Isa } from '../kernels/define.ts';
import type { RewrittenProgram } from './build.ts';
import { createMemory, type InputMode, type Memory } from './candidates.ts';
import { timeOf } from './cost.ts';
import { layerwisePlan, paretoWays, searchOf } from './search.ts';
import type { Layer, Plan } from './types.ts';

export type { InputMode } from './candidates.ts';

/**
 * What a plan is for: `time`: every layer whole, one after the other; `sram`: the least arena; `balanced`: the least
 * arena that costs at most 5 % more time than layer by layer.
 */
export const objectives = ['balanced', 'sram', 'time'] as const;
export type Objective = (typeof objectives)[number];

export interface PlanOptions {
  readonly objective: Objective;
  readonly input: InputMode;
  /** Instruction sets that kernels may use; the portable kernels alone where they are left out. */
  readonly isas?: readonly Isa[] | undefined;
  /** The most bytes that the arena may take: then the fastest plan that fits, whatever the objective. */
  readonly arenaLimit?: number | undefined;
}

/** What `balanced` may cost, as a multiple of the time of layer by layer. */
const balancedTime = 1.05;

/** A model that cannot be planned within the arena that it was given. */
export class ArenaLimitError extends Error {
  readonly least: Plan;

  constructor(least: Plan) {
    super(`the least arena is ${least.arenaBytes} bytes`);
    this.least = least;
  }
}

/** A program as the model has it. */
function given(graph: Graph, layers: readonly Layer[]): RewrittenProgram {
  return { graph, layers, source: { graph, layers }, rewritings: [] };
}

/**
 * Chooses the steps of a plan by dynamic programming over the places where stages begin and end. Nothing is computed
 * twice. Of the plans that the objective allows alike the fastest is taken.
 * @throws ArenaLimitError where no plan fits the limit; it carries the plan with the least arena
 */
export function choosePlan(graph: Graph, layers: readonly Layer[], options: PlanOptions): Plan {
  const { arenaLimit, objective, input } = options;
  const layerwise = layerwisePlan(given(graph, layers));
  if (arenaLimit === undefined && objective === 'time') return layerwise;
  const plans = paretoPlans(graph, layers, input);
  const least = plans.at(-1) ?? layerwise;
  if (arenaLimit !== undefined) {
    const fitting = plans.find((plan) => plan.arenaBytes <= arenaLimit);
    if (fitting === undefined) throw new ArenaLimitError(least);
    return fitting;
  }
  if (objective === 'sram') return least;
  const bound = balancedTime * timeOf(layerwise);
  return plans.filter((plan) => timeOf(plan) <= bound).at(-1) ?? layerwise;
}

/** The plans of which none has both less arena and less time than another, the fastest first. */
export function paretoPlans(
  graph: Graph,
  layers: readonly Layer[],
  input: InputMode,
  memory: Memory = createMemory(),
): readonly Plan[] {
  const program = given(graph, layers);
  const plans = (['overlapping', 'apart'] as const).flatMap((sharing) => {
    const search = searchOf(program, input, memory, { sharing });
    return paretoWays(search).map(search.planOf);
  });
  return frontOf(plans);
}

/** Of some plans those of which none has both less arena and less time than another, the fastest first. */
function frontOf(plans: readonly Plan[]): readonly Plan[] {
  const timed = plans.map((plan) => ({ plan, time: timeOf(plan) }));
  timed.sort((a, b) => a.time - b.time || a.plan.arenaBytes - b.plan.arenaBytes);
  const front: Plan[] = [];
  for (const { plan } of timed) {
    if (plan.arenaBytes < (front.at(-1)?.arenaBytes ?? Number.POSITIVE_INFINITY)) front.push(plan);
  }
  return front;
}

/** The least peak of all the plans that are searched: the bytes that live at the busiest step. */
export function leastPossiblePeak(graph: Graph, layers: readonly Layer[], input: InputMode): number {
  return searchOf(given(graph, layers), input, createMemory()).least;
}
