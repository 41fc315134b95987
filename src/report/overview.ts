import type { EndReport } from './ends.ts';
import { cyclesAre, type PlanReport } from './plan.ts';
import { planText } from './plan-text.ts';
import { type Column, count, tableText } from './table.ts';

/** A plan among those that a model can have, as far as the table shows it. */
export interface ChoiceReport {
  /** Of the chosen plan, in all memories that it is divided among; of others, in one piece. */
  readonly arenaBytes: number;
  readonly macs: number;
  readonly macsRatio: number;
  readonly relativeTime: number;
  readonly estimatedInstructions: number | null;
  readonly estimatedCycles: number | null;
  readonly kernelCalls: number;
  readonly constantBytes: number;
  readonly steps: number;
  readonly stages: number;
  readonly isDefault: boolean;
  readonly isChosen: boolean;
}

/** The plans that a model can have, and the one that is chosen. */
export interface OverviewReport {
  readonly model: { readonly file: string };
  readonly options: { readonly input: 'resident' | 'stream'; readonly output: 'resident' | 'stream' };
  readonly plans: readonly ChoiceReport[];
  readonly chosen: PlanReport;
  readonly ends: readonly EndReport[];
  readonly warnings: readonly string[];
}

/** What `tessera plan` prints. */
export function overviewText({ model, options, plans, chosen, ends, warnings }: OverviewReport): string {
  const table = tableText(
    [
      { title: '', align: 'left', text: markOf },
      { title: 'SRAM', align: 'right', text: (plan) => count(plan.arenaBytes) },
      { title: 'MACs', align: 'right', text: (plan) => count(plan.macs) },
      { title: 'ratio', align: 'right', text: (plan) => plan.macsRatio.toFixed(3) },
      { title: 'time (estimate)', align: 'right', text: (plan) => plan.relativeTime.toFixed(3) },
      ...estimateColumns(plans),
      { title: 'kernel calls', align: 'right', text: (plan) => count(plan.kernelCalls) },
      { title: 'flash', align: 'right', text: (plan) => count(plan.constantBytes) },
      { title: 'steps', align: 'right', text: (plan) => count(plan.steps) },
      { title: 'stages', align: 'right', text: (plan) => count(plan.stages) },
    ],
    plans,
  );
  return [
    `${model.file}: ${plans.length === 1 ? 'one plan' : `${plans.length} plans`}, inputs ${options.input === 'stream' ? 'fetched row by row where a stage begins with them' : 'resident'}${options.output === 'stream' ? ', outputs handed over row by row' : ''}`,
    ...warnings.map((warning) => `warning: ${warning}`),
    '',
    table,
    '',
    'SRAM: bytes of the arena. Ratio and time: to layer by layer; the time is an estimate, of instructions. Flash: bytes of',
    'weights and other constants, without code.',
    ...(chosen.regions.length > 1
      ? ['The chosen arena is divided: its SRAM is of all its parts together; that of the other plans is of one piece.']
      : []),
    ...(plans.some(({ estimatedCycles }) => estimatedCycles !== null)
      ? [`Cycles are an estimate, too: ${cyclesAre}.`]
      : []),
    '',
    'The chosen plan',
    planText(chosen, ends),
  ].join('\n');
}

/** The estimates that there are. */
function estimateColumns(plans: readonly ChoiceReport[]): readonly Column<ChoiceReport>[] {
  const column = (title: string, figureOf: (plan: ChoiceReport) => number | null): readonly Column<ChoiceReport>[] =>
    plans.every((plan) => figureOf(plan) === null)
      ? []
      : [
          {
            title,
            align: 'right',
            text: (plan) => {
              const value = figureOf(plan);
              return value === null ? '-' : count(value);
            },
          },
        ];
  return [
    ...column('instructions', ({ estimatedInstructions }) => estimatedInstructions),
    ...column('cycles', ({ estimatedCycles }) => estimatedCycles),
  ];
}

function markOf({ isDefault, isChosen }: ChoiceReport): string {
  if (isDefault) return isChosen ? 'default, chosen' : 'default';
  return isChosen ? 'chosen' : '';
}
