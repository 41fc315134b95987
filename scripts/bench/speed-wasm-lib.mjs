/**
 * How long models take in WebAssembly, beside onnxruntime-web and beside the portable kernels without SIMD. The functions
 * take the compiler's modules as `tessera`, so that the benchmark measures what was built (dist).
 *
 * @typedef {object} WasmSpeedRow
 * @property {string} model
 * @property {'wasm'} target
 * @property {'balanced' | 'sram' | 'time'} plan
 * @property {number} nanoseconds of one inference, int8 in and out: the median
 * @property {number} macs
 * @property {number} arenaBytes
 * @property {number} flashBytes of the WebAssembly module: code and constants
 * @property {readonly { name: string, nanoseconds: number, ratio: number }[]} competitor medians; the ratio to ours is the
 *   median of those of rounds in which all were measured one after the other
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import onnxProto from 'onnx-proto';

/** The models; `float`: the file that onnxruntime-web runs beside the QDQ file, null where it is made of that. */
export const wasmModels = [
  { name: 'mlperf-tiny/kws', file: 'kws_int8_qdq', float: 'kws_float' },
  { name: 'mlperf-tiny/vww', file: 'vww_int8_qdq', float: 'vww_float' },
  { name: 'mlperf-tiny/ic', file: 'ic_int8_qdq', float: 'ic_float' },
  { name: 'mcunet/vww', file: 'vww_int8_qdq', float: 'vww_float' },
  { name: 'mcunet/mobilenet_v2', file: 'mobilenet_v2_int8_qdq', float: null },
];

/** Contestants beside ours. */
const qdq = 'onnxruntime-web, QDQ';
const float = 'onnxruntime-web, float';
const portable = 'portable kernels without SIMD';

/** What the ratios must be at least: three times onnxruntime-web on the same model, five times code without SIMD. */
export const leastRatios = { [qdq]: 3, [float]: 1, [portable]: 5 };

/**
 * @param {{ plan: string, rounds: number }} options
 * @returns {Promise<WasmSpeedRow>}
 */
export async function measureWasmSpeed(tessera, kit, model, { plan, rounds }) {
  const path = join(kit, model.name, `${model.file}.onnx`);
  const compilation = tessera.compileModel(path, { objective: plan });
  const simd = await moduleOf(tessera, compilation, compilation.plan, compilation.target.compilerFlags);
  const scalarPlan = tessera.plan(compilation.plan.graph, { objective: plan, input: 'resident' });
  const scalarFlags = compilation.target.compilerFlags.filter((flag) => flag !== '-msimd128').concat('-mno-simd128');
  const scalar = await moduleOf(tessera, compilation, scalarPlan, scalarFlags);
  const floatFile = model.float === null ? null : join(kit, model.name, `${model.float}.onnx`);
  const contestants = [
    { name: 'tessera', kind: 'wasm', bytes: simd },
    { name: qdq, kind: 'onnx', bytes: readFileSync(path) },
    { name: float, kind: 'onnx', bytes: floatFile === null ? withoutQuantization(path) : readFileSync(floatFile) },
    { name: portable, kind: 'wasm', bytes: scalar },
  ];
  const [ours, ...others] = timesOf(contestants, rounds);
  return {
    model: model.name,
    target: 'wasm',
    plan,
    nanoseconds: median(ours),
    macs: compilation.plan.macs,
    arenaBytes: compilation.plan.arenaBytes,
    flashBytes: simd.length,
    competitor: others.map((times, i) => ({
      name: contestants[i + 1].name,
      nanoseconds: median(times),
      ratio: median(times.map((time, round) => time / ours[round])),
    })),
  };
}

function moduleOf(tessera, { source }, plan, flags) {
  const options = tessera.modelOptions(plan, source.bytes, 'wasm', '0', 'int8');
  const files = tessera.modelFiles(plan, { ...options, byteArrays: 'text' });
  const main = tessera.wasmSource(plan, tessera.modelPrefix(plan.graph.name));
  return tessera.compileWasm(new Map([...files, ['wasm.c', main]]), 'wasm.c', flags, 'npm');
}

/**
 * Nanoseconds of an inference of each contestant in each round. A process of its own measures: compiling C leaves V8 with
 * flags that are not those of a fresh one.
 */
function timesOf(contestants, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-speed-'));
  try {
    const files = contestants.map(({ kind, bytes }, i) => {
      writeFileSync(join(folder, String(i)), bytes);
      return { kind, file: join(folder, String(i)) };
    });
    const program = fileURLToPath(new URL('speed-wasm-run.mjs', import.meta.url));
    const output = execFileSync(process.execPath, [program, JSON.stringify({ files, rounds })], { encoding: 'utf8' });
    return JSON.parse(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether onnxruntime-web is installed. */
export function hasOnnxruntime() {
  return existsSync(new URL('../../node_modules/onnxruntime-web/package.json', import.meta.url));
}

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};

/** A QDQ model as a float model: constants in real values, activations neither quantised nor dequantised. */
export function withoutQuantization(path) {
  const { onnx } = onnxProto;
  const model = onnx.ModelProto.decode(readFileSync(path));
  const { graph } = model;
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const renamed = new Map();
  const original = (name) => (renamed.has(name) ? original(renamed.get(name)) : name);
  const nodes = [];
  const real = [];
  for (const node of graph.node) {
    const [from, scale, zeroPoint] = node.input;
    if (node.opType === 'DequantizeLinear' && constants.has(from)) {
      const axis = Number(node.attribute.find(({ name }) => name === 'axis')?.i ?? 1);
      const step = constants.get(scale);
      real.push(realTensor(onnx, node.output[0], constants.get(from), step, constants.get(zeroPoint), axis));
    } else if (node.opType === 'DequantizeLinear' || node.opType === 'QuantizeLinear') {
      renamed.set(node.output[0], from);
    } else {
      nodes.push(node);
    }
  }
  const outputs = new Map(graph.output.map(({ name }) => [original(name), name]));
  for (const node of nodes) {
    node.input = node.input.map(original);
    node.output = node.output.map((name) => outputs.get(name) ?? name);
  }
  for (const node of nodes) node.input = node.input.map((name) => outputs.get(name) ?? name);
  graph.node = nodes;
  const used = new Set(nodes.flatMap((node) => node.input));
  graph.initializer = [...graph.initializer, ...real].filter(({ name }) => used.has(name));
  return onnx.ModelProto.encode(model).finish();
}

function realTensor(onnx, name, { dims, dataType, rawData }, scale, zeroPoint, axis) {
  const { INT8, UINT8, INT32 } = onnx.TensorProto.DataType;
  const arrays = { [INT8]: Int8Array, [UINT8]: Uint8Array, [INT32]: Int32Array };
  const steps = new arrays[dataType](bufferOf(rawData));
  const scales =
    scale.rawData.length > 0 ? new Float32Array(bufferOf(scale.rawData)) : Float32Array.from(scale.floatData);
  const inner = dims.slice(axis + 1).reduce((product, size) => product * Number(size), 1);
  const zero = zeroPoint?.dataType === UINT8 ? (zeroPoint.rawData[0] ?? 0) : 0;
  const values = Float32Array.from(steps, (q, i) => {
    const channel = scales.length === 1 ? 0 : Math.floor(i / inner) % scales.length;
    return (q - zero) * scales[channel];
  });
  const raw = new Uint8Array(values.buffer);
  return onnx.TensorProto.create({ name, dims, dataType: onnx.TensorProto.DataType.FLOAT, rawData: raw });
}

/** The bytes alone: what the reader gives is part of a larger buffer. */
const bufferOf = (bytes) => Uint8Array.from(bytes).buffer;
