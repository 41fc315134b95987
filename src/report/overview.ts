import type { EndReport } from './ends.ts';
import { type PlanReport, planText } from './plan.ts';
import { count, tableText } from './table.ts';

/** A plan among those that a model can have, as far as the table shows it. */
export interface ChoiceReport {
  readonly arenaBytes: number;
  readonly macs: number;
  readonly macsRatio: number;
  readonly relativeTime: number;
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
    'SRAM: bytes of the arena. Ratio and time: to layer by layer; the time is an estimate, of MACs and a constant for',
    'each kernel call. Flash: bytes of weights and other constants, without code.',
    '',
    'The chosen plan',
    planText(chosen, ends),
  ].join('\n');
}

function markOf({ isDefault, isChosen }: ChoiceReport): string {
  if (isDefault) return isChosen ? 'default, chosen' : 'default';
  return isChosen ? 'chosen' : '';
}
