import type { Graph } from '../graph/types.ts';
import type { Isa } from '../kernels/define.ts';
import { type OutputMode, programFor } from './boundary.ts';
import type { Candidate } from './candidates.ts';
import { timeOf } from './cost/cost.ts';
import { fastestOf, frontOf, leastOf, type TimedDraft } from './drafts.ts';
import { createFindings } from './findings.ts';
import { given, type ImproveOptions, improvements } from './improve.ts';
import { placeInMemories } from './memories.ts';
import { layerwisePlan, paretoWays, type Search, searchOf } from './search.ts';
import type { InputMode } from './stages.ts';
import type { ArenaMemory, Layer, Optimization, Plan, Program } from './types.ts';

export type { OutputMode } from './boundary.ts';
export type { InputMode } from './stages.ts';

/**
 * What a plan is for: `time`: every layer whole, one after the other; `balanced`: the least arena that costs at most 3 %
 * more time than that; `sram`: at most 25 % more. The last few bytes cost far more: a limit asks for those.
 */
export const objectives = ['balanced', 'sram', 'time'] as const;
export type Objective = (typeof objectives)[number];

export interface PlanOptions {
  readonly objective: Objective;
  readonly input: InputMode;
  /** `resident` where it is left out. */
  readonly output?: OutputMode | undefined;
  /** What kernels are chosen for; `speed` where it is left out. */
  readonly optimize?: Optimization | undefined;
  /** Instruction sets that kernels may use; the portable kernels alone where they are left out. */
  readonly isas?: readonly Isa[] | undefined;
  /** The most bytes that the arena may take: then the fastest plan that fits, whatever the objective. */
  readonly arenaLimit?: number | undefined;
  /**
   * The most multiply-accumulates, as a multiple of the model's own: then the least arena, whatever the objective. Where
   * it is left out nothing is computed twice, but to fit a limit.
   */
  readonly maxOverhead?: number | undefined;
  /** The memories that the arena can lie in: a plan that none takes, nor several together, does not fit a limit. */
  readonly memories?: readonly ArenaMemory[] | undefined;
}

/**
 * What plans may cost that are chosen without a limit, as a multiple of the time of layer by layer. It is an estimate: 3 %
 * are meant to the digits that tables have, and 25 % less the error that an estimate may have.
 */
const mostTime = { time: 1, balanced: 1.0305, sram: 1.245 };

/** The most that is computed again to fit a limit, as a multiple of the model's multiply-accumulates. */
const mostOverhead = 4;

/** A model that cannot be planned within the arena that it was given. */
export class ArenaLimitError extends Error {
  readonly least: Plan;

  constructor(least: Plan) {
    super(`the least arena is ${least.arenaBytes} bytes`);
    this.least = least;
  }
}

/**
 * Chooses a plan: the steps of the model as it is, or rewritten, by dynamic programming over the places where stages
 * begin and end. Nothing is computed twice but where a limit asks for it, or an overhead is allowed. Of the plans that the
 * objective allows alike the fastest is taken.
 * @throws ArenaLimitError where no plan fits the limit; it carries the plan with the least arena
 */
export function choosePlan(graph: Graph, layers: readonly Layer[], options: PlanOptions): Plan {
  const { arenaLimit, objective, input, maxOverhead, isas = [] } = options;
  const source: Program = { ...programFor(graph, layers, options.output), optimize: options.optimize };
  const layerwise = layerwisePlan(given(source));
  if (arenaLimit === undefined && maxOverhead === undefined && objective === 'time') return layerwise;
  const context = { source, input, lowerings: { isas, known: new Map() }, findings: createFindings() };
  const wanted = arenaLimit === undefined && maxOverhead !== undefined ? 'least' : 'front';
  const drafts = draftsWithin(context, maxOverhead ?? 1, wanted);
  if (arenaLimit !== undefined) {
    const fits = (plan: Plan): boolean =>
      plan.arenaBytes <= arenaLimit && placeInMemories(plan, options.memories ?? [], arenaLimit) !== null;
    const fitting = fastestOf(drafts, arenaLimit, fits);
    if (fitting !== null) return fitting;
    // What is computed twice is the last resort.
    const more = maxOverhead === undefined ? draftsWithin(context, mostOverhead, 'front') : drafts;
    const last = fastestOf(more, arenaLimit, fits);
    if (last === null) throw new ArenaLimitError(leastOf(more) ?? layerwise);
    return last;
  }
  if (maxOverhead !== undefined) return leastOf(drafts) ?? layerwise;
  const bound = mostTime[objective] * timeOf(layerwise);
  return leastOf(drafts.filter(({ time }) => time <= bound)) ?? layerwise;
}

/** The plans of which none has both less arena and less time than another, the fastest first. */
export function paretoPlans(
  graph: Graph,
  layers: readonly Layer[],
  {
    input,
    output,
    optimize,
    isas = [],
    maxOverhead = mostOverhead,
  }: Pick<PlanOptions, 'input' | 'output' | 'optimize' | 'isas' | 'maxOverhead'>,
): readonly Plan[] {
  const source: Program = { ...programFor(graph, layers, output), optimize };
  const context = { source, input, lowerings: { isas, known: new Map() }, findings: createFindings() };
  return frontOf([
    ...draftsWithin(context, 1, 'front'),
    ...(maxOverhead > 1 ? draftsWithin(context, maxOverhead, 'front') : []),
  ]);
}

/**
 * Plans with at most so many times the multiply-accumulates of the model, among them those of which none has both less
 * arena and less time than another. Where only the least arena is wanted, programs that were rewritten further since are
 * left out.
 */
function draftsWithin(
  context: Omit<ImproveOptions, 'mostMacs'>,
  overhead: number,
  wanted: 'front' | 'least',
): readonly TimedDraft[] {
  const { source, input, findings } = context;
  const macs = source.layers.reduce((sum, layer) => sum + layer.macs, 0);
  const [first, ...others] = improvements({ ...context, mostMacs: Math.floor(macs * overhead) });
  if (first === undefined) return [];
  const kept = wanted === 'front' ? others : others.slice(-3);
  const apart = (search: Search): Search => searchOf(search.program, input, findings, { sharing: 'apart' });
  /** The same search, with the stages of some of its ways also in segments of different widths. */
  const finer = (search: Search, ways: readonly (readonly Candidate[] | null)[]): Search => {
    // Where whole rows fit there is nothing to gain.
    const narrow = ways.flatMap((way) => way ?? []).filter(({ segment }) => segment !== Number.POSITIVE_INFINITY);
    const stages = new Map(narrow.map((candidate) => [`${candidate.start} ${candidate.end}`, candidate]));
    const cuts = [...stages.values()].flatMap(search.candidates.cuts);
    return searchOf(search.program, input, findings, { sharing: search.sharing, cuts });
  };
  const isPassed = wanted === 'least' && (others.at(-1)?.least ?? first.least) < passed * first.least;
  const drafts = new Map<string, TimedDraft>();
  const add = (search: Search, ways: readonly (readonly Candidate[] | null)[]): void => {
    for (const way of ways) {
      if (way === null) continue;
      const cuts = way.map(({ start, end, segment, scratchLimit }) => `${start} ${end} ${segment} ${scratchLimit}`);
      const key = [...search.program.rewritings.map(({ text }) => text), ...cuts].join('\n');
      if (drafts.has(key)) continue;
      const draft = search.draftOf(way);
      drafts.set(key, { draft, time: draft.time() });
    }
  };
  for (const search of isPassed ? [] : [first, apart(first)]) {
    const fine = finer(search, [...(wanted === 'front' ? paretoWays(search) : []), search.calmest(search.least)]);
    add(fine, [...paretoWays(fine), fine.calmest(fine.least)]);
  }
  let before = first.least;
  for (const search of kept) {
    const limits = [before - 1, search.least];
    const fine = finer(search, limits.map(search.within));
    const separate = apart(search);
    add(fine, [...limits.map(fine.within), fine.calmest(search.least)]);
    add(separate, [separate.within(separate.least)]);
    before = search.least;
  }
  return [...drafts.values()];
}

/** Where rewriting brings the least peak below this part of the model's own, no plan of the model as it is can be the least. */
const passed = 0.8;
