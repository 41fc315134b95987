import { readFileSync } from 'node:fs';
import { headerText, kernelFiles, type ModelOptions, sourceText } from '../../src/codegen/model.ts';
import { modelOptions } from '../../src/compile.ts';
import { elementCount, type Graph, type Port, rowShape, tensorOf } from '../../src/graph/types.ts';
import { fetchedInputs, handedOutputs } from '../../src/plan/boundary.ts';
import { evaluateOutputs } from '../../src/plan/evaluate.ts';
import type { Plan } from '../../src/plan/types.ts';

/** A plan to run, and inputs for it: int8 steps by input, laid out as the graph has them. */
export interface PlannedModel {
  /** What it is called where it fails. */
  readonly name: string;
  readonly plan: Plan;
  readonly samples: readonly (readonly Int8Array[])[];
}

/** C sources that run several models in one program, and the sizes that the drivers need. */
export interface Batch {
  readonly models: readonly PlannedModel[];
  /** By file name; main file: batch.c. Kernels are not among them. */
  readonly files: ReadonlyMap<string, string>;
  /** The kernels of all models, as paths in runtime-c, without tsr.h. */
  readonly kernels: readonly string[];
  readonly blockBytes: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

const supportFile = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** What harness_check reports, by its number. */
export const problems = [
  '',
  'wrote outside its arena',
  'asked for rows, or gave them, out of order',
  'gave something else the second time',
  'failed its self-test',
] as const;

/** HARNESS_GUARD of harness.h. */
const guardBytes = 68;

const portBytes = (plan: Plan, ports: readonly Port[]): readonly number[] =>
  ports.map((port) => elementCount(tensorOf(plan.graph, port.tensor).shape));
const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);

export function outputSizes(plan: Plan): readonly number[] {
  return portBytes(plan, plan.graph.outputs);
}

/** The functions that put a model's inputs into place, run it and take its outputs. */
function glueText(plan: Plan, prefix: string): string {
  const fetched = fetchedInputs(plan);
  const handed = handedOutputs(plan);
  const { inputs, outputs } = plan.graph;
  const regionBytes = plan.regions.map(({ bytes }) => bytes);
  const starts = regionBytes.map((_, i) => `first + ${total(regionBytes.slice(0, i)) + guardBytes * i}`);
  const [parameter, arena] =
    regionBytes.length === 1 ? ['arena', ''] : ['first', `  void *const arena[] = {${starts.join(', ')}};\n`];
  const inputBytes = portBytes(plan, inputs);
  const outputBytes = portBytes(plan, outputs);
  const before = (sizes: readonly number[], index: number): number => total(sizes.slice(0, index));
  const streams = inputs.map((port, i) => {
    const { width, channels } = rowShape(tensorOf(plan.graph, port.tensor).shape);
    return `{in + ${before(inputBytes, i)}, ${width * channels}, 0}`;
  });
  const drains = outputs.map((port, i) => {
    const { width, channels } = rowShape(tensorOf(plan.graph, port.tensor).shape);
    return `{out + ${before(outputBytes, i)}, ${width * channels}, 0}`;
  });
  const rowsOf = (port: Port): number => {
    const { batch, rows } = rowShape(tensorOf(plan.graph, port.tensor).shape);
    return batch * rows;
  };
  const complete = [
    ...inputs.flatMap((port, i) => (fetched.has(port.tensor) ? [`streams[${i}].next == ${rowsOf(port)}`] : [])),
    ...outputs.flatMap((port, i) => (handed.has(port.tensor) ? [`drains[${i}].next == ${rowsOf(port)}`] : [])),
  ];
  const put = inputs.flatMap((port, i) =>
    fetched.has(port.tensor)
      ? []
      : [`  harness_copy(${prefix}_input${i}(arena), in + ${before(inputBytes, i)}, ${inputBytes[i]});`],
  );
  const take = outputs.flatMap((port, i) =>
    handed.has(port.tensor)
      ? []
      : [`  harness_copy(out + ${before(outputBytes, i)}, ${prefix}_output${i}(arena), ${outputBytes[i]});`],
  );
  const source = [
    `  harness_stream streams[] = {${streams.join(', ')}};`,
    `  const tsr_source source = {harness_read_row, streams};`,
  ];
  const sink = [
    `  harness_drain drains[] = {${drains.join(', ')}};`,
    `  const tsr_sink sink = {harness_write_row, drains};`,
  ];
  const [streamed, drained] = [fetched.size > 0, handed.size > 0];
  const run = [
    ...(streamed ? source : []),
    ...(drained ? sink : []),
    `  ${prefix}_run(arena${streamed ? ', &source' : ''}${drained ? ', &sink' : ''});`,
  ];
  return `static int ${prefix}_harness_self_test(int8_t *${parameter}) {
${arena}  return ${prefix}_self_test(arena);
}

static int ${prefix}_harness(int8_t *${parameter}, const int8_t *in, int8_t *out) {
${arena}${[...put, ...run, ...take].join('\n')}
  return ${complete.length === 0 ? '1' : complete.join(' && ')};
}`;
}

/** Bytes of all regions, and of the guards between them. */
function blockBytes({ arenaBytes, regions }: Plan): number {
  return arenaBytes + (regions.length - 1) * guardBytes;
}

const readRowText = `static void harness_read_row(void *context, int32_t input, int32_t row, int8_t *pixels) {
  harness_stream *stream = (harness_stream *)context + input;
  /* A row asked for out of order never lets \`next\` become the number of rows. */
  stream->next = row == stream->next ? row + 1 : -1;
  harness_copy(pixels, stream->rows + row * stream->row_bytes, stream->row_bytes);
}`;

const writeRowText = `static void harness_write_row(void *context, int32_t output, int32_t row, const int8_t *pixels) {
  harness_drain *drain = (harness_drain *)context + output;
  drain->next = row == drain->next ? row + 1 : -1;
  /* What is kept is what lies there now: a row that was not complete differs. */
  if (drain->next > 0) harness_copy(drain->rows + row * drain->row_bytes, pixels, drain->row_bytes);
}`;

/** Generates the C of the models, each under a prefix of its own, and of what runs them. */
export function makeBatch(models: readonly PlannedModel[]): Batch {
  const files = new Map<string, string>([['harness.h', supportFile('harness.h')]]);
  const kernels = new Set<string>();
  const streamed = models.some(({ plan }) => fetchedInputs(plan).size > 0);
  const lines = ['#include "harness.h"'];
  const table: string[] = [];
  const known = new Map<Graph, ModelOptions>();
  models.forEach(({ name, plan }, index) => {
    const prefix = `m${index}`;
    const options = known.get(plan.graph) ?? modelOptions(plan, new Uint8Array(), 'test', '0', 'float');
    known.set(plan.graph, options);
    files.set(`${prefix}.h`, headerText(plan, prefix, options));
    files.set(`${prefix}.c`, sourceText(plan, prefix, options));
    for (const file of kernelFiles(plan)) kernels.add(file);
    lines.push(`#include "${prefix}.c"`);
    const input = total(portBytes(plan, plan.graph.inputs));
    const output = total(outputSizes(plan));
    const sizes = plan.regions.map(({ bytes }) => bytes);
    table.push(
      `  {${JSON.stringify(name)}, ${blockBytes(plan)}, ${input}, ${output}, ${prefix}_harness, ${prefix}_harness_self_test, ${sizes.length}, {${sizes.join(', ')}}},`,
    );
  });
  if (streamed) lines.push(readRowText);
  if (models.some(({ plan }) => handedOutputs(plan).size > 0)) lines.push(writeRowText);
  models.forEach(({ plan }, index) => {
    lines.push(glueText(plan, `m${index}`));
  });
  lines.push('extern const harness_model harness_models[];', 'extern const int32_t harness_count;');
  lines.push(
    `const harness_model harness_models[] = {\n${table.join('\n')}\n};`,
    `const int32_t harness_count = ${models.length};`,
  );
  files.set('batch.c', `${lines.join('\n\n')}\n`);
  const most = (size: (plan: Plan) => number): number => Math.max(1, ...models.map(({ plan }) => size(plan)));
  return {
    models,
    files,
    kernels: [...kernels].filter((file) => file !== 'tsr.h').sort(),
    blockBytes: most(blockBytes) + 2 * guardBytes,
    inputBytes: most((plan) => total(portBytes(plan, plan.graph.inputs))),
    outputBytes: most((plan) => total(outputSizes(plan))),
  };
}

/** A model's outputs, one behind the other in `bytes`, as arrays. */
export function splitOutputs(plan: Plan, bytes: Int8Array): Int8Array[] {
  let at = 0;
  return outputSizes(plan).map((size) => {
    at += size;
    return bytes.slice(at - size, at);
  });
}

/** What a backend gave: the outputs of every sample, and what the harness has to complain of. */
export interface BackendRun {
  readonly outputs: readonly (readonly Int8Array[])[];
  readonly problem: string | null;
}

/** Something that runs batches of models: a native compiler or WebAssembly. */
export interface Backend {
  readonly name: string;
  /** Gives a run for each model of the batch. */
  run(batch: Batch): Promise<readonly BackendRun[]>;
}

/** Models of one batch: enough that starting a compiler costs little, and few enough to stay in memory. */
const batchSize = 40;

/**
 * Runs every model on every backend and compares with the integer specification, byte for byte.
 * @returns a line for every difference or complaint; none where all agree.
 */
export async function differences(
  models: readonly PlannedModel[],
  backends: readonly Backend[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (let from = 0; from < models.length; from += batchSize) {
    const part = models.slice(from, from + batchSize);
    const batch = makeBatch(part);
    // The plans of one graph share its samples, and so what is expected.
    const known = new Map<PlannedModel['samples'], readonly (readonly Int8Array[])[]>();
    const expected = part.map(({ plan, samples }) => {
      const outputs = known.get(samples) ?? samples.map((inputs) => evaluateOutputs(plan, inputs));
      known.set(samples, outputs);
      return outputs;
    });
    const runs = await Promise.all(backends.map((backend) => backend.run(batch)));
    for (const [b, backend] of backends.entries()) {
      for (const [m, { name }] of part.entries()) {
        const { outputs = [], problem = 'did not run' } = runs[b]?.[m] ?? {};
        const complaints = [problem, firstDifference(outputs, expected[m] ?? [])];
        found.push(...complaints.flatMap((text) => (text === null ? [] : [`${name} on ${backend.name}: ${text}`])));
      }
    }
  }
  return found;
}

function firstDifference(
  actual: readonly (readonly Int8Array[])[],
  expected: readonly (readonly Int8Array[])[],
): string | null {
  for (const [sample, outputs] of expected.entries()) {
    for (const [output, steps] of outputs.entries()) {
      const found = actual[sample]?.[output];
      if (found?.length !== steps.length)
        return `sample ${sample}, output ${output}: ${found?.length} elements instead of ${steps.length}`;
      const at = steps.findIndex((q, i) => found[i] !== q);
      if (at >= 0) return `sample ${sample}, output ${output}, element ${at}: ${found[at]} instead of ${steps[at]}`;
    }
  }
  return null;
}
