import { modelPrefix } from '../codegen/model.ts';
import type { ModelDescription, PortDescription } from '../codegen/wasm.ts';
import { type VerifySample, verifySamples } from '../device/verify.ts';
import { exitCode, TesseraError, usageError } from '../errors.ts';
import type { Port } from '../graph/types.ts';
import { count, plural } from '../report/table.ts';
import type { WasmCompiler } from '../simulate/clang.ts';
import { buildProjectWasm, inputSteps, instantiateWasm, type Model } from '../simulate/wasm.ts';
import { type BoardOptions, chosenModels, deviceModelOf, modelSources, readProject, withBoard } from './board.ts';
import { flatPort, onnxIndex } from './memory-order.ts';
import type { CompileReport } from './project.ts';
import { inputArrays, samplesOf } from './samples.ts';

export interface VerifyOptions extends BoardOptions {
  /** The data files, one an input. */
  readonly inputs: readonly string[];
  readonly limit?: number | undefined;
  readonly compiler?: WasmCompiler | undefined;
}

/** What `tessera verify` says. */
export interface VerifyResult {
  readonly schemaVersion: 1;
  readonly target: string;
  readonly port: string | null;
  readonly model: string;
  /** Samples that were run; with a difference, the one that differs included. */
  readonly samples: number;
  /** Bytes of output that were compared. */
  readonly bytes: number;
  readonly difference: {
    readonly sample: number;
    readonly output: string;
    /** Of the element, in the order of the ONNX shape. */
    readonly index: number;
    /** Steps. */
    readonly expected: number;
    readonly got: number;
  } | null;
}

/**
 * Runs samples on a board, or on the emulated one, and compares every byte of the outputs with the simulator: the C of the
 * same folder, compiled to WebAssembly, whose self-test says that it computes what the specification gives.
 */
export async function verifyProject(folder: string, options: VerifyOptions): Promise<VerifyResult> {
  const project = readProject(folder);
  const [report, ...others] = chosenModels(project, options.model);
  if (report === undefined || others.length > 0) {
    const names = project.models.map(({ name }) => name).join(', ');
    throw usageError('the samples are for one model; the project holds several', `Name it: --model, one of ${names}.`);
  }
  const { memory } = report;
  const ports = { inputs: memory.inputs.map((_, index) => portOf(report, index)) };
  const samples = samplesOf(ports, inputArrays(ports, options.inputs), options.inputs);
  options.onProgress?.('compiling C', 0, 1);
  const simulator = await simulatorOf(modelSources(project), memory, options.compiler ?? 'npm');
  const total = Math.min(options.limit ?? samples.count, samples.count);
  const prepared: VerifySample[] = [];
  for (let index = 0; index < total; index += 1) {
    const values = samples.at(index);
    const inputs = await Promise.all(
      values.map((value, port) => inputSteps(value, memory.inputs[port] as PortDescription)),
    );
    prepared.push({ inputs, outputs: simulator.runSteps(inputs) });
  }
  return withBoard(project, options, async (session) => {
    const model = deviceModelOf(session, report);
    if (model === null) throw new Error(`${report.name} is not on the board`);
    await session.select(model);
    const progress = prepared.map((sample, index) => [sample, index] as const);
    const verification = await verifySamples(session, watched(progress, total, options.onProgress));
    const { difference } = verification;
    return {
      schemaVersion: 1,
      target: project.target,
      port: options.port === undefined ? null : session.conversation.link.name,
      model: report.name,
      ...verification,
      difference:
        difference === null
          ? null
          : {
              ...difference,
              output: memory.outputs[difference.output]?.name ?? '',
              index: onnxIndex(memory.outputs[difference.output] as PortDescription, difference.index),
            },
    };
  });
}

function* watched(
  samples: readonly (readonly [VerifySample, number])[],
  total: number,
  onProgress: BoardOptions['onProgress'],
): Generator<VerifySample> {
  for (const [sample, index] of samples) {
    onProgress?.('verifying', index, total);
    yield sample;
  }
}

/** An input of a report as the graph had it. */
function portOf(report: CompileReport, index: number): Port {
  const { name, shape, permutation } = report.memory.inputs[index] as PortDescription;
  const isPixels = report.inputs[index]?.encoding === 'pixels';
  return { name, tensor: name, shape, permutation, ...(isPixels ? { encoding: 'pixels' as const } : {}) };
}

/** The simulator of a project: inputs and outputs are steps in the order of memory, as on the board. */
async function simulatorOf(
  files: ReadonlyMap<string, string>,
  memory: ModelDescription,
  compiler: WasmCompiler,
): Promise<Model> {
  const wasm = await buildProjectWasm(files, memory, compiler);
  const description = { ...memory, inputs: memory.inputs.map(flatPort), outputs: memory.outputs.map(flatPort) };
  const simulator = await instantiateWasm(wasm, description);
  if (simulator.selfTest()) return simulator;
  throw new TesseraError(
    exitCode.verification,
    `the C of ${modelPrefix(memory.name)} does not compute what the compiler says, on this machine`,
    'Was the folder changed by hand? Compile it again.',
  );
}

/** A verification as text. */
export function verifyText({ target, port, model, samples, bytes, difference }: VerifyResult): string {
  const where = port === null ? `${target}, emulated` : `${target} at ${port}`;
  if (difference === null) {
    return `${model} on ${where}: ${plural(samples, 'sample')}, ${count(bytes)} bytes of output, all as in the simulator`;
  }
  return `${model} on ${where}: different from the simulator\n${differenceText(difference)}`;
}

const differenceText = ({ sample, output, index, expected, got }: NonNullable<VerifyResult['difference']>): string =>
  `sample ${sample}, output ${output}, element ${index}: expected step ${expected}, got ${got}`;

/**
 * Refuses a board that differs.
 * @throws TesseraError (exit code 7) that says where it differs first
 */
export function requireSame({ target, difference }: VerifyResult): void {
  if (difference === null) return;
  throw new TesseraError(
    exitCode.verification,
    `${target} does not give the simulator's bytes: ${differenceText(difference)}`,
    'Please report it, with the model if you can.',
  );
}
