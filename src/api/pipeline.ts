import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { arenaMemories } from '../codegen/board.ts';
import type { BoundaryType } from '../codegen/model.ts';
import { modelFiles } from '../codegen/project.ts';
import { identifier } from '../codegen/text.ts';
import { describeModel } from '../codegen/wasm.ts';
import { modelOptions, optimize, plan, quantize } from '../compile.ts';
import { exitCode, modelError, TesseraError, usageError } from '../errors.ts';
import { describeNode, elementCount, type Graph } from '../graph/types.ts';
import { readModelFile } from '../onnx/file.ts';
import { type ReadResult, readModel, requireGraph } from '../onnx/read.ts';
import { addPreprocessing } from '../passes/preprocess.ts';
import { fetchedInputs, handedOutputs } from '../plan/boundary.ts';
import { ArenaLimitError, type InputMode, type Objective, type OutputMode, type PlanOptions } from '../plan/choose.ts';
import { layerTime, segmentsOf } from '../plan/cost/cost.ts';
import { placeInMemories } from '../plan/memories.ts';
import type { Plan } from '../plan/types.ts';
import { calibrate } from '../quantize/calibrate.ts';
import { limitText } from '../report/limit.ts';
import { kernelsOf } from '../report/structure.ts';
import { count, shapeText } from '../report/table.ts';
import type { WasmCompiler } from '../simulate/clang.ts';
import { buildWasm, instantiateWasm, type Model } from '../simulate/wasm.ts';
import { loadTarget, smallTarget, type Target } from '../targets/load.ts';
import { version } from '../version.ts';
import { type Calibration, calibrationOf, reporting } from './calibration.ts';
import { checkOptions, checkSource, preprocessingOf } from './check-options.ts';
import { type CompileOptions, defaults, type ModelSource, type ReadOptions } from './options.ts';

/** A model as it was read, before anything was decided. */
export interface SourceModel {
  /** The file's name, for messages and reports. */
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** The C prefix. */
  readonly name: string;
  readonly result: ReadResult;
}

/** A model that has been read, quantised and planned; no file has been made yet. */
export interface Compilation {
  readonly source: SourceModel;
  /** The optimised float graph: what calibration and evaluation see. */
  readonly graph: Graph;
  readonly plan: Plan;
  readonly calibration: Calibration;
  readonly target: Target;
  readonly warnings: readonly string[];
  readonly boundary: BoundaryType;
  readonly input: InputMode;
  readonly output: OutputMode;
  readonly objective: Objective;
  readonly arenaLimit: number | null;
  readonly maxOverhead: number | null;
  readonly compiler: WasmCompiler;
}

/** Reads a model; what is wrong with single nodes stands in its `result`. */
export function readSource(source: ModelSource, options: ReadOptions = {}): SourceModel {
  checkSource(source);
  const dimensions = new Map(Object.entries(options.dimensions ?? {}));
  const file = typeof source === 'string' ? basename(source) : `${options.name ?? 'model'}.onnx`;
  const result =
    typeof source === 'string' ? readModelFile(source, dimensions) : readModel(source, { file, dimensions });
  const bytes = typeof source === 'string' ? readFileSync(source) : source;
  return {
    file,
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    name: prefixOf(file, options.name),
    result,
  };
}

/**
 * The optimised float graph of a model.
 * @throws TesseraError (exit code 3) that lists all problems
 */
export function graphOf(source: SourceModel, options: ReadOptions = {}): Graph {
  const graph = { ...requireGraph(source.result, source.file), name: source.name };
  const { preprocessing } = options;
  return optimize(preprocessing === undefined ? graph : addPreprocessing(graph, preprocessingOf(preprocessing)));
}

/**
 * Reads, optimises, quantises and plans a model.
 * @throws TesseraError where the model is not supported (exit code 3), or needs what was not given (2)
 */
export function compileModel(model: ModelSource, options: CompileOptions = {}): Compilation {
  checkOptions(options);
  const progress = options.onProgress ?? (() => {});
  const named = loadTarget(options.target ?? defaults.target);
  const optimization = options.optimize ?? defaults.optimize;
  const target = optimization === 'size' ? smallTarget(named) : named;
  progress('reading', 0, 1);
  const source = readSource(model, options);
  const graph = graphOf(source, options);
  checkSizes(graph, source.file);
  const { samples, calibration, warnings } = calibrationOf(graph, source.file, options);
  const ranges =
    samples === null
      ? undefined
      : calibrate(graph, reporting(graph, samples, progress), options.range ?? defaults.range);
  progress('quantising', 0, 1);
  const quantized = quantize(graph, ranges, source.file);
  progress('planning', 0, 1);
  const objective = options.objective ?? defaults.objective;
  const input = options.input ?? defaults.input;
  const output = options.output ?? defaults.output;
  const boundary = options.boundary ?? defaults.boundary;
  const plan = planWithin(
    quantized,
    {
      objective,
      input,
      output,
      optimize: optimization,
      isas: target.isas,
      arenaLimit: options.arenaLimit,
      maxOverhead: options.maxOverhead,
      memories: arenaMemories(target),
    },
    source.file,
    options.modeOptions ?? modeOptions,
  );
  return {
    source,
    graph,
    plan,
    calibration,
    target,
    warnings: [
      ...source.result.warnings,
      ...warnings,
      ...boundaryWarnings(plan, boundary),
      ...(target.board === null ? [] : portableWarnings(plan)),
    ],
    boundary,
    input,
    output,
    objective,
    arenaLimit: options.arenaLimit ?? null,
    maxOverhead: options.maxOverhead ?? null,
    compiler: options.compiler ?? defaults.compiler,
  };
}

/** The largest activation that is compiled, in elements: 64 MiB as int8, far more than any target has. */
const maxActivationElements = 2 ** 26;

/** Refuses what would take minutes and gigabytes here, only to fit nowhere. */
function checkSizes(graph: Graph, file: string): void {
  for (const { name, kind, shape } of graph.tensors.values()) {
    if (kind === 'constant' || elementCount(shape) <= maxActivationElements) continue;
    throw modelError(
      `${file}: the tensor ${name} ${shapeText(shape)} has ${count(elementCount(shape))} elements; up to ${count(maxActivationElements)} are compiled`,
      'Export the model with a smaller input.',
    );
  }
}

/** Real values are for what lies in the arena: a row that passes by has steps. */
function boundaryWarnings(plan: Plan, boundary: BoundaryType): readonly string[] {
  const passing = [
    ...(fetchedInputs(plan).size > 0 ? ['inputs that are fetched row by row'] : []),
    ...(handedOutputs(plan).size > 0 ? ['outputs that are handed over row by row'] : []),
  ];
  return boundary === 'int8' || passing.length === 0
    ? []
    : [`--io float has no effect on ${passing.join(' and ')}: these are int8 steps`];
}

/** The part of the estimated time from which on it is said that layers have portable kernels alone. */
const muchTime = 0.25;

/** Portable kernels take many times the instructions of those for a processor: what they cost is not to be found out late. */
function portableWarnings(plan: Plan): readonly string[] {
  const segments = segmentsOf(plan);
  const timed = plan.layers.map((layer) => ({
    layer,
    time: layerTime(layer, segments.get(layer.index) ?? null, plan),
    isPortable: layer.lowering.kind === 'calls' && kernelsOf(layer.lowering.calls).refusals.length > 0,
  }));
  const sumOf = (some: typeof timed): number => some.reduce((sum, { time }) => sum + time, 0);
  const portable = timed.filter(({ isPortable }) => isPortable).sort((a, b) => b.time - a.time);
  const part = sumOf(portable) / Math.max(1, sumOf(timed));
  if (part < muchTime) return [];
  const [most] = portable as [(typeof portable)[number]];
  const others = portable.length > 1 ? ` and ${portable.length - 1} more` : '';
  return [
    `portable kernels take ${Math.round(100 * part)} % of the estimated time: ${describeNode(most.layer.node)}${others}; plan.txt says why there is no faster one`,
  ];
}

/** What a user types for the modes of inputs and outputs, where the command does not say otherwise. */
const modeOptions = { input: '--input', output: '--output' };

function planWithin(graph: Graph, options: PlanOptions, file: string, typed: typeof modeOptions): Plan {
  try {
    return plan(graph, options, file);
  } catch (error) {
    if (!(error instanceof ArenaLimitError)) throw error;
    const { input, output, optimize, isas, memories = [] } = options;
    const least = placeInMemories(error.least, memories) ?? error.least;
    const others = [
      ...(input === 'stream' ? [] : [{ way: 'input', modes: { input: 'stream', output } } as const]),
      ...(output === 'stream' ? [] : [{ way: 'output', modes: { input, output: 'stream' } } as const]),
    ].map(({ way, modes }) => ({
      way,
      plan: plan(graph, { objective: 'sram', maxOverhead: 1, ...modes, optimize, isas, memories }),
    }));
    const { message, hint } = limitText(file, options.arenaLimit as number, options, least, others, typed);
    throw new TesseraError(exitCode.doesNotFit, message, hint);
  }
}

/** The C files of a compilation, all for one folder. */
export function sourceFiles(compilation: Compilation): ReadonlyMap<string, string> {
  const { plan, source, boundary, target } = compilation;
  const options = modelOptions(plan, source.bytes, target.name, version, boundary);
  return modelFiles(plan, options);
}

/** The WebAssembly module of a compilation. */
export async function wasmModule(
  compilation: Compilation,
  onProgress?: CompileOptions['onProgress'],
): Promise<Uint8Array> {
  onProgress?.('compiling C', 0, 1);
  const { plan, source, boundary, compiler } = compilation;
  const options = modelOptions(plan, source.bytes, 'wasm', version, boundary);
  // Nobody reads this C: what counts is how long the compiler takes.
  return buildWasm(plan, modelFiles(plan, { ...options, byteArrays: 'text' }), compiler);
}

/** A compiled model, loaded into this process. */
export async function simulate(compilation: Compilation, onProgress?: CompileOptions['onProgress']): Promise<Model> {
  return instantiateWasm(await wasmModule(compilation, onProgress), describeModel(compilation.plan));
}

/** Compiles a model for WebAssembly, in memory, and loads it: what a test of a model begins with. */
export async function loadModel(model: ModelSource, options: CompileOptions = {}): Promise<Model> {
  return simulate(compileModel(model, options), options.onProgress);
}

/** Names that would meet those of the runtime, or of the file that ties model and JavaScript together. */
const reserved = new RegExp(
  `^((tsr|tessera|wasm|model_wasm)(_.*)?|${[
    // The headers of C: a file of that name would hide them.
    'assert|complex|ctype|errno|fenv|float|inttypes|iso646|limits|locale|math|setjmp|signal|stdalign|stdarg|stdatomic',
    'stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|tgmath|threads|time|uchar|wchar|wctype',
  ].join('|')})$`,
);

/** The C prefix of a model, from what the user says or from the file's name. */
function prefixOf(file: string, name: string | undefined): string {
  if (name === undefined) {
    const made = identifier(file.replace(/\.onnx$/i, ''));
    return reserved.test(made) ? `model_${made}` : made;
  }
  if (identifier(name) !== name || reserved.test(name)) {
    throw usageError(
      `the name ${name} cannot be the prefix of C names`,
      'It takes up to 48 small letters, digits and underscores, begins with a letter, and is the name of no C header (stdint, string, math) and nothing of the runtime (tsr, tessera, wasm).',
    );
  }
  return name;
}
