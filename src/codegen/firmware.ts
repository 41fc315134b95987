import { exitCode, TesseraError, usageError } from '../errors.ts';
import { elementCount, type Port, rowShape, tensorOf } from '../graph/types.ts';
import { fetchedInputs, handedOutputs } from '../plan/boundary.ts';
import type { Plan } from '../plan/types.ts';
import { arenaArraysText, type FirmwarePlaces, modelFunctions } from './firmware-arena.ts';
import { modelPrefix, portQuantization } from './model.ts';
import { runtimeFile } from './project.ts';
import { arrayLines, floatLiteral, safeText } from './text.ts';

/** A model of a firmware. */
export interface FirmwareModel {
  readonly plan: Plan;
  /** SHA-256 of the model file, in hexadecimal. */
  readonly modelHash: string;
}

export interface FirmwareOptions {
  readonly version: string;
  readonly places: FirmwarePlaces;
}

/**
 * How the input stays between runs. `copy`: beside the arena, so that it can be run again. `arena`: only where the model
 * has it, and a run overwrites it. `none`: rows come over the serial line during the run.
 */
export type Holding = 'copy' | 'arena' | 'none';

/** What MLPerf Tiny's runner sends and expects, by the identity that a model reports. */
interface Benchmark {
  readonly elements: number;
  /** The real value that a byte stands for; null where inputs are float32. */
  readonly real: ((byte: number) => number) | null;
  readonly result: 'outputs' | 'mean-square';
}

const signed = (byte: number): number => (byte << 24) >> 24;

/**
 * The benchmarks whose runner loads inputs by `db`. Source: mlcommons/tiny, benchmark/reference_submissions, the functions
 * th_load_tensor and th_results; the grid of kws01 is that of its reference model's input.
 */
const benchmarks: ReadonlyMap<string, Benchmark> = new Map<string, Benchmark>([
  ['ic01', { elements: 32 * 32 * 3, real: (byte) => byte, result: 'outputs' }],
  ['vww01', { elements: 96 * 96 * 3, real: (byte) => byte / 255, result: 'outputs' }],
  ['kws01', { elements: 49 * 10, real: (byte) => (signed(byte) - 83) * 0.5847029, result: 'outputs' }],
  ['ad01', { elements: 640, real: null, result: 'mean-square' }],
]);

const inputBytes = (plan: Plan): number =>
  plan.graph.inputs.reduce((sum, port) => sum + elementCount(tensorOf(plan.graph, port.tensor).shape), 0);

/** Bytes of a copy of what is loaded before a run: floats are kept as they come. */
function copyBytes(plan: Plan): number {
  const benchmark = benchmarks.get(modelPrefix(plan.graph.name));
  return inputBytes(plan) * (benchmark?.real === null ? 4 : 1);
}

/** Bytes of the outputs that the model hands over: they are kept beside the arena until the host asks for them. */
function keptBytes(plan: Plan): number {
  const { graph } = plan;
  const handed = handedOutputs(plan);
  const kept = graph.outputs.filter(({ tensor }) => handed.has(tensor));
  return kept.reduce((sum, port) => sum + elementCount(tensorOf(graph, port.tensor).shape), 0);
}

/** Whether so many bytes take a copy of the input, and the outputs that are handed over. */
export function takesCopy(plan: Plan, bytes: number): boolean {
  return copyBytes(plan) + keptBytes(plan) <= bytes;
}

/**
 * How the input of a model is kept where `bytes` of SRAM are left beside the arena.
 * @throws TesseraError (exit code 4) where they do not even take the outputs that are handed over
 */
export function holdingOf(plan: Plan, bytes: number): Holding {
  if (keptBytes(plan) > Math.max(0, bytes)) {
    throw new TesseraError(
      exitCode.doesNotFit,
      `${plan.graph.name}: a firmware keeps outputs that are handed over until it is asked for them, and there is no room for their ${keptBytes(plan)} bytes beside the arena`,
      'Leave the outputs in the arena (--output resident), take a target with more SRAM, or --form library.',
    );
  }
  if (takesCopy(plan, bytes)) return 'copy';
  const fetched = fetchedInputs(plan).size;
  if (fetched === 0) return 'arena';
  if (fetched === plan.graph.inputs.length) return 'none';
  throw usageError(
    `${plan.graph.name}: there is no room for a copy of its ${copyBytes(plan)} bytes of input, of which some are fetched and some are not`,
    'Take a target with more SRAM, or --form library.',
  );
}

const firmwareSources = [
  'tsr_firmware.h',
  'tsr_session.h',
  'tsr_firmware.c',
  'tsr_firmware_benchmark.c',
  'tsr_firmware_own.c',
  'tsr_firmware_run.c',
  'tsr_firmware_text.c',
] as const;

/**
 * The firmware that runs models over a serial line: its own files, and tsr_models.c, which says what there is to run.
 * The arena is as large, in each memory, as the model that needs most there.
 * @throws TesseraError (exit code 2) where a model has the name of a benchmark that it cannot be
 */
export function firmwareFiles(models: readonly FirmwareModel[], options: FirmwareOptions): ReadonlyMap<string, string> {
  return new Map([
    ...firmwareSources.map((name): [string, string] => [name, runtimeFile(`board/${name}`)]),
    ['tsr_models.c', modelsText(models, options)],
  ]);
}

function modelsText(models: readonly FirmwareModel[], { version, places }: FirmwareOptions): string {
  const holdings = models.map(({ plan }) => holdingOf(plan, places.copyBytes));
  const copied = models.map(({ plan }, index) => inputCopy(plan, holdings[index] as Holding) + keptBytes(plan));
  const layers = Math.max(1, ...models.map(({ plan }) => plan.layers.length));
  const prefixes = models.map(({ plan }) => modelPrefix(plan.graph.name));
  return `/*
 * The models of this firmware: generated by tessera ${version}; do not edit.
 */
#include "tsr_firmware.h"

#include "tsr_board.h"
${prefixes.map((prefix) => `#include "${prefix}.h"`).join('\n')}

const char tsr_tool_version[] = "${safeText(version)}";

${arenaArraysText(places, Math.max(...copied))}

uint32_t tsr_layer_ticks[${layers}];
uint32_t tsr_layer_marks[${layers}];

${models.map((model, index) => modelText(model, places, holdings[index] as Holding)).join('\n\n')}

const uint32_t tsr_model_count = ${models.length};
const tsr_model tsr_models[${models.length}] = {
${models.map((model, index) => entryText(model, places, holdings[index] as Holding)).join('\n')}
};
`;
}

/** Bytes of the copy of the input that there is: what is kept of outputs lies behind it. */
function inputCopy(plan: Plan, holding: Holding): number {
  return holding === 'copy' ? copyBytes(plan) : 0;
}

/** The ports of a model, and a function that runs it. */
function modelText({ plan }: FirmwareModel, places: FirmwarePlaces, holding: Holding): string {
  const prefix = modelPrefix(plan.graph.name);
  const { text, nameOf } = modelFunctions(plan, prefix, places);
  const fetched = fetchedInputs(plan);
  const inputs = plan.graph.inputs.map((port, index) => {
    const { shape } = tensorOf(plan.graph, port.tensor);
    const { width, channels } = rowShape(shape);
    return fetched.has(port.tensor)
      ? `    {.place = NULL, .bytes = ${elementCount(shape)}, .row_bytes = ${width * channels}},`
      : `    {.place = ${nameOf(`${prefix}_input${index}`)}, .bytes = ${elementCount(shape)}, .row_bytes = 0},`;
  });
  const handed = handedOutputs(plan);
  let kept = inputCopy(plan, holding);
  const outputs = plan.graph.outputs.map((port, index) => {
    const { scale, zeroPoint } = portQuantization(plan.graph, port);
    const { shape } = tensorOf(plan.graph, port.tensor);
    const bytes = elementCount(shape);
    const { width, channels } = rowShape(shape);
    const place = handed.has(port.tensor)
      ? `.place = NULL, .kept = ${kept}, .row_bytes = ${width * channels}`
      : `.place = ${nameOf(`${prefix}_output${index}`)}, .kept = 0, .row_bytes = 0`;
    if (handed.has(port.tensor)) kept += bytes;
    return `    {${place}, .bytes = ${bytes}, .scale = ${floatLiteral(scale)}, .zero_point = ${zeroPoint}},`;
  });
  return `${text}

static const tsr_input ${prefix}_inputs[] = {
${inputs.join('\n')}
};

static const tsr_output ${prefix}_outputs[] = {
${outputs.join('\n')}
};

${benchmarkText(plan, prefix)}`.trimEnd();
}

function benchmarkText(plan: Plan, prefix: string): string {
  const benchmark = benchmarks.get(prefix);
  if (benchmark === undefined) return '';
  checkBenchmark(plan, prefix, benchmark);
  const port = plan.graph.inputs[0] as Port;
  const { scale, zeroPoint } = portQuantization(plan.graph, port);
  const meanSquare = benchmark.result === 'mean-square' ? 1 : 0;
  const { real } = benchmark;
  if (real === null) {
    const inverse = floatLiteral(1 / Math.fround(scale));
    return `static const tsr_benchmark ${prefix}_benchmark = {
    .steps = NULL, .inverse_scale = ${inverse}, .zero_point = ${zeroPoint}, .mean_square = ${meanSquare}};

`;
  }
  const step = (byte: number): number => {
    if (port.encoding === 'pixels') return byte - 128;
    return Math.max(-128, Math.min(127, Math.round(real(byte) / scale) + zeroPoint));
  };
  return `static const int8_t ${prefix}_steps[256] = {
${arrayLines(Array.from({ length: 256 }, (_, byte) => step(byte)))}
};

static const tsr_benchmark ${prefix}_benchmark = {
    .steps = ${prefix}_steps, .inverse_scale = 0.0f, .zero_point = 0, .mean_square = ${meanSquare}};

`;
}

function checkBenchmark(plan: Plan, name: string, benchmark: Benchmark): void {
  const bytes = inputBytes(plan);
  const outputs = plan.graph.outputs.map((port) => elementCount(tensorOf(plan.graph, port.tensor).shape));
  const fits = bytes === benchmark.elements && (benchmark.result === 'outputs' || outputs[0] === bytes);
  if (plan.graph.inputs.length === 1 && fits) return;
  throw usageError(
    `the model has the name of the benchmark ${name}, whose input has ${benchmark.elements} elements, but takes ${bytes}`,
    'Give it another name: --name.',
  );
}

function entryText({ plan, modelHash }: FirmwareModel, places: FirmwarePlaces, holding: Holding): string {
  const prefix = modelPrefix(plan.graph.name);
  const { nameOf } = modelFunctions(plan, prefix, places);
  const held = { copy: 'TSR_HOLD_COPY', arena: 'TSR_HOLD_ARENA', none: 'TSR_HOLD_NONE' }[holding];
  return `    {.name = "${prefix}",
     .sha256 = "${modelHash}",
     .arena_bytes = ${plan.arenaBytes},
     .layer_count = ${plan.layers.length},
     .inputs = ${prefix}_inputs,
     .input_count = ${plan.graph.inputs.length},
     .outputs = ${prefix}_outputs,
     .output_count = ${plan.graph.outputs.length},
     .holding = ${held},
     .benchmark = ${benchmarks.has(prefix) ? `&${prefix}_benchmark` : 'NULL'},
     .run = ${prefix}_start,
     .self_test = ${nameOf(`${prefix}_self_test`)}},`;
}
