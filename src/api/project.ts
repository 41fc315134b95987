import { readFileSync } from 'node:fs';
import type { Project } from '../codegen/project.ts';
import { describeModel } from '../codegen/wasm.ts';
import { wasmModuleFiles } from '../codegen/wasm-module.ts';
import { type PlanReport, planText, reportPlan } from '../report/plan.ts';
import { version } from '../version.ts';
import type { CompileOptions } from './options.ts';
import { type Compilation, sourceFiles, wasmModule } from './pipeline.ts';

/** What report.json holds: all that was decided, as data. */
export interface CompileReport extends PlanReport {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: 'tessera'; readonly version: string };
  readonly target: string;
  readonly name: string;
  readonly model: { readonly file: string; readonly sha256: string; readonly opset: number };
  readonly calibration: Compilation['calibration'];
  readonly options: Pick<Compilation, 'boundary' | 'input' | 'objective' | 'arenaLimit'>;
  readonly warnings: readonly string[];
}

/** The report of a compilation. */
export function reportOf(compilation: Compilation): CompileReport {
  const { target, source, plan, calibration, boundary, input, objective, arenaLimit, warnings } = compilation;
  return {
    schemaVersion: 1,
    tool: { name: 'tessera', version },
    target: target.name,
    name: source.name,
    model: { file: source.file, sha256: source.sha256, opset: source.result.opset },
    calibration,
    options: { boundary, input, objective, arenaLimit },
    warnings,
    ...reportPlan(plan),
  };
}

/** The files of a compilation for a target: with the account of the plan, and the same as data. */
export async function makeProject(
  compilation: Compilation,
  onProgress?: CompileOptions['onProgress'],
): Promise<Project> {
  const { target } = compilation;
  const report = reportOf(compilation);
  const files = new Map<string, string | Uint8Array>();
  if (target.kind === 'wasm') {
    files.set('model.wasm', await wasmModule(compilation, onProgress));
    for (const [path, text] of wasmModuleFiles(describeModel(compilation.plan))) files.set(path, text);
  } else {
    for (const [path, text] of sourceFiles(compilation)) files.set(path, text);
  }
  for (const file of target.files) files.set(file, readFileSync(new URL(file, target.folder)));
  files.set('plan.txt', `${headText(report)}\n\n${planText(report)}`);
  const names = [...files.keys(), 'report.json'];
  files.set('report.json', `${JSON.stringify({ ...report, files: names }, null, 2)}\n`);
  return files;
}

/** The first lines of plan.txt: what was compiled, and what to be wary of. */
function headText({ model, tool, target, calibration, options, warnings }: CompileReport): string {
  const scales = {
    model: "scales: the model's own",
    samples: `scales: ${calibration.method} ranges of ${calibration.samples} samples`,
    random: 'scales: calibrated on RANDOM inputs',
  }[calibration.source];
  const purposes = {
    sram: 'the least SRAM',
    time: 'the least time, layer by layer',
    balanced: 'the least SRAM at no more than 5 % more time than layer by layer',
  };
  const purpose =
    options.arenaLimit === null
      ? purposes[options.objective]
      : `the least time within ${options.arenaLimit} bytes of SRAM`;
  return [
    `${model.file} for ${target}, by tessera ${tool.version}`,
    `SHA-256 ${model.sha256}`,
    `${scales}; planned for ${purpose}`,
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}
