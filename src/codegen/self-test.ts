import { elementCount, type Port, rowShape, tensorOf } from '../graph/types.ts';
import { fetchedInputs, handedOutputs } from '../plan/boundary.ts';
import type { Plan } from '../plan/types.ts';
import { arenaParameter } from './arena.ts';

/** Byte i of the self-test's input: a multiplicative hash, so that every machine makes the same without a table. */
export function selfTestByte(index: number): number {
  return (Math.imul(index + 1, -1640531527) >>> 24) - 128;
}

const checksumStart = 2166136261;
const checksumFactor = 16777619;

/** FNV-1a over bytes. Source: draft-eastlake-fnv. */
function checksum(bytes: Int8Array): number {
  let h = checksumStart;
  for (const byte of bytes) h = Math.imul(h ^ (byte & 255), checksumFactor) >>> 0;
  return h;
}

/**
 * What a self-test compares: the checksum of each output, since rows of several outputs may come in turns, and all of
 * them as one number.
 */
export function selfTestSum(outputs: readonly Int8Array[]): number {
  return outputs.map(checksum).reduce((hash, sum) => (Math.imul(hash, checksumFactor) ^ sum) >>> 0);
}

/** The C of a model's self-test. `expected`: what selfTestSum gives. */
export function selfTestText(plan: Plan, prefix: string, expected: number): string {
  const fetched = fetchedInputs(plan);
  const handed = handedOutputs(plan);
  const upper = prefix.toUpperCase();
  const body: string[] = [];
  const { outputs } = plan.graph;
  if (handed.size > 0)
    body.push(`uint32_t sums[${outputs.length}] = {${outputs.map(() => `${checksumStart}u`).join(', ')}};`);
  body.push(...placedInputs(plan, prefix));
  const call = [
    'arena',
    ...(fetched.size > 0 ? [`&(const tsr_source){${prefix}_test_row, NULL}`] : []),
    ...(handed.size > 0 ? [`&(const tsr_sink){${prefix}_test_sum, sums}`] : []),
  ];
  body.push(`${prefix}_run(${call.join(', ')});`);
  outputs.forEach(({ tensor }, index) => {
    const sum = handed.has(tensor)
      ? `sums[${index}]`
      : `tsr_checksum(${checksumStart}u, ${prefix}_output${index}(arena), ${upper}_OUTPUT${index}_BYTES)`;
    body.push(index === 0 ? `uint32_t hash = ${sum};` : `hash = (hash * ${checksumFactor}u) ^ ${sum};`);
  });
  body.push(`return hash == ${expected}u;`);
  return [
    ...(fetched.size > 0 ? [readerText(plan, prefix)] : []),
    ...(handed.size > 0 ? [writerText(plan, prefix)] : []),
    `int ${prefix}_self_test(${arenaParameter(plan)}) {\n${body.map((line) => `  ${line}`).join('\n')}\n}`,
  ].join('\n\n');
}

const rowBytes = (plan: Plan, port: Port): number => {
  const { width, channels } = rowShape(tensorOf(plan.graph, port.tensor).shape);
  return width * channels;
};

/** Where the bytes of each input begin, all inputs taken as one. */
function startsOf({ graph }: Plan): readonly number[] {
  let next = 0;
  return graph.inputs.map((port) => {
    const start = next;
    next += elementCount(tensorOf(graph, port.tensor).shape);
    return start;
  });
}

/** The statements that put the inputs into their places that are not fetched. */
function placedInputs(plan: Plan, prefix: string): readonly string[] {
  const fetched = fetchedInputs(plan);
  const starts = startsOf(plan);
  return plan.graph.inputs.flatMap((port, index) =>
    fetched.has(port.tensor)
      ? []
      : [
          `for (int32_t i = 0; i < ${prefix.toUpperCase()}_INPUT${index}_BYTES; ++i) ${prefix}_input${index}(arena)[i] = tsr_test_byte(${starts[index]} + i);`,
        ],
  );
}

/** The function that gives rows of those that are. */
function readerText(plan: Plan, prefix: string): string {
  const fetched = fetchedInputs(plan);
  const starts = startsOf(plan);
  const rows = plan.graph.inputs.flatMap((port, index) => {
    if (!fetched.has(port.tensor)) return [];
    const bytes = rowBytes(plan, port);
    return `  if (input == ${index}) {
    for (int32_t i = 0; i < ${bytes}; ++i) pixels[i] = tsr_test_byte(${starts[index]} + row * ${bytes} + i);
  }`;
  });
  return `static void ${prefix}_test_row(void *context, int32_t input, int32_t row, int8_t *pixels) {\n  (void)context;\n${rows.join('\n')}\n}`;
}

/** The function that sums up rows of outputs that are handed over. */
function writerText(plan: Plan, prefix: string): string {
  const bytes = plan.graph.outputs.map((port) => rowBytes(plan, port));
  return `static void ${prefix}_test_sum(void *context, int32_t output, int32_t row, const int8_t *pixels) {
  static const int32_t row_bytes[${bytes.length}] = {${bytes.join(', ')}};
  uint32_t *sum = (uint32_t *)context + output;
  (void)row;
  *sum = tsr_checksum(*sum, pixels, row_bytes[output]);
}`;
}
