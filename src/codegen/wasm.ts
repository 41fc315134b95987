import { elementCount, type Port, rowShape, tensorOf } from '../graph/types.ts';
import type { Plan } from '../plan/types.ts';
import { fetchedInputs, kernelFiles, portQuantization } from './model.ts';

/** What the JavaScript side must know of an input or output. */
export interface PortDescription {
  readonly name: string;
  /** The shape in the ONNX file: the order of the elements that `run` takes and gives. */
  readonly shape: readonly number[];
  /** Axis i of the bytes in memory is axis permutation[i] of `shape`. */
  readonly permutation: readonly number[];
  readonly scale: number;
  readonly zeroPoint: number;
  /** Bytes of a row, where the input is fetched row by row; 0 where it is whole. */
  readonly rowBytes: number;
}

/** What the JavaScript side must know of a compiled model. */
export interface ModelDescription {
  readonly name: string;
  readonly arenaBytes: number;
  readonly macs: number;
  readonly inputs: readonly PortDescription[];
  readonly outputs: readonly PortDescription[];
}

export function describeModel(plan: Plan): ModelDescription {
  const fetched = fetchedInputs(plan);
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
      rowBytes: fetched.has(p.tensor) ? width * channels : 0,
    };
  };
  return {
    name: plan.graph.name,
    arenaBytes: plan.arenaBytes,
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
export function wasmProgram({ inputs, outputs }: ModelDescription, prefix: string, kernels: readonly string[]): string {
  const upper = prefix.toUpperCase();
  const streams = inputs.some(({ rowBytes }) => rowBytes > 0);
  const buffers = inputs.map(({ shape, rowBytes }, index) =>
    rowBytes > 0 ? `static int8_t input${index}[${elementCount(shape)}];\n` : '',
  );
  const inputCases = inputs.map(({ rowBytes }, index) =>
    rowBytes > 0
      ? `    case ${index}: return input${index};`
      : `    case ${index}: return ${prefix}_input${index}(arena);`,
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
  const run = !streams
    ? `  ${prefix}_run(arena);`
    : `  const tsr_source source = {read_row, NULL};\n  ${prefix}_run(arena, &source);`;
  return `${kernels.map((file) => `#include "${file}"`).join('\n')}
#include "${prefix}.c"

/* Compilers turn loops into calls of these; there is no C library here. */
void *memcpy(void *restrict to, const void *restrict from, size_t count) { return __builtin_memcpy(to, from, count); }
void *memset(void *to, int value, size_t count) { return __builtin_memset(to, value, count); }

static int8_t arena[${upper}_ARENA_BYTES + 1] __attribute__((aligned(16)));
${buffers.join('')}${reader}
__attribute__((export_name("input"))) int8_t *tsr_wasm_input(int32_t index) {
  switch (index) {
${inputCases.join('\n')}
    default: return NULL;
  }
}

__attribute__((export_name("output"))) const int8_t *tsr_wasm_output(int32_t index) {
  switch (index) {
${outputs.map((_, index) => `    case ${index}: return ${prefix}_output${index}(arena);`).join('\n')}
    default: return NULL;
  }
}

__attribute__((export_name("arena"))) int8_t *tsr_wasm_arena(void) { return arena; }

__attribute__((export_name("run"))) void tsr_wasm_run(void) {
${run}
}

__attribute__((export_name("self_test"))) int tsr_wasm_self_test(void) { return ${prefix}_self_test(arena); }
`;
}
