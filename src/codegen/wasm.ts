import { elementCount, type Port, rowShape, tensorOf } from '../graph/types.ts';
import { fetchedInputs, handedOutputs } from '../plan/boundary.ts';
import type { Plan } from '../plan/types.ts';
import { kernelFiles, portQuantization } from './model.ts';

/** What the JavaScript side must know of an input or output. */
export interface PortDescription {
  readonly name: string;
  /** The shape in the ONNX file: the order of the elements that `run` takes and gives. */
  readonly shape: readonly number[];
  /** Axis i of the bytes in memory is axis permutation[i] of `shape`. */
  readonly permutation: readonly number[];
  readonly scale: number;
  readonly zeroPoint: number;
  /** Bytes of a row, where the input is fetched, or the output handed over, row by row; 0 where it is whole. */
  readonly rowBytes: number;
}

/** What the JavaScript side must know of a compiled model. */
export interface ModelDescription {
  readonly name: string;
  readonly arenaBytes: number;
  /** Where the arena has several regions: the bytes of each. */
  readonly regionBytes?: readonly number[];
  readonly macs: number;
  readonly inputs: readonly PortDescription[];
  readonly outputs: readonly PortDescription[];
}

export function describeModel(plan: Plan): ModelDescription {
  const passed = new Set([...fetchedInputs(plan), ...handedOutputs(plan)]);
  const port = (p: Port): PortDescription => {
    const tensor = tensorOf(plan.graph, p.tensor);
    const { width, channels } = rowShape(tensor.shape);
    const { scale, zeroPoint } = portQuantization(plan.graph, p);
    return {
      name: p.name,
      shape: p.shape,
      permutation: p.permutation,
      scale: Math.fround(scale),
      zeroPoint,
      rowBytes: passed.has(p.tensor) ? width * channels : 0,
    };
  };
  return {
    name: plan.graph.name,
    arenaBytes: plan.arenaBytes,
    ...(plan.regions.length > 1 ? { regionBytes: plan.regions.map(({ bytes }) => bytes) } : {}),
    macs: plan.macs,
    inputs: plan.graph.inputs.map(port),
    outputs: plan.graph.outputs.map(port),
  };
}

/** The C that stands between a model and JavaScript. One translation unit, so that the compiler sees kernels and model together. */
export function wasmSource(plan: Plan, prefix: string): string {
  const kernels = kernelFiles(plan).filter((file) => file.endsWith('.c'));
  return wasmProgram(
    describeModel(plan),
    prefix,
    kernels.map((file) => file.split('/').at(-1) as string),
  );
}

/** The same from what a project says of its model. `kernels`: the names of their C files. */
export function wasmProgram(description: ModelDescription, prefix: string, kernels: readonly string[]): string {
  const { inputs, outputs, regionBytes } = description;
  const upper = prefix.toUpperCase();
  const streams = inputs.some(({ rowBytes }) => rowBytes > 0);
  const hands = outputs.some(({ rowBytes }) => rowBytes > 0);
  const bufferOf = (kind: 'input' | 'output', { shape, rowBytes }: PortDescription, index: number): string =>
    rowBytes > 0 ? `static int8_t ${kind}${index}[${elementCount(shape)}];\n` : '';
  const buffers = [
    ...inputs.map((port, index) => bufferOf('input', port, index)),
    ...outputs.map((port, index) => bufferOf('output', port, index)),
  ];
  const inputCases = inputs.map(({ rowBytes }, index) =>
    rowBytes > 0
      ? `    case ${index}: return input${index};`
      : `    case ${index}: return ${prefix}_input${index}(arena);`,
  );
  const outputCases = outputs.map(({ rowBytes }, index) =>
    rowBytes > 0
      ? `    case ${index}: return output${index};`
      : `    case ${index}: return ${prefix}_output${index}(arena);`,
  );
  const rows = inputs.map(({ rowBytes }, index) => {
    if (rowBytes === 0) return '';
    return `  if (input == ${index}) {
    for (int32_t i = 0; i < ${rowBytes}; ++i) pixels[i] = input${index}[row * ${rowBytes} + i];
  }\n`;
  });
  const reader = !streams
    ? ''
    : `\nstatic void read_row(void *context, int32_t input, int32_t row, int8_t *pixels) {\n  (void)context;\n${rows.join('')}}\n`;
  const written = outputs.map(({ rowBytes }, index) => {
    if (rowBytes === 0) return '';
    return `  if (output == ${index}) {
    for (int32_t i = 0; i < ${rowBytes}; ++i) output${index}[row * ${rowBytes} + i] = pixels[i];
  }\n`;
  });
  const writer = !hands
    ? ''
    : `\nstatic void write_row(void *context, int32_t output, int32_t row, const int8_t *pixels) {\n  (void)context;\n${written.join('')}}\n`;
  const run = [
    ...(streams ? ['  const tsr_source source = {read_row, NULL};'] : []),
    ...(hands ? ['  const tsr_sink sink = {write_row, NULL};'] : []),
    `  ${prefix}_run(arena${streams ? ', &source' : ''}${hands ? ', &sink' : ''});`,
  ].join('\n');
  return `${kernels.map((file) => `#include "${file}"`).join('\n')}
#include "${prefix}.c"

/* Compilers turn loops into calls of these; there is no C library here. */
void *memcpy(void *restrict to, const void *restrict from, size_t count) { return __builtin_memcpy(to, from, count); }
void *memset(void *to, int value, size_t count) { return __builtin_memset(to, value, count); }

${arenaDefinition(description, upper)}
${buffers.join('')}${reader}${writer}
__attribute__((export_name("input"))) int8_t *tsr_wasm_input(int32_t index) {
  switch (index) {
${inputCases.join('\n')}
    default: return NULL;
  }
}

__attribute__((export_name("output"))) const int8_t *tsr_wasm_output(int32_t index) {
  switch (index) {
${outputCases.join('\n')}
    default: return NULL;
  }
}

__attribute__((export_name("arena"))) int8_t *tsr_wasm_arena(void) { return ${regionBytes === undefined ? 'arena' : 'regions'}; }

__attribute__((export_name("run"))) void tsr_wasm_run(void) {
${run}
}

__attribute__((export_name("self_test"))) int tsr_wasm_self_test(void) { return ${prefix}_self_test(arena); }
`;
}

/** The arena; its regions lie one after the other, so that JavaScript sees all of them as one. */
function arenaDefinition({ regionBytes }: ModelDescription, upper: string): string {
  const bytes = (name: string): string =>
    `static int8_t ${name}[${upper}_ARENA_BYTES + 1] __attribute__((aligned(16)));`;
  if (regionBytes === undefined) return bytes('arena');
  const starts = regionBytes.map((_, index) => regionBytes.slice(0, index).reduce((sum, size) => sum + size, 0));
  return `${bytes('regions')}
static void *const arena[] = {${starts.map((start) => `regions + ${start}`).join(', ')}};`;
}
