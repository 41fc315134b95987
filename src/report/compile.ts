import type { PlanReport } from './plan.ts';
import { regionsText, sharedArenaBytes } from './regions.ts';
import { count, plural } from './table.ts';

interface Compiled extends PlanReport {
  readonly model: { readonly file: string };
  readonly target: string;
  readonly warnings: readonly string[];
}

/** What a compilation says when it is done: the figures of each model that matter, and the files. */
export function compileText(
  reports: readonly Compiled[],
  files: ReadonlyMap<string, string | Uint8Array>,
  folder: string,
): string {
  const sizes = [...files].map(([path, content]) => `  ${path}  ${count(Buffer.byteLength(content))} bytes`);
  const shared = sharedArenaBytes(reports);
  return [
    ...reports.map(modelText),
    ...(reports.length === 1 ? [] : [`all    ${count(shared)} bytes of arena, one model at a time`]),
    `${folder}:`,
    ...sizes,
  ].join('\n');
}

function modelText(report: Compiled): string {
  const stages = report.steps.filter((step) => step.kind === 'stage').length;
  const fetched = report.inputs.filter((port) => !port.isInArena).length;
  const handed = report.outputs.filter((port) => !port.isInArena).length;
  return [
    `${report.model.file} for ${report.target}`,
    `SRAM   ${count(report.arenaBytes)} bytes of arena, ${includedText(fetched, handed)}`,
    ...(report.regions.length > 1 ? [`       in ${regionsText(report.regions)}`] : []),
    `flash  ${count(report.constantBytes)} bytes of constants`,
    `work   ${count(report.macs)} MACs in ${plural(report.layers.length, 'layer')}${stages === 0 ? '' : `, ${plural(stages, 'stage')} streamed`}`,
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

/** What of inputs and outputs the arena includes. */
function includedText(fetched: number, handed: number): string {
  const passed = [
    ...(fetched === 0 ? [] : [`${plural(fetched, 'input')} fetched`]),
    ...(handed === 0 ? [] : [`${plural(handed, 'output')} handed over`]),
  ];
  if (passed.length === 0) return 'inputs included';
  return `${fetched === 0 ? 'inputs included, ' : ''}${passed.join(' and ')} row by row and not included`;
}
