import { arenaMemories, arenaRegions } from '../codegen/board.ts';
import { binaryFlags, boardFiles, boardFlags, commonFlags, linkFlags, modelFlags } from '../codegen/board-project.ts';
import { fillTemplate, type TemplateValues } from '../codegen/board-template.ts';
import { modelPrefix } from '../codegen/model.ts';
import type { Project } from '../codegen/project.ts';
import { describeModel, type ModelDescription } from '../codegen/wasm.ts';
import { wasmModuleFiles } from '../codegen/wasm-module.ts';
import { exitCode, TesseraError, usageError } from '../errors.ts';
import { noRoomText } from '../report/limit.ts';
import { type PlanReport, reportPlan } from '../report/plan.ts';
import { planText } from '../report/plan-text.ts';
import { sharedArenaBytes } from '../report/regions.ts';
import { count } from '../report/table.ts';
import { type Form, formFor } from '../targets/forms.ts';
import { readTargetFile } from '../targets/load.ts';
import type { Board, Target } from '../targets/types.ts';
import { version } from '../version.ts';
import type { CompileOptions } from './options.ts';
import { type Compilation, sourceFiles, wasmModule } from './pipeline.ts';

/** What report.json says of a model: all that was decided, as data. */
export interface CompileReport extends PlanReport {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: 'tessera'; readonly version: string };
  readonly target: string;
  readonly name: string;
  readonly model: { readonly file: string; readonly sha256: string; readonly opset: number };
  readonly calibration: Compilation['calibration'];
  readonly options: Pick<Compilation, 'boundary' | 'input' | 'output' | 'objective' | 'arenaLimit'>;
  /** How the generated code has its inputs and outputs in memory: what `tessera verify` goes by. */
  readonly memory: ModelDescription;
  readonly warnings: readonly string[];
}

/** What report.json says of several models that share kernels and an arena. */
export interface SharedReport {
  readonly schemaVersion: 1;
  readonly tool: CompileReport['tool'];
  readonly target: string;
  /** Bytes of the arena that serves all of them, one at a time. */
  readonly arenaBytes: number;
  readonly models: readonly CompileReport[];
}

export interface ProjectOptions {
  /** What the project looks like: see targets/forms. By default what fits the target. */
  readonly form?: string | undefined;
  readonly onProgress?: CompileOptions['onProgress'];
}

/** The report of a compilation. */
export function reportOf(compilation: Compilation): CompileReport {
  const { target, source, plan, calibration, boundary, input, output, objective, arenaLimit, warnings } = compilation;
  return {
    schemaVersion: 1,
    tool: { name: 'tessera', version },
    target: target.name,
    name: source.name,
    model: { file: source.file, sha256: source.sha256, opset: source.result.opset },
    calibration,
    options: { boundary, input, output, objective, arenaLimit },
    memory: describeModel(plan),
    warnings,
    ...reportPlan(plan, target.board?.core ?? null),
  };
}

/** The report of several compilations for one project. */
export function sharedReport(compilations: readonly Compilation[]): SharedReport {
  const models = compilations.map(reportOf);
  return {
    schemaVersion: 1,
    tool: { name: 'tessera', version },
    target: models[0]?.target ?? '',
    arenaBytes: sharedArenaBytes(models),
    models,
  };
}

/**
 * The files of one compilation, or of several for the same target, with the account of the plan and the same as data.
 * Several share kernels and an arena.
 * @throws TesseraError (exit code 2) where they do not go together, (4) where they cannot fit the target's memories
 */
export async function makeProject(
  given: Compilation | readonly Compilation[],
  { form: formName, onProgress }: ProjectOptions = {},
): Promise<Project> {
  const compilations = 'plan' in given ? [given] : given;
  const target = targetOf(compilations);
  const form = formFor(target, formName);
  checkTogether(compilations);
  checkMemories(target, compilations);
  if (target.board !== null) checkRoom(target.board, target.name, compilations);
  const files = new Map<string, string | Uint8Array>();
  if (target.kind === 'wasm') {
    const [only, ...others] = compilations as [Compilation, ...Compilation[]];
    if (others.length > 0) throw usageError('a WebAssembly module holds one model', 'Compile them one by one.');
    files.set('model.wasm', await wasmModule(only, onProgress));
    for (const [path, text] of wasmModuleFiles(describeModel(only.plan))) files.set(path, text);
    for (const file of target.files) files.set(file, readTargetFile(target, file));
  } else addSources(files, form, target, compilations);
  const reports = compilations.map(reportOf);
  files.set('plan.txt', reports.map((report) => `${headText(report)}\n\n${planText(report)}`).join('\n'));
  const report = reports.length === 1 ? reports[0] : sharedReport(compilations);
  const made = { form: form.name, buildFolders: form.buildFolders, files: [...files.keys(), 'report.json'] };
  files.set('report.json', `${JSON.stringify({ ...report, ...made }, null, 2)}\n`);
  return files;
}

function targetOf(compilations: readonly Compilation[]): Target {
  const [first] = compilations;
  if (first === undefined) throw usageError('there is no model to make a project of');
  return first.target;
}

/** Models of one project are for one target, and no two have the same C names. */
function checkTogether(compilations: readonly Compilation[]): void {
  const target = targetOf(compilations);
  const names = new Map<string, string>();
  for (const { source, target: other, plan } of compilations) {
    if (other.text !== target.text) throw usageError(`${source.file} was compiled for another target, ${other.name}`);
    const name = modelPrefix(plan.graph.name);
    const taken = names.get(name);
    if (taken !== undefined) {
      throw usageError(`${taken} and ${source.file} would both be called ${name}`, 'Give each its own --name.');
    }
    names.set(name, source.file);
  }
}

/** An arena that was placed in none of the memories of its target, nor in several. */
function checkMemories(target: Target, compilations: readonly Compilation[]): void {
  const memories = arenaMemories(target);
  const regions = target.board === null ? [] : arenaRegions(target.board);
  const largest = Math.max(0, ...regions.map(({ bytes }) => bytes));
  for (const { plan, source } of compilations) {
    // What almost fits a board may yet do so: the linker knows better what else there is.
    if (memories.length === 0 || plan.regions[0]?.memory !== null || plan.arenaBytes <= largest) continue;
    throw new TesseraError(
      exitCode.doesNotFit,
      `${source.file} does not fit ${target.name}. ${noRoomText(plan, memories)}`,
      'Try --objective sram, --input stream or --output stream; "tessera plan" shows what is possible.',
    );
  }
}

/** What cannot fit whatever the linker does: an arena larger than any memory, constants larger than the flash. */
function checkRoom(board: Board, target: string, compilations: readonly Compilation[]): void {
  const regions = board.memory.filter(({ name }) => board.placement.arena.includes(name));
  const largest = regions.reduce((best, region) => (region.bytes > best.bytes ? region : best));
  for (const { plan, source } of compilations) {
    if (plan.arenaBytes <= largest.bytes || plan.regions.length > 1) continue;
    throw new TesseraError(
      exitCode.doesNotFit,
      `${source.file} needs an arena of ${count(plan.arenaBytes)} bytes; the largest memory of ${target} for arenas, ${largest.name}, has ${count(largest.bytes)}`,
      'Try --objective sram, --input stream or --output stream; "tessera plan" shows what is possible.',
    );
  }
  const constants = compilations.reduce((sum, { plan }) => sum + reportPlan(plan, null).constantBytes, 0);
  if (constants > board.flash.bytes) {
    throw new TesseraError(
      exitCode.doesNotFit,
      `the weights take ${count(constants)} bytes, and the flash of ${target} has ${count(board.flash.bytes)}`,
      'Take a target with more flash, or a smaller model.',
    );
  }
}

/** C files, and the build files of the form. */
function addSources(
  files: Map<string, string | Uint8Array>,
  form: Form,
  target: Target,
  compilations: readonly Compilation[],
): void {
  const into = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);
  const model = new Map(compilations.flatMap((compilation) => [...sourceFiles(compilation)]));
  for (const [name, text] of model) files.set(into(form.modelFolder, name), text);
  const { board } = target;
  const values = templateValues(target, compilations, model);
  if (board === null || form.boardFolder === null) {
    // A library stands by itself: nothing of the board goes into it.
    if (board === null) for (const file of target.files) files.set(file, readTargetFile(target, file));
    for (const [path, text] of form.templates) files.set(path, fillTemplate(text, values));
    return;
  }
  const models = compilations.map(({ plan, source }) => ({ plan, modelHash: source.sha256 }));
  const { sources, script } = boardFiles(target, board, models, version);
  for (const [name, text] of sources) files.set(into(form.boardFolder, name), text);
  files.set('memory.ld', script);
  const boardSources = [...sources.keys()].filter((name) => name.endsWith('.c')).sort();
  const all = {
    ...values,
    boardSources,
    boardObjects: boardSources.map(objectName),
    machineFlags: target.compilerFlags.join(' '),
    commonFlags: commonFlags.join(' '),
    modelFlags: modelFlags(board).join(' '),
    boardFlags: boardFlags(board).join(' '),
    linkFlags: linkFlags.join(' '),
    binaryFlags: binaryFlags(board).join(' '),
  };
  for (const [path, text] of form.templates) files.set(path, fillTemplate(text, all));
  // The board may be the user's own: with this file the folder can be built and flashed anywhere.
  files.set('target.json', target.text);
}

const objectName = (source: string): string => source.replace(/\.c$/, '.o');

function templateValues(
  target: Target,
  compilations: readonly Compilation[],
  model: ReadonlyMap<string, string>,
): TemplateValues {
  const names = compilations.map(({ plan }) => modelPrefix(plan.graph.name));
  const modelSources = [...model.keys()].filter((name) => name.endsWith('.c')).sort();
  const machine = target.compilerFlags.filter((flag) => /^-O/.test(flag));
  return {
    project: names.join('_').slice(0, 60),
    target: target.name,
    version,
    description: `${names.join(', ')}: int8 inference for ${target.name}, by tessera ${version}`,
    mainHeader: `${names[0]}.h`,
    modelSources,
    modelObjects: modelSources.map(objectName),
    modelOptimize: target.board?.optimize.model ?? machine.at(-1) ?? '-O2',
  };
}

/** The first lines of plan.txt: what was compiled, and what to be wary of. */
function headText({ model, tool, target, calibration, options, warnings }: CompileReport): string {
  const scales = {
    model: "scales: the model's own",
    samples: `scales: ${calibration.method} ranges of ${calibration.samples} samples`,
    random: 'scales: calibrated on RANDOM inputs',
  }[calibration.source];
  const purposes = {
    sram: 'the least SRAM at no more than 25 % more time than layer by layer',
    time: 'the least time, layer by layer',
    balanced: 'the least SRAM at no more than 3 % more time than layer by layer',
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
