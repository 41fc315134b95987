/**
 * How many instructions models need on Cortex-M cores, executed in QEMU. The functions take the compiler's modules as
 * `tessera`, so that the benchmark measures what was built (dist).
 *
 * @typedef {object} SpeedRow
 * @property {string} model
 * @property {'cortex-m4' | 'cortex-m7' | 'cortex-m55'} target
 * @property {'balanced' | 'sram' | 'time'} plan
 * @property {number} instructions of one inference, without making its input
 * @property {number | null} estimatedCycles by cycles.mjs; Cortex-M4 alone
 * @property {number} macs
 * @property {number} arenaBytes
 * @property {number} flashBytes of model and kernels: code and constants, without start-up and library functions
 * @property {readonly { layer: number, op: string, kernel: string, macs: number, instructions: number }[]} layers
 * @property {readonly { name: string, cycles: number }[]} functions estimated cycles of each function's own code
 * @property {readonly { name: string, instructions: number }[]} competitor measured by the project on a Cortex-M4;
 *   counts on an M7 differ by less than 1 %
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { estimateCycles } from './cycles.mjs';
import { buildProgram, objectBytes, runProgram } from './qemu.mjs';

const tflm = (instructions) => ({ name: 'TFLM + CMSIS-NN', instructions });
const tinyEngine = (instructions) => ({ name: 'TinyEngine', instructions });
const onnx2c = (instructions) => ({ name: 'onnx2c (float)', instructions });

/** The models, and what others need for them (gcc 12.2, QEMU mps2-an386, the method of qemu/qemu.h). */
export const models = [
  { name: 'mlperf-tiny/kws', file: 'kws_int8_qdq', competitor: [tflm(7697904), onnx2c(19929967)] },
  {
    name: 'mlperf-tiny/vww',
    file: 'vww_int8_qdq',
    competitor: [tflm(24101964), tinyEngine(19711645), onnx2c(53415511)],
  },
  { name: 'mlperf-tiny/ic', file: 'ic_int8_qdq', competitor: [tflm(29861682), onnx2c(120796229)] },
  { name: 'mlperf-tiny/ad', file: 'ad_int8_qdq', competitor: [tflm(582966), tinyEngine(771904), onnx2c(1340994)] },
  { name: 'mcunet/vww', file: 'vww_int8_qdq', competitor: [tflm(47935157), tinyEngine(34747363)] },
  { name: 'mcunet/detection', file: 'detection_int8_qdq', competitor: [tflm(73064282), tinyEngine(54632268)] },
  { name: 'mcunet/mobilenet_v2', file: 'mobilenet_v2_int8_qdq', competitor: [] },
  {
    name: 'mcunet/mcunetv2_large',
    file: 'mcunetv2_large_int8_qdq',
    competitor: [tflm(856226116), tinyEngine(515411656)],
  },
];

/** The cores that are measured, with the instruction sets that each has. */
export const targets = { 'cortex-m4': ['dsp'], 'cortex-m7': ['dsp'], 'cortex-m55': ['mve', 'dsp'] };

/** What models are compiled with for measuring. */
export const modelFlags = ['-std=c99', '-O2', '-fno-tree-vectorize'];

/** A model of the kit, quantised, with what does not depend on the target. */
export function readModel(tessera, kit, { name, file }) {
  const fileName = `${file}.onnx`;
  const bytes = new Uint8Array(readFileSync(join(kit, name, fileName)));
  const graph = tessera.quantize(
    tessera.optimize(tessera.requireGraph(tessera.readModel(bytes, { file: fileName }), fileName)),
  );
  const first = tessera.plan(graph, { objective: 'time', input: 'resident' });
  const options = tessera.modelOptions(first, bytes, 'bench', '0', 'int8');
  return { graph, options: { ...options, byteArrays: 'text' } };
}

/** The definitions that measure.c wants. */
function describeText(plan, prefix) {
  const upper = prefix.toUpperCase();
  const fills = plan.graph.inputs.map(
    (_, i) =>
      `  for (int32_t i = 0; i < ${upper}_INPUT${i}_BYTES; ++i) ${prefix}_input${i}(arena)[i] = tsr_test_byte(at++);`,
  );
  return `#include "${prefix}.h"
#define MEASURE_ARENA_BYTES ${upper}_ARENA_BYTES
#define MEASURE_LAYERS ${plan.layers.length}
#define measure_run ${prefix}_run
#define measure_self_test ${prefix}_self_test
static void measure_fill(int8_t *arena) {
  int32_t at = 0;
${fills.join('\n')}
}
`;
}

const measureText = readFileSync(new URL('qemu/measure.c', import.meta.url), 'utf8');

/**
 * One model on one core.
 * @param {{ core: keyof typeof targets, isas: readonly string[], plan: 'balanced' | 'sram' | 'time', withLayers: boolean,
 *   withCycles: boolean }} options
 * @returns {Promise<SpeedRow>}
 */
export async function measureSpeed(tessera, model, { graph, options }, settings) {
  const { core, isas, plan: objective, withLayers, withCycles } = settings;
  const plan = tessera.plan(graph, { objective, input: 'resident', isas });
  const prefix = tessera.modelPrefix(graph.name);
  const files = new Map([
    ...tessera.modelFiles(plan, options),
    ['measure_model.h', describeText(plan, prefix)],
    ['measure.c', measureText],
  ]);
  const build = async (flags, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'tessera-speed-'));
    try {
      return await use(await buildProgram({ core, files, flags: [...modelFlags, ...flags] }, folder), folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const run = (flags) =>
    build(flags, async (elf, folder) => {
      const { output, code } = await runProgram(elf, core, { seconds: 600 });
      if (code !== 0) {
        const reason = code === 1 ? 'the self-test fails' : `the program ended with ${code}: ${output.slice(-1000)}`;
        throw new Error(`${model.name}, ${core}, plan ${objective}: ${reason}`);
      }
      return { output, bytes: await objectBytes(folder, (name) => name !== 'measure.o' && name !== 'start.o') };
    });
  const { output, bytes } = await run([]);
  const traced =
    withCycles && core === 'cortex-m4'
      ? await build(['-DMEASURE_TRACE'], (elf) => estimateCycles(elf, { from: 'infer', to: 'inferred' }))
      : null;
  const instructions = Number(/^instructions (\d+)$/m.exec(output)[1]);
  // Two ways to count: what differs is how infer() is called and returns.
  if (traced !== null && Math.abs(traced.instructions - instructions) > 20) {
    throw new Error(`${model.name}: ${instructions} instructions, but ${traced.instructions} in the trace`);
  }
  const profile = withLayers ? (await run(['-DTSR_PROFILE'])).output : '';
  const layers = [...profile.matchAll(/^layer (\d+) (\d+)$/gm)].map(([, index, instructions]) => {
    const layer = plan.layers[Number(index)];
    const { node, lowering, macs } = layer;
    const kernel = lowering.kind === 'alias' ? '' : [...new Set(lowering.calls.map(({ symbol }) => symbol))].join(' ');
    const [output, input] = [layer.tensors.output, layer.tensors.inputs[0]].map(
      (tensor) => tensor?.shape.join('x') ?? '',
    );
    return { layer: Number(index), op: node.op, input, output, kernel, macs, instructions: Number(instructions) };
  });
  return {
    model: model.name,
    target: core,
    plan: objective,
    instructions,
    estimatedCycles: traced === null ? null : traced.cycles,
    macs: plan.macs,
    arenaBytes: plan.arenaBytes,
    flashBytes: bytes,
    layers,
    functions: traced === null ? [] : [...traced.functions].map(([name, cycles]) => ({ name, cycles })),
    competitor: model.competitor,
  };
}

/** What the committed baseline knows a row by. */
export const rowKey = ({ model, target, plan }) => `${model} ${target} ${plan}`;

/**
 * Compares rows with the baseline.
 * @param {Readonly<Record<string, number>>} baseline instructions by row
 * @returns {{ worse: readonly string[], better: readonly string[], unknown: readonly string[] }}
 */
export function compareWithBaseline(rows, baseline) {
  const most = 1.01;
  const line = (row) => `${rowKey(row)}: ${row.instructions}, was ${baseline[rowKey(row)]}`;
  const known = rows.filter((row) => baseline[rowKey(row)] !== undefined);
  return {
    worse: known.filter((row) => row.instructions > baseline[rowKey(row)] * most).map(line),
    better: known.filter((row) => row.instructions * most < baseline[rowKey(row)]).map(line),
    unknown: rows.filter((row) => baseline[rowKey(row)] === undefined).map(rowKey),
  };
}
