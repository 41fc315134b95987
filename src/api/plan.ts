import { plan as planGraph } from '../compile.ts';
import { paretoPlans } from '../plan/choose.ts';
import { cyclesOf, kernelCalls, timeOf } from '../plan/cost/cost.ts';
import { explainEnds, type StepEnd } from '../plan/explain.ts';
import { withTwoRows } from '../plan/two-rows.ts';
import type { Plan } from '../plan/types.ts';
import { endText } from '../report/ends.ts';
import { type PlanReport, reportPlan } from '../report/plan.ts';
import { type CompileOptions, defaults, type ModelSource } from './options.ts';
import { type Compilation, compileModel } from './pipeline.ts';

/** One plan among those that a model can have. */
export interface PlanChoice {
  /** Of the chosen plan, in all memories that it is divided among; of others, in one piece. */
  readonly arenaBytes: number;
  /** The most bytes that live at one step of it. */
  readonly allocationBound: number;
  readonly macs: number;
  /** To those of layer by layer. */
  readonly macsRatio: number;
  /** An estimate, to that of layer by layer: of instructions, by the cost model. */
  readonly relativeTime: number;
  /** By the cost model; null where the target's core is none of ours. */
  readonly estimatedInstructions: number | null;
  /** Of a Cortex-M4 without wait states, an estimate; null for any other core, and where a kernel was never measured. */
  readonly estimatedCycles: number | null;
  readonly kernelCalls: number;
  /** Constants in flash. */
  readonly constantBytes: number;
  readonly steps: number;
  /** How many of the steps are stages. */
  readonly stages: number;
  /** What is computed another way than the model says, with the same bytes: in groups of channels, in patches, twice. */
  readonly rewritings: readonly string[];
  /** What is taken where nothing is asked for. */
  readonly isDefault: boolean;
  /** What is taken for the objective and limit that were asked for. */
  readonly isChosen: boolean;
}

/** What `tessera plan` says. */
export interface PlanOverview {
  readonly schemaVersion: 1;
  readonly model: { readonly file: string; readonly sha256: string; readonly opset: number };
  readonly options: Pick<Compilation, 'input' | 'output' | 'objective' | 'arenaLimit' | 'maxOverhead'>;
  /** None has both more SRAM and more time than another, but the default and the chosen, which stand here anyway; most SRAM first. */
  readonly plans: readonly PlanChoice[];
  readonly chosen: PlanReport;
  /** Why each step of the chosen plan ends where it ends. */
  readonly ends: readonly (StepEnd & { readonly text: string })[];
  readonly warnings: readonly string[];
}

/** The plans that a model can have, and the one that is chosen, explained. */
export function planModel(model: ModelSource, options: CompileOptions = {}): PlanOverview {
  const compilation = compileModel(model, options);
  const { source, plan, input, output, objective, arenaLimit, maxOverhead, warnings } = compilation;
  const { isas } = compilation.target;
  const core = compilation.target.board?.core ?? null;
  const { graph, layers, optimize } = plan.source;
  options.onProgress?.('planning', 0, 1);
  const isDefault = objective === defaults.objective && arenaLimit === null && maxOverhead === null;
  const modes = { input, output, optimize, isas };
  const usual = isDefault ? plan : planGraph(graph, { objective: defaults.objective, ...modes });
  const layerwise = planGraph(graph, { objective: 'time', ...modes });
  const found = paretoPlans(graph, layers, { ...modes, maxOverhead: maxOverhead ?? undefined }).map(withTwoRows);
  for (const one of [usual, plan]) if (!found.some((other) => sameSteps(other, one))) found.push(one);
  // The chosen one stands as it is: it may be divided among memories, and take more bytes in all than in one piece.
  const plans = found
    .map((one) => (sameSteps(one, plan) ? plan : one))
    .map(
      (one): PlanChoice => ({
        arenaBytes: one.arenaBytes,
        allocationBound: one.allocationBound,
        macs: one.macs,
        macsRatio: layerwise.macs === 0 ? 1 : one.macs / layerwise.macs,
        relativeTime: timeOf(one) / Math.max(1, timeOf(layerwise)),
        estimatedInstructions: core === null ? null : timeOf(one),
        estimatedCycles: core === 'cortex-m4' ? cyclesOf(one) : null,
        kernelCalls: kernelCalls(one),
        constantBytes: reportPlan(one, null).constantBytes,
        steps: one.steps.length,
        stages: one.steps.filter((step) => step.kind === 'stage').length,
        rewritings: one.rewritings.map(({ text }) => text),
        isDefault: sameSteps(one, usual),
        isChosen: sameSteps(one, plan),
      }),
    )
    .sort((a, b) => b.arenaBytes - a.arenaBytes || a.relativeTime - b.relativeTime);
  return {
    schemaVersion: 1,
    model: { file: source.file, sha256: source.sha256, opset: source.result.opset },
    options: { input, output, objective, arenaLimit, maxOverhead },
    plans,
    chosen: reportPlan(plan, core),
    ends: explainEnds(plan, input).map((end) => ({ ...end, text: endText(plan, end) })),
    warnings,
  };
}

function sameSteps(a: Plan, b: Plan): boolean {
  return JSON.stringify([a.steps, a.rewritings]) === JSON.stringify([b.steps, b.rewritings]);
}
