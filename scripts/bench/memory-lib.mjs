/**
 * How much SRAM models need, by plan. The functions take the compiler's modules as `tessera`, so that the benchmark
 * measures what was built (dist) and the tests measure the sources.
 *
 * @typedef {object} MemoryRow
 * @property {string} model
 * @property {string} plan what it is planned for: sram, balanced, time (layer by layer), or `overhead F`: the least SRAM
 *   with at most F times the multiply-accumulates
 * @property {'streamed' | 'resident'} input
 * @property {'portable' | 'dsp'} kernels those that run everywhere, or those for Cortex-M4 and M7, which are faster and may
 *   take scratch
 * @property {number} arenaBytes activations, rings, scratch and accumulators; outputs counted, the input where resident
 * @property {number | null} stackBytes bound of the generated run function on a Cortex-M4 (-O2); null: no compiler for it
 * @property {number | null} dataBytes .data and .bss there
 * @property {number} macs
 * @property {number} macsRatio to layer by layer
 * @property {number} timeRatio estimated instructions, to those of layer by layer with the same kernels
 * @property {number} allocationBound the most bytes that live at one step: no placement of these buffers is smaller
 * @property {number} planBound no plan of the plan's layers in their order has less, however they are cut into stages, in
 *   segments of whatever widths and with whatever kernels there are: of rings it counts what must be in them for certain
 * @property {readonly { name: string, bytes: number }[]} competitor
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mobilenetV2 } from './mobilenet.mjs';
import { measureStatic } from './stack.mjs';

const tflm = (bytes) => ({ name: 'TFLM + CMSIS-NN', bytes });
const tinyEngine = (bytes) => ({ name: 'TinyEngine', bytes });
const patched = (bytes, image) => ({ name: 'TinyEngine patched, with image', bytes: bytes + image });
const onnx2c = (bytes) => ({ name: 'onnx2c (float)', bytes });

/**
 * The models; `most`: the bytes that --objective sram with a streamed input may take; `overhead`: the factor of
 * --max-overhead, and the bytes that it may take. Competitors: measured by the
 * project on a Cortex-M4, or published: MCUNetV2 (arXiv 2110.15352), msf-CNN (arXiv 2505.11483; residual sums, input and
 * output not counted), X-CUBE-AI 10.
 */
export const models = [
  { name: 'mlperf-tiny/kws', file: 'kws_int8_qdq', most: 4608, competitor: [tflm(22820), onnx2c(66120)] },
  {
    name: 'mlperf-tiny/vww',
    file: 'vww_int8_qdq',
    most: 12288,
    competitor: [tflm(100708), tinyEngine(60728), onnx2c(405624)],
  },
  { name: 'mlperf-tiny/ic', file: 'ic_int8_qdq', most: 10240, competitor: [tflm(54996), onnx2c(209048)] },
  { name: 'mlperf-tiny/ad', file: 'ad_int8_qdq', most: 1024, competitor: [tflm(2580), tinyEngine(3328), onnx2c(6152)] },
  { name: 'mlperf-tiny/sww', file: 'sww_int8_qdq', most: null, competitor: [] },
  {
    name: 'mcunet/vww',
    file: 'vww_int8_qdq',
    most: 16384,
    competitor: [tflm(219716), tinyEngine(93992), patched(62352, 19200)],
  },
  { name: 'mcunet/detection', file: 'detection_int8_qdq', most: 32768, competitor: [tflm(379788), tinyEngine(257448)] },
  {
    name: 'mcunet/mobilenet_v2',
    file: 'mobilenet_v2_int8_qdq',
    most: 98304,
    competitor: [
      { name: 'MCUNetV2 (+10 % MACs)', bytes: 172 * 1024 },
      { name: 'X-CUBE-AI 10', bytes: 1727 * 1024 },
    ],
  },
  {
    name: 'mcunet/mcunetv2_large',
    file: 'mcunetv2_large_int8_qdq',
    most: 224000,
    overhead: { factor: 1.15, most: 111000 },
    competitor: [tflm(2602004), tinyEngine(1431784), patched(444168, 150528)],
  },
  {
    name: 'MobileNetV2 0.35, 144',
    build: { width: 0.35, size: 144, classes: 1000 },
    most: 25600,
    competitor: [
      { name: 'msf-CNN (MACs x 1.0)', bytes: 181400 },
      { name: 'msf-CNN (MACs x 1.253)', bytes: 25700 },
    ],
  },
  { name: 'MobileNetV2 0.35, 224', build: { width: 0.35, size: 224, classes: 1000 }, most: 45056, competitor: [] },
];

const kernelSets = [
  { kernels: 'portable', isas: [] },
  { kernels: 'dsp', isas: ['dsp'] },
];

const plans = [
  { plan: 'sram', input: 'stream' },
  { plan: 'sram', input: 'resident' },
  { plan: 'balanced', input: 'stream' },
  { plan: 'balanced', input: 'resident' },
  { plan: 'time', input: 'resident' },
];

/** The quantised graph of a model: a QDQ file of the kit, or one with random weights. */
export function graphOf(tessera, kit, model) {
  if (model.build !== undefined) return mobilenetV2(tessera, model.build);
  const file = `${model.file}.onnx`;
  const bytes = new Uint8Array(readFileSync(join(kit, model.name, file)));
  return tessera.quantize(tessera.optimize(tessera.requireGraph(tessera.readModel(bytes, { file }), file)));
}

/**
 * The rows of a model.
 * @param {{ withStack: boolean, onProgress: (text: string) => void }} options
 * @returns {readonly MemoryRow[]}
 */
export function measureMemory(tessera, kit, model, { withStack, onProgress }) {
  const graph = graphOf(tessera, kit, model);
  const { overhead } = model;
  const wanted = plans.map(({ plan, input }) => ({ plan, input, options: { objective: plan, input } }));
  if (overhead !== undefined) {
    const options = { objective: 'sram', input: 'stream', maxOverhead: overhead.factor };
    wanted.push({ plan: `overhead ${overhead.factor}`, input: 'stream', options });
  }
  return kernelSets.flatMap(({ kernels, isas }) => {
    const layerwise = tessera.plan(graph, { objective: 'time', input: 'resident', isas });
    const compiled = new Map();
    return wanted.map(({ plan, input, options }) => {
      onProgress(`${plan}, ${input}, ${kernels}`);
      const made = tessera.plan(graph, { ...options, isas });
      const { stackBytes, dataBytes } = withStack
        ? staticOf(tessera, made, compiled)
        : { stackBytes: null, dataBytes: null };
      return {
        model: model.name,
        plan,
        input: input === 'stream' ? 'streamed' : 'resident',
        kernels,
        arenaBytes: made.arenaBytes,
        stackBytes,
        dataBytes,
        macs: made.macs,
        macsRatio: made.macs / layerwise.macs,
        timeRatio: tessera.timeOf(made) / tessera.timeOf(layerwise),
        allocationBound: made.allocationBound,
        planBound: tessera.leastPeak(made.graph, made.layers, input),
        competitor: model.competitor,
      };
    });
  });
}

/** @param {Map<string, object>} known what was measured, by the model's C: plans are often the same */
function staticOf(tessera, plan, known) {
  const front = { version: '0', target: 'bench', modelHash: '' };
  const files = tessera.modelFiles(plan, { front, boundary: 'int8', selfTest: 0 });
  const prefix = tessera.modelPrefix(plan.graph.name);
  const source = files.get(`${prefix}.c`);
  const found = known.get(source) ?? measureStatic(tessera, files, `${prefix}_run`);
  known.set(source, found);
  return found;
}
