import type { PlanReport } from './plan.ts';
import { count, plural } from './table.ts';

interface Compiled extends PlanReport {
  readonly model: { readonly file: string };
  readonly target: string;
  readonly warnings: readonly string[];
}

/** What a compilation says when it is done: the figures that matter, and the files. */
export function compileText(report: Compiled, files: ReadonlyMap<string, string | Uint8Array>, folder: string): string {
  const stages = report.steps.filter((step) => step.kind === 'stage').length;
  const fetched = report.inputs.filter((port) => !port.isInArena).length;
  const sizes = [...files].map(([path, content]) => `  ${path}  ${count(Buffer.byteLength(content))} bytes`);
  return [
    `${report.model.file} for ${report.target}`,
    `SRAM   ${count(report.arenaBytes)} bytes of arena, ${fetched === 0 ? 'inputs included' : `${plural(fetched, 'input')} fetched row by row and not included`}`,
    `flash  ${count(report.constantBytes)} bytes of constants`,
    `work   ${count(report.macs)} MACs in ${plural(report.layers.length, 'layer')}${stages === 0 ? '' : `, ${plural(stages, 'stage')} streamed`}`,
    ...report.warnings.map((warning) => `warning: ${warning}`),
    `${folder}:`,
    ...sizes,
  ].join('\n');
}
