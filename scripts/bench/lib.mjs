/**
 * How accurate int8 is on the labelled models of the kit. The functions take the compiler's modules as `tessera`, so
 * that the benchmark measures what was built (dist) and the tests measure the sources.
 *
 * @typedef {object} Tessera
 * @property {import('../../dist/api/pipeline.js').compileModel} compileModel
 * @property {import('../../dist/api/pipeline.js').simulate} simulate
 * @property {import('../../dist/ops/evaluate.js').evaluateGraph} evaluateGraph
 * @property {import('../../dist/api/samples.js').graphInput} graphInput
 * @property {import('../../dist/api/samples.js').inOnnxOrder} inOnnxOrder
 * @property {import('../../dist/api/accuracy.js').largest} largest
 * @property {import('../../dist/numpy/load.js').loadNpy} loadNpy
 *
 * @typedef {object} Measurement
 * @property {string} model
 * @property {number} samples rows, or clips, that the figures are of
 * @property {'top-1' | 'AUC'} metric from 0 to 1, as the next three
 * @property {number | null} float the model computed in floating point (a QDQ file: with its rounding to int8); null
 *   where it is left out
 * @property {number} int8 the compiled model, in WebAssembly
 * @property {number} reference onnxruntime's outputs, which lie in the kit, on the same rows
 * @property {number | null} agreement part of the rows that float and int8 give one class; AUC: of the pairs of clips that
 *   they put in one order
 * @property {number | null} steps QDQ files: mean absolute difference of the outputs from the reference, in output
 *   steps; ad, whose outputs the kit does not hold: from the float side, or null without it. Null for models quantised
 *   here, whose scales the reference does not share
 */
import { join } from 'node:path';

const asIs = (value) => value;
const unit = (pixel) => pixel / 255;
const signed = (pixel) => (pixel * 2) / 255 - 1;

/**
 * The labelled models. `real`: from an element of x.npy to the model's input. `calibrate`: the rows of x.npy that
 * calibrate the float model; the others evaluate it, but for sww, whose 24 rows are too few to part.
 */
export const models = [
  { name: 'mlperf-tiny/kws', float: 'kws_float', qdq: 'kws_int8_qdq', real: asIs, task: 'classes', calibrate: 100 },
  { name: 'mlperf-tiny/vww', float: 'vww_float_bn', qdq: 'vww_int8_qdq', real: unit, task: 'classes', calibrate: 100 },
  {
    name: 'mlperf-tiny/ic',
    float: 'ic_float_bn',
    qdq: 'ic_int8_qdq',
    real: asIs,
    task: 'classes',
    calibrate: 'calib_x.npy',
  },
  { name: 'mlperf-tiny/sww', float: 'sww_float', qdq: 'sww_int8_qdq', real: asIs, task: 'classes', calibrate: 'all' },
  { name: 'mcunet/vww', float: 'vww_float', qdq: 'vww_int8_qdq', real: signed, task: 'classes', calibrate: 100 },
  {
    name: 'mlperf-tiny/ad',
    float: 'ad_float',
    qdq: 'ad_int8_qdq',
    real: asIs,
    task: 'clips',
    calibrate: 'normal clips',
  },
];

/**
 * How a measurement is made shorter, or seen.
 *
 * @typedef {object} Options
 * @property {number} [rows] how many of the rows that evaluate are taken, from the first
 * @property {number} [windowStep] ad: every how many windows of a clip one is taken
 * @property {readonly ('float' | 'int8')[]} [sides] what is run: by default both
 * @property {(text: string) => void} [onProgress]
 */

/** A clip of ad: 200 slices of 128 log-mel bins; a window is 5 of them in a row. */
const slice = 128;
const windowLength = 5 * slice;
const windowCount = 196;
const calibrationClips = 10;
const calibrationWindows = 100;

/**
 * Quantises the float model on the rows set aside, and evaluates it on the others.
 * @param {Tessera} tessera
 * @param {string} kit the folder
 * @param {typeof models[number]} model
 * @param {Options & { range?: 'min-max' | 'percentile' | 'mse' }} options
 * @returns {Promise<Measurement>}
 */
export async function measureFloat(tessera, kit, model, options = {}) {
  const folder = join(kit, model.name);
  const data = loadData(tessera, folder);
  const { calibration, rows: others } = split(tessera, folder, model, data);
  const rows = others.slice(0, options.rows);
  const note = model.calibrate === 'all' ? ' (calibrated on the same rows)' : '';
  const compilation = tessera.compileModel(join(folder, `${model.float}.onnx`), {
    calibrate: calibration,
    range: options.range,
  });
  const measured = await measure(tessera, compilation, model, data, rows, options);
  const reference = loadReference(tessera, folder, model, model.float);
  const { metric } = tasks[model.task];
  return {
    model: `${model.name} float->int8${note}`,
    ...{ samples: rows.length, metric, ...figures(tessera, model, data, rows, measured, reference) },
    steps: null,
  };
}

/**
 * Evaluates the QDQ file on all rows.
 * @param {Tessera} tessera
 * @param {string} kit the folder
 * @param {typeof models[number]} model
 * @param {Options} options
 * @returns {Promise<Measurement>}
 */
export async function measureQdq(tessera, kit, model, options = {}) {
  const folder = join(kit, model.name);
  const data = loadData(tessera, folder);
  const rows = Array.from(data.labels.keys()).slice(0, options.rows);
  const compilation = tessera.compileModel(join(folder, `${model.qdq}.onnx`));
  const measured = await measure(tessera, compilation, model, data, rows, options);
  const reference = loadReference(tessera, folder, model, model.qdq);
  const { metric } = tasks[model.task];
  return {
    model: `${model.name} qdq`,
    ...{ samples: rows.length, metric, ...figures(tessera, model, data, rows, measured, reference) },
    steps: stepsApart(measured, model.task === 'clips' ? null : reference),
  };
}

/**
 * A compiled model and its float graph as functions from an input to the first output, both in ONNX order.
 * @param {Tessera} tessera
 */
export async function runnersOf(tessera, compilation) {
  const simulated = await tessera.simulate(compilation);
  const { graph } = compilation;
  const [port] = graph.outputs;
  return {
    scale: simulated.outputs[0].scale,
    int8: (input) => simulated.run(input)[0],
    float: (input) => {
      const values = tessera.evaluateGraph(graph, tessera.graphInput(graph, [input]), { keep: 'outputs' });
      return tessera.inOnnxOrder(port, values.get(port.tensor).data);
    },
  };
}

const tasks = {
  classes: {
    metric: 'top-1',
    /** What a row's outputs say: a class. */
    answer: (tessera, _inputs, outputs) => tessera.largest(outputs[0]),
    accuracy: (classes, labels) => part(classes, (found, i) => found === labels[i]),
    agreement: (left, right) => part(left, (found, i) => found === right[i]),
  },
  clips: {
    metric: 'AUC',
    /** The score of a clip: mean over its windows of the mean squared error between output and input. */
    answer: (_tessera, inputs, outputs) =>
      mean(inputs.map((input, w) => mean(Array.from(input, (x, i) => (x - outputs[w][i]) ** 2)))),
    accuracy: areaUnderCurve,
    agreement: sameOrder,
  },
};

/** The outputs of each row, and what they say, for each side that is run. */
async function measure(tessera, compilation, model, data, rows, options) {
  const { windowStep = 1, sides = ['float', 'int8'], onProgress = () => {} } = options;
  const run = await runnersOf(tessera, compilation);
  const measured = new Map(sides.map((side) => [side, { answers: [], outputs: [] }]));
  for (const [index, row] of rows.entries()) {
    onProgress(`${index + 1} of ${rows.length}`);
    const inputs = inputsOf(model, data, row, windowStep);
    for (const [side, { answers, outputs }] of measured) {
      const ofRow = inputs.map(run[side]);
      outputs.push(ofRow);
      answers.push(tasks[model.task].answer(tessera, inputs, ofRow));
    }
  }
  return { ...Object.fromEntries(measured), scale: run.scale };
}

function figures(tessera, model, data, rows, { float, int8 }, reference) {
  const { accuracy, agreement } = tasks[model.task];
  const labels = rows.map((row) => data.labels[row]);
  const expected = rows.map((row) =>
    model.task === 'clips' ? reference.data[row] : tessera.largest(rowOf(reference, row)),
  );
  return {
    float: float === undefined ? null : accuracy(float.answers, labels),
    int8: accuracy(int8.answers, labels),
    reference: accuracy(expected, labels),
    agreement: float === undefined ? null : agreement(float.answers, int8.answers),
  };
}

/** From a reference of all rows; where the kit holds scores only (null), from the file's own float evaluation, if any. */
function stepsApart({ float, int8, scale }, reference) {
  if (reference === null && float === undefined) return null;
  const differences = int8.outputs.flatMap((of, row) =>
    of.map((output, w) => {
      const right = reference === null ? float.outputs[row][w] : rowOf(reference, row);
      return mean(Array.from(output, (value, i) => Math.abs(value - right[i]) / scale));
    }),
  );
  return mean(differences);
}

function loadData(tessera, folder) {
  const labels = Array.from(tessera.loadNpy(join(folder, 'y.npy')).data, Number);
  return { x: tessera.loadNpy(join(folder, 'x.npy')), labels };
}

function loadReference(tessera, folder, model, file) {
  const name = file === model.float ? file.replace(/^[a-z]+_/, 'ref_') : 'ref_int8_qdq';
  return tessera.loadNpy(join(folder, `${name}${model.task === 'clips' ? '_score' : ''}.npy`));
}

/** What calibrates, as an array of real values, and the rows that evaluate. */
function split(tessera, folder, model, data) {
  const rows = Array.from(data.labels.keys());
  const real = ({ shape, data: elements }) => ({ shape, data: Float32Array.from(elements, model.real) });
  const first = (count) => {
    const [, ...rest] = data.x.shape;
    return { shape: [count, ...rest], data: data.x.data.subarray(0, (data.x.data.length / rows.length) * count) };
  };
  if (model.calibrate === 'all') return { calibration: real(data.x), rows };
  if (model.calibrate === 'normal clips') {
    const clips = rows.filter((row) => data.labels[row] === 0).slice(0, calibrationClips);
    return { calibration: spreadWindows(model, data, clips), rows: rows.filter((row) => !clips.includes(row)) };
  }
  if (typeof model.calibrate === 'string')
    return { calibration: real(tessera.loadNpy(join(folder, model.calibrate))), rows };
  return { calibration: real(first(model.calibrate)), rows: rows.slice(model.calibrate) };
}

/** Windows that lie evenly in each of the clips. */
function spreadWindows(model, data, clips) {
  const each = calibrationWindows / clips.length;
  const windows = clips.flatMap((clip) => {
    const all = inputsOf(model, data, clip, 1);
    return Array.from({ length: each }, (_, i) => all[Math.floor((i * windowCount) / each)]);
  });
  return { shape: [windows.length, windowLength], data: Float32Array.from(windows.flatMap((one) => Array.from(one))) };
}

/** The inputs that answer for a row: the row, or windows of the clip. */
function inputsOf(model, data, row, windowStep) {
  const elements = Float32Array.from(rowOf(data.x, row), model.real);
  if (model.task === 'classes') return [elements];
  const starts = Array.from({ length: Math.ceil(windowCount / windowStep) }, (_, w) => w * windowStep * slice);
  return starts.map((start) => elements.subarray(start, start + windowLength));
}

function rowOf({ shape, data }, row) {
  const size = data.length / shape[0];
  return data.subarray(row * size, (row + 1) * size);
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const part = (values, test) => values.filter(test).length / values.length;

/** How often a clip labelled 1 scores above one labelled 0; a tie is half a time. */
function areaUnderCurve(scores, labels) {
  const of = (label) => scores.filter((_, i) => labels[i] === label);
  const [normal, anomalous] = [of(0), of(1)];
  return mean(anomalous.flatMap((high) => normal.map((low) => (Math.sign(high - low) + 1) / 2)));
}

/** The part of all pairs that two lists of scores put in the same order. */
function sameOrder(left, right) {
  const pairs = left.flatMap((_, i) => left.slice(0, i).map((_, j) => [i, j]));
  return part(pairs, ([i, j]) => Math.sign(left[i] - left[j]) === Math.sign(right[i] - right[j]));
}
