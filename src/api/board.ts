import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { modelPrefix } from '../codegen/model.ts';
import type { Project } from '../codegen/project.ts';
import { deviceError, type Link, streamLink } from '../device/link.ts';
import { openPort } from '../device/port.ts';
import { type DeviceModel, openSession, type Session } from '../device/session.ts';
import { attempt, exitCode, TesseraError, usageError } from '../errors.ts';
import { startEmulator } from '../simulate/qemu.ts';
import { loadTarget } from '../targets/load.ts';
import { withTemporaryFolder } from '../temporary.ts';
import { buildFirmware, requireFit } from './build.ts';
import type { CompileReport, SharedReport } from './project.ts';

/** Where the firmware of a project runs: a board on a serial port, or an emulated one. */
export interface BoardOptions {
  /** A serial port, or "auto" for the one ST-LINK. */
  readonly port?: string | undefined;
  /** The emulated board: the target that the project was compiled for. */
  readonly target?: string | undefined;
  /** The name of a model, of a project that holds several; all of them where it is left out. */
  readonly model?: string | undefined;
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

/** The folder of a firmware, as far as its report tells. */
export interface BoardProject {
  readonly folder: string;
  readonly target: string;
  readonly models: readonly CompileReport[];
}

/**
 * Reads the report of a project folder.
 * @throws TesseraError (exit code 2) where it holds no firmware of this version's
 */
export function readProject(folder: string): BoardProject {
  const path = join(folder, 'report.json');
  const report = attempt(
    () => JSON.parse(readFileSync(path, 'utf8')) as CompileReport | SharedReport,
    (reason) =>
      usageError(
        `${folder} is no project of tessera: report.json: ${reason}`,
        'Make one: tessera compile model.onnx --target qemu-cortex-m4 --out <folder>.',
      ),
  );
  const models = 'models' in report ? report.models : [report];
  if (report.schemaVersion !== 1 || models.some(({ memory }) => memory === undefined)) {
    throw usageError(`${path} was written by another version of tessera`, 'Compile the project again.');
  }
  if (!existsSync(join(folder, 'memory.ld'))) {
    throw usageError(
      `${folder} holds no firmware: it was compiled for ${report.target}`,
      'Compile for a board: "tessera targets" lists them.',
    );
  }
  return { folder, target: report.target, models };
}

/** The models that an option asks for. */
export function chosenModels({ models, folder }: BoardProject, name: string | undefined): readonly CompileReport[] {
  if (name === undefined) return models;
  const found = models.filter((model) => model.name === name);
  if (found.length > 0) return found;
  throw usageError(`${folder} has no model ${name}`, `It has ${models.map((model) => model.name).join(', ')}.`);
}

/** Runs `use` with the firmware of a project, and ends what was started for it, however that goes. */
export async function withBoard<T>(
  project: BoardProject,
  options: BoardOptions,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const { target, port, onProgress } = options;
  if (port !== undefined && target !== undefined) {
    throw usageError('--port is for a board, --target for an emulated one', 'Give one of them.');
  }
  if (target !== undefined && target !== project.target) {
    throw usageError(
      `the project in ${project.folder} is for ${project.target}, not for ${target}`,
      `Compile the model for it: tessera compile <model.onnx> --target ${target} --out <folder>.`,
    );
  }
  if (port === undefined) return withEmulator(project, onProgress, use);
  onProgress?.('connecting', 0, 1);
  const link = await openPort(port);
  try {
    return await use(await openFor(project, link));
  } finally {
    await link.close();
  }
}

async function withEmulator<T>(
  project: BoardProject,
  onProgress: BoardOptions['onProgress'],
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const { board, name } = loadTarget(join(project.folder, 'target.json'));
  if (board === null || board.simulator === null) {
    throw usageError(
      `no emulator is known for ${name}`,
      'Name the serial port of the board: --port auto finds an ST-LINK. Targets qemu-* are emulated.',
    );
  }
  onProgress?.('building', 0, 1);
  const build = buildFirmware(project.folder);
  requireFit(build);
  onProgress?.('starting QEMU', 0, 1);
  const emulator = await startEmulator(board.simulator, build.elf);
  try {
    const link = streamLink(name, emulator.stream, () =>
      deviceError(`${name}: the emulator has ended: ${emulator.complaints().trim() || 'it said nothing'}`),
    );
    return await use(await openFor(project, link));
  } finally {
    await emulator.stop();
  }
}

/** Opens a session, and makes sure that the board runs this project. */
async function openFor(project: BoardProject, link: Link): Promise<Session> {
  const session = await openSession(link);
  const { info } = session;
  if (info.target === project.target && project.models.every((model) => deviceModelOf(session, model) !== null)) {
    return session;
  }
  const there = info.models.map(({ name, sha256 }) => `${name} (${sha256.slice(0, 8)})`).join(', ');
  const wanted = project.models.map(({ name, model }) => `${name} (${model.sha256.slice(0, 8)})`).join(', ');
  throw deviceError(
    `${link.name}: the firmware there is for ${info.target} with ${there}; the project is for ${project.target} with ${wanted}`,
    `Flash the project: tessera flash ${project.folder}.`,
  );
}

/** The model on the board that a report is of; null where it is not there. */
export function deviceModelOf({ info }: Session, report: CompileReport): DeviceModel | null {
  const name = modelPrefix(report.memory.name);
  const found = info.models.find((model) => model.name === name && model.sha256 === report.model.sha256);
  return found?.arenaBytes === report.arenaBytes ? found : null;
}

/** Writes a project into a folder that is gone when `use` has ended. */
export function withFolder<T>(project: Project, use: (folder: string) => Promise<T>): Promise<T> {
  return withTemporaryFolder('tessera-run-', async (folder) => {
    for (const [path, content] of project) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    return use(folder);
  });
}

/** The C files of a project's models and kernels, by name. */
export function modelSources({ folder }: BoardProject): ReadonlyMap<string, string> {
  const place = join(folder, 'model');
  const names = existsSync(place) ? readdirSync(place).filter((name) => /\.[ch]$/.test(name)) : [];
  if (names.length === 0) throw new TesseraError(exitCode.usage, `${place} holds no C files`, 'Compile it again.');
  return new Map(names.map((name) => [name, readFileSync(join(place, name), 'utf8')]));
}
