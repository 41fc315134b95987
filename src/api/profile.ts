import { modelPrefix } from '../codegen/model.ts';
import { measure, type Spread } from '../device/profile.ts';
import type { Session } from '../device/session.ts';
import { exitCode, TesseraError } from '../errors.ts';
import { nodesText } from '../report/layer-columns.ts';
import { liveBytes } from '../report/memory-map.ts';
import { cyclesAre, estimatedCycles } from '../report/plan.ts';
import { type Column, count, plural, tableText } from '../report/table.ts';
import { type BoardOptions, type BoardProject, chosenModels, deviceModelOf, readProject, withBoard } from './board.ts';
import type { CompileReport } from './project.ts';
import { stackBound } from './stack.ts';

export interface ProfileOptions extends BoardOptions {
  /** How often each model runs. */
  readonly runs: number;
}

/** A layer as it was measured. */
export interface LayerProfile {
  readonly index: number;
  readonly name: string;
  readonly operator: string;
  readonly kernels: readonly string[];
  readonly macs: number;
  /** Bytes of the arena that are in use while the layer computes. */
  readonly sramBytes: number;
  /** Of all runs; null where the firmware has no time marks. */
  readonly ticks: Spread | null;
  /** Of the whole run, from 0 to 1: of the medians. */
  readonly share: number | null;
  readonly ticksPerMac: number | null;
  /** What the plan expected, in instructions. */
  readonly estimate: number;
  /** What the plan expected of a Cortex-M4 without wait states, in cycles; null on any other core. */
  readonly estimatedCycles: number | null;
}

/** A model as it was measured. */
export interface ModelProfile {
  readonly name: string;
  readonly file: string;
  readonly macs: number;
  readonly runs: number;
  readonly total: Spread;
  /** Of the median run. */
  readonly milliseconds: number;
  readonly ticksPerMac: number | null;
  readonly layers: readonly LayerProfile[];
  /** What the plan expected of the whole run, in instructions. */
  readonly estimate: number;
  /** What the plan expected of the whole run on a Cortex-M4 without wait states, in cycles; null on any other core. */
  readonly estimatedCycles: number | null;
  readonly memory: {
    /** Measured by painting: the last byte of the arena that was written, plus 1. */
    readonly arenaBytes: number;
    readonly reportedArenaBytes: number;
    /** Measured by painting. */
    readonly stackBytes: number | null;
    /** What the compiler says that it is at the most; null where it does not say. */
    readonly stackBound: number | null;
  };
  readonly selfTest: boolean;
}

/** What `tessera profile` says. */
export interface ProfileResult {
  readonly schemaVersion: 1;
  readonly target: string;
  /** The serial port, or null of an emulator. */
  readonly port: string | null;
  /** What a tick is: cycles of a board, instructions of an emulator. */
  readonly unit: string;
  readonly ticksPerSecond: number;
  readonly caches: string;
  readonly models: readonly ModelProfile[];
}

/** Measures the models of a project folder on a board, or on the emulated one. */
export async function profileProject(folder: string, options: ProfileOptions): Promise<ProfileResult> {
  const project = readProject(folder);
  const chosen = chosenModels(project, options.model);
  return withBoard(project, options, async (session) => {
    const models: ModelProfile[] = [];
    for (const report of chosen) models.push(await profileModel(session, project, report, options));
    const { unit, ticksPerSecond, caches } = session.info;
    return {
      schemaVersion: 1,
      target: project.target,
      port: options.port === undefined ? null : session.conversation.link.name,
      unit,
      ticksPerSecond,
      caches,
      models,
    };
  });
}

async function profileModel(
  session: Session,
  project: BoardProject,
  report: CompileReport,
  { runs, onProgress }: ProfileOptions,
): Promise<ModelProfile> {
  const model = deviceModelOf(session, report);
  if (model === null) throw new Error(`${report.name} is not on the board`);
  const measured = await measure(session, model, runs, (done, total) => onProgress?.(report.name, done, total));
  const median = measured.total.median;
  return {
    name: report.name,
    file: report.model.file,
    macs: report.macs,
    runs,
    total: measured.total,
    milliseconds: (median / session.info.ticksPerSecond) * 1000,
    ticksPerMac: perMac(median, report.macs),
    layers: report.layers.map((layer): LayerProfile => {
      const ticks = measured.layers[layer.index] ?? null;
      return {
        index: layer.index,
        name: nodesText(layer.nodes) || layer.operator,
        operator: layer.operator,
        kernels: layer.kernels,
        macs: layer.macs,
        sramBytes: liveBytes(
          report.buffers,
          report.steps.findIndex(({ layers }) => layers.includes(layer.index)),
        ),
        ticks,
        share: ticks === null || median === 0 ? null : ticks.median / median,
        ticksPerMac: ticks === null ? null : perMac(ticks.median, layer.macs),
        estimate: layer.estimatedInstructions,
        estimatedCycles: layer.estimatedCycles,
      };
    }),
    estimate: report.layers.reduce((sum, layer) => sum + layer.estimatedInstructions, 0),
    estimatedCycles: estimatedCycles(report.layers),
    memory: {
      arenaBytes: measured.memory.arenaBytes,
      reportedArenaBytes: report.arenaBytes,
      stackBytes: measured.memory.stackBytes,
      stackBound: await stackBound(project.folder, modelPrefix(report.memory.name)),
    },
    selfTest: measured.selfTest,
  };
}

const perMac = (ticks: number, macs: number): number | null => (macs === 0 ? null : ticks / macs);

/**
 * Refuses a board that does not do what the project says.
 * @throws TesseraError (exit code 7) where the self-test fails, or a run touches more memory than was reported
 */
export function requireSound({ target, models }: ProfileResult): void {
  for (const { name, selfTest, memory } of models) {
    const { arenaBytes, reportedArenaBytes, stackBytes, stackBound: bound } = memory;
    const found = [
      ...(selfTest ? [] : ['the self-test fails: the board does not compute what the compiler says']),
      ...(arenaBytes > reportedArenaBytes
        ? [`a run writes ${count(arenaBytes)} bytes of arena; ${count(reportedArenaBytes)} were reported`]
        : []),
      ...(stackBytes !== null && bound !== null && stackBytes > bound
        ? [`a run takes ${count(stackBytes)} bytes of stack; the compiler says at most ${count(bound)}`]
        : []),
    ];
    if (found.length === 0) continue;
    throw new TesseraError(
      exitCode.verification,
      `${name} on ${target}: ${found.join('; ')}`,
      'Does the board run the program that was built? "tessera flash" verifies what it writes.',
    );
  }
}

const ticksText = (ticks: number | undefined): string => (ticks === undefined ? '-' : count(ticks));

/** A profile as text. */
export function profileText(result: ProfileResult): string {
  const { target, port, unit, caches } = result;
  const where = port === null ? `${target}, emulated` : `${target} at ${port}`;
  const head = `${where}; ${unit}${caches === 'none' ? '' : `; caches ${caches}`}`;
  return [head, ...result.models.map((model) => modelText(result, model))].join('\n\n');
}

const cyclesColumn: Column<LayerProfile> = {
  title: 'estimated cycles',
  align: 'right',
  text: ({ estimatedCycles: cycles }) => (cycles === null ? '-' : count(cycles)),
};

function modelText({ unit, port }: ProfileResult, model: ModelProfile): string {
  const { total, memory } = model;
  const hasTime = model.layers.some(({ ticks }) => ticks !== null);
  const table = tableText(
    [
      { title: '#', align: 'right', text: (layer) => String(layer.index) },
      { title: 'layer', align: 'left', text: (layer) => layer.name },
      { title: 'kernel', align: 'left', text: (layer) => layer.kernels.join(', ') || '-' },
      { title: unit, align: 'right', text: (layer) => ticksText(layer.ticks?.median) },
      { title: 'estimated', align: 'right', text: (layer) => count(layer.estimate) },
      ...(model.estimatedCycles === null ? [] : [cyclesColumn]),
      {
        title: 'share',
        align: 'right',
        text: (layer) => (layer.share === null ? '-' : `${(100 * layer.share).toFixed(1)} %`),
      },
      { title: 'MACs', align: 'right', text: (layer) => count(layer.macs) },
      { title: 'per MAC', align: 'right', text: (layer) => layer.ticksPerMac?.toFixed(2) ?? '-' },
      { title: 'SRAM', align: 'right', text: (layer) => count(layer.sramBytes) },
    ],
    model.layers.filter(({ kernels }) => kernels.length > 0),
    40,
  );
  const spread = total.min === total.max ? 'each the same' : `from ${count(total.min)} to ${count(total.max)}`;
  const time = port === null ? '' : `, ${model.milliseconds.toFixed(2)} ms`;
  const each = model.ticksPerMac === null ? '' : `; ${model.ticksPerMac.toFixed(2)} per MAC`;
  const off = 100 * (model.estimate / total.median - 1);
  const offText = unit === 'instructions' ? `, ${off < 0 ? '' : '+'}${off.toFixed(1)} %` : '';
  const stack = memory.stackBytes === null ? '' : `; stack ${count(memory.stackBytes)} bytes measured`;
  const bound = memory.stackBound === null ? '' : `, at most ${count(memory.stackBound)}`;
  return [
    `${model.name} (${model.file})`,
    table,
    `run    ${count(total.median)} ${unit}${time}${each}: the median of ${plural(model.runs, 'run')}, ${spread}`,
    `plan   ${count(model.estimate)} instructions estimated${offText}`,
    ...(model.estimatedCycles === null
      ? []
      : [`       ${count(model.estimatedCycles)} estimated cycles (${cyclesAre})`]),
    `SRAM   ${count(memory.arenaBytes)} bytes of arena measured, ${count(memory.reportedArenaBytes)} reported${stack}${bound}`,
    ...(hasTime ? [] : ['The firmware was built without time marks: there are no times by layer.']),
  ].join('\n');
}
