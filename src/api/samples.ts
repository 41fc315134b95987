import { join } from 'node:path';
import { usageError } from '../errors.ts';
import { elementCount, type Graph, type Port, tensorOf, type Value } from '../graph/types.ts';
import { type ArrayFiles, loadArrays } from '../numpy/load.ts';
import type { NumericArray } from '../numpy/npy.ts';
import { maxNameLength, printable } from '../onnx/problems.ts';
import { plural } from '../report/table.ts';
import type { CalibrationSource } from './options.ts';

/** Samples for a model: `at(i)` gives for each input one array, in the order of the ONNX shape. */
export interface Samples {
  readonly count: number;
  /** What to tell the user about them. */
  readonly warnings: readonly string[];
  at(index: number): readonly Float32Array[];
}

/**
 * Arrays as samples of a model, one array an input. Axis 0 counts samples; exactly one sample may come without it.
 * @param files where the arrays are from, for messages: a file for each, or one for all; none where they are from no file
 * @throws TesseraError (exit code 2) where the shapes do not fit the inputs
 */
export function samplesOf(
  graph: Pick<Graph, 'inputs'>,
  arrays: readonly NumericArray[],
  files: readonly string[] = [],
): Samples {
  const fileOf = (input: number): string => (files.length === 0 ? '' : `${files[input] ?? files[0]}: `);
  if (arrays.length !== graph.inputs.length) {
    const names = graph.inputs.map(({ name, shape }) => `${name} [${shape}]`).join(', ');
    const given = arrays.length === 1 ? '1 array was given' : `${arrays.length} arrays were given`;
    throw usageError(`the model has ${plural(graph.inputs.length, 'input')} (${names}); ${given}`);
  }
  const counts = graph.inputs.map((port, index) => sampleCount(port, arrays[index] as NumericArray, fileOf(index)));
  const count = counts[0] ?? 0;
  if (counts.some((other) => other !== count))
    throw usageError(`the inputs have different numbers of samples: ${counts.join(', ')}`);
  if (count === 0) throw usageError(`${fileOf(0)}there is not a single sample`);
  graph.inputs.forEach((port, index) => {
    checkValues(port, arrays[index] as NumericArray, fileOf(index));
  });
  const bytes = graph.inputs.some((port, i) => port.encoding !== 'pixels' && arrays[i]?.data instanceof Uint8Array);
  return {
    count,
    warnings: bytes ? [bytesWarning] : [],
    at: (index) =>
      graph.inputs.map((port, input) => {
        const { data } = arrays[input] as NumericArray;
        const size = elementCount(port.shape);
        const part = data.subarray(index * size, (index + 1) * size);
        return part instanceof BigInt64Array ? Float32Array.from(part, Number) : Float32Array.from(part);
      }),
  };
}

const bytesWarning =
  'the samples are uint8 and go in as 0 to 255; where the model was trained on other values give --input-scale and --input-mean';

function checkValues(port: Port, { data }: NumericArray, file: string): void {
  const isPixels = port.encoding === 'pixels';
  const isGood = (value: number | bigint): boolean =>
    isPixels ? Number.isInteger(Number(value)) && value >= 0 && value <= 255 : Number.isFinite(Number(value));
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  if (data instanceof Uint8Array || !(isFloat || isPixels)) return;
  let bad = 0;
  while (bad < data.length && isGood(data[bad] as number | bigint)) bad += 1;
  if (bad === data.length) return;
  const sample = Math.floor(bad / elementCount(port.shape));
  throw usageError(
    `${file}sample ${sample} of the input ${port.name} holds ${Number(Number(data[bad]).toPrecision(7))}`,
    isPixels
      ? 'With --input-scale, samples are pixels: whole numbers from 0 to 255, as they were before any preprocessing.'
      : 'Samples must be finite numbers.',
  );
}

/** The arrays of a file or folder, one for each input of the model. */
export function arraysFor(graph: Pick<Graph, 'inputs'>, files: ArrayFiles, what: string): readonly NumericArray[] {
  if (files.kind === 'array') return [files.array];
  // As the inputs are called here: see portOf in src/onnx.
  const arrays = new Map([...files.arrays].map(([name, array]) => [printable(name, maxNameLength), array]));
  const named = graph.inputs.flatMap((port) => arrays.get(port.name) ?? []);
  if (named.length === graph.inputs.length) return named;
  const all = [...files.arrays.values()];
  if (graph.inputs.length === 1 && files.kind === 'folder') return [joined(graph.inputs[0] as Port, arrays, what)];
  if (graph.inputs.length === 1 && all.length === 1) return all;
  const inputs = graph.inputs.map(({ name }) => name).join(', ');
  throw usageError(
    `${what} holds ${[...arrays.keys()].join(', ')}; the model's inputs are ${inputs}`,
    'Name an array after each input.',
  );
}

/** The arrays of a calibration or data source, one an input. */
export function samplesFrom(graph: Graph, source: Exclude<CalibrationSource, 'random'>): Samples {
  if (typeof source === 'object' && source !== null) {
    const arrays = Array.isArray(source) ? (source as readonly NumericArray[]) : [source as NumericArray];
    for (const array of arrays) checkArray(array);
    return samplesOf(graph, arrays);
  }
  // JavaScript, where no compiler looks at types, may give anything.
  if (typeof source !== 'string')
    throw usageError(
      `samples are given as ${source}`,
      'Give a path, an array with shape and data, or one for each input.',
    );
  const files: ArrayFiles = loadArrays(source);
  return samplesOf(graph, arraysFor(graph, files, source), [source]);
}

/** An array from JavaScript, of which no file says what it is. */
function checkArray(array: Partial<NumericArray> | null): void {
  const { shape, data } = array ?? {};
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (isShape && ArrayBuffer.isView(data) && !(data instanceof DataView)) return;
  throw usageError(
    isShape ? 'the data of the samples is no typed array' : 'the samples have no shape',
    'Give { shape: [100, 3, 32, 32], data }, with the elements in a Float32Array or another typed array.',
  );
}

/** The arrays of data files: one file an input, or one that names them. */
export function inputArrays(graph: Pick<Graph, 'inputs'>, paths: readonly string[]): readonly NumericArray[] {
  if (paths.length === 0)
    throw usageError('there are no samples', 'Give them with --input x.npy, once for each input.');
  if (paths.length === 1) return arraysFor(graph, loadArrays(paths[0] as string), paths[0] as string);
  return paths.map((path) => {
    const files = loadArrays(path);
    if (files.kind === 'array') return files.array;
    throw usageError(`${path} holds several arrays; with several inputs, give each a .npy file`);
  });
}

/** The samples of several files, one after the other. */
function joined(port: Port, arrays: ReadonlyMap<string, NumericArray>, folder: string): NumericArray {
  const size = elementCount(port.shape);
  const count = [...arrays].reduce(
    (sum, [name, array]) => sum + sampleCount(port, array, `${join(folder, `${name}.npy`)}: `),
    0,
  );
  const data = new Float32Array(count * size);
  let start = 0;
  for (const { data: part } of arrays.values()) {
    data.set(part instanceof BigInt64Array ? Float32Array.from(part, Number) : part, start);
    start += part.length;
  }
  return { shape: [count, ...port.shape], data };
}

const withoutOnes = (shape: readonly number[]): string => shape.filter((size) => size !== 1).join();

/** @param file the beginning of messages: where the array is from */
function sampleCount(port: Port, array: NumericArray, file: string): number {
  const { shape } = array;
  const size = elementCount(port.shape);
  if (array.data.length !== elementCount(shape)) {
    throw usageError(
      `${file}an array of shape [${shape}] has ${elementCount(shape)} elements; ${array.data.length} were given`,
    );
  }
  // Axes of length 1 (a batch, a single channel) are often left out or added; they do not change the order of elements.
  if (array.data.length === size && withoutOnes(shape) === withoutOnes(port.shape)) return 1;
  const [count = 0, ...rest] = shape;
  if (withoutOnes(rest) === withoutOnes(port.shape)) return count;
  const turned =
    port.shape.length === 4 && withoutOnes(rest) === withoutOnes([2, 3, 1].map((axis) => port.shape[axis] as number));
  throw usageError(
    `${file}the input ${port.name} has the shape [${port.shape}]; an array of shape [${shape}] does not hold samples of it`,
    turned
      ? 'Its channels are last; the model has them first: numpy.moveaxis(x, -1, 1).'
      : 'Axis 0 counts the samples.',
  );
}

/** Samples as inputs of the graph's float evaluation, by tensor name. */
export function* graphInputs(graph: Graph, samples: Samples, limit: number): Generator<ReadonlyMap<string, Value>> {
  for (let index = 0; index < Math.min(limit, samples.count); index += 1) yield graphInput(graph, samples.at(index));
}

/** One sample as inputs of the graph's float evaluation: laid out as the graph has it; pixels become real values. */
export function graphInput(graph: Graph, sample: readonly Float32Array[]): ReadonlyMap<string, Value> {
  return new Map(
    graph.inputs.map((port, index): [string, Value] => {
      const tensor = tensorOf(graph, port.tensor);
      const values = inGraphOrder(port, sample[index] as Float32Array);
      const scale = tensor.quant?.scales[0] ?? 1;
      const zeroPoint = tensor.quant?.zeroPoints[0] ?? 0;
      const real = port.encoding === 'pixels' ? values.map((pixel) => (pixel - 128 - zeroPoint) * scale) : values;
      return [port.tensor, { shape: tensor.shape, dtype: tensor.dtype, data: asType(real, tensor.dtype) }];
    }),
  );
}

function asType(values: Float32Array, dtype: Value['dtype']): Value['data'] {
  switch (dtype) {
    case 'float32':
      return values;
    case 'int8':
      return Int8Array.from(values);
    case 'int32':
      return Int32Array.from(values);
    case 'int64':
      return BigInt64Array.from(values, (value) => BigInt(Math.trunc(value)));
    default:
      return Uint8Array.from(values);
  }
}

/** Elements in the order of the ONNX shape, in the order of the graph's tensor. */
export function inGraphOrder<T extends Float32Array | Int8Array>(port: Port, values: T): T {
  const order = elementOrder(port);
  const moved = values.slice() as T;
  order.forEach((from, to) => {
    moved[to] = values[from] as number;
  });
  return moved;
}

/** Elements in the order of the graph's tensor, in the order of the ONNX shape. */
export function inOnnxOrder<T extends Float32Array | Int8Array>(port: Port, values: T): T {
  const order = elementOrder(port);
  const moved = values.slice() as T;
  order.forEach((to, from) => {
    moved[to] = values[from] as number;
  });
  return moved;
}

/** For each element of the graph's tensor its index in the ONNX order. */
function elementOrder({ shape, permutation }: Port): Int32Array {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  let order = new Int32Array(1);
  for (const axis of permutation) {
    const [size, stride] = [shape[axis] as number, strides[axis] as number];
    const longer = new Int32Array(order.length * size);
    order.forEach((base, index) => {
      for (let i = 0; i < size; i += 1) longer[index * size + i] = base + i * stride;
    });
    order = longer;
  }
  return order;
}

/** The number of samples that random calibration sees. */
export const randomSampleCount = 8;

/**
 * Inputs that mean nothing, the same on every machine: pixels from 0 to 255 where the model takes pixels, else normally
 * distributed numbers.
 */
export function randomSamples(graph: Graph): Samples {
  return {
    count: randomSampleCount,
    warnings: [],
    at(index) {
      const next = generator(index + 1);
      return graph.inputs.map((port) => {
        const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
        const draw = port.encoding === 'pixels' ? () => Math.floor(next() * 256) : normal;
        return Float32Array.from({ length: elementCount(port.shape) }, draw);
      });
    },
  };
}

/** A Weyl sequence mixed by multiplications: numbers from 0 to 1, enough for inputs that mean nothing. */
function generator(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
