import { expect, test } from 'vitest';
import { elementCount, type Graph, tensorOf, type Value } from '../../src/graph/types.ts';
import { createGraphBuilder } from '../../src/ops/build.ts';
import { cancelTransposes } from '../../src/passes/cancel-transposes.ts';
import { foldBatchnorm } from '../../src/passes/fold-batchnorm.ts';
import { addPreprocessing, type Preprocessing } from '../../src/passes/preprocess.ts';
import { evaluateQuantized } from '../../src/plan/evaluate.ts';
import { lowerGraph } from '../../src/plan/lower.ts';
import { absorbQdq } from '../../src/quantize/absorb.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { census, constants, finished, outputsOf, run } from '../support/pass.ts';
import { randomFrom } from '../support/random.ts';

const toLast = { permutation: [0, 2, 3, 1] };
const toFirst = { permutation: [0, 3, 1, 2] };

/** A convolution of an image as ONNX has it. */
function network(shape: readonly number[], padding: number): Graph {
  const b = createGraphBuilder('image');
  const x = b.input('image', { shape, dtype: 'float32' });
  const weights = constants(b)('w', [2, 3, 3, shape[1] as number]);
  const pads = [
    [padding, padding],
    [padding, padding],
  ];
  const attributes = { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], pads, groups: 1 };
  return finished(
    b,
    x,
    b.add('Transpose', [b.add('Conv', [b.add('Transpose', [x], toLast), weights, null], attributes)], toFirst),
  );
}

function pixels(graph: Graph): Value {
  const { shape } = graph.inputs[0] as Graph['inputs'][number];
  const random = randomFrom(3);
  return {
    shape,
    dtype: 'float32',
    data: Float32Array.from({ length: elementCount(shape) }, () => Math.floor(256 * random())),
  };
}

/** (pixel - mean) * scale, as the caller would have to do it. */
function normalized({ shape, dtype, data }: Value, { scale, mean }: Preprocessing): Value {
  const plane = elementCount(shape.slice(2));
  const of = (values: readonly number[], i: number): number =>
    values[values.length === 1 ? 0 : Math.floor(i / plane) % (shape[1] as number)] as number;
  return {
    shape,
    dtype,
    data: Float32Array.from(data as Float32Array, (pixel, i) => (pixel - of(mean, i)) * of(scale, i)),
  };
}

const imagenet: Preprocessing = { scale: [0.017125, 0.017507, 0.017429], mean: [123.675, 116.28, 103.53] };

test.each([
  { name: 'a number for each channel, no padding', numbers: imagenet, padding: 0, nodes: 1 },
  { name: 'a number for each channel, padding', numbers: imagenet, padding: 1, nodes: 2 },
  { name: 'one scale, several means', numbers: { scale: [0.5], mean: [1, 2, 3] }, padding: 0, nodes: 1 },
  { name: 'one number, a mean between pixels', numbers: { scale: [1 / 127.5], mean: [127.5] }, padding: 0, nodes: 1 },
  {
    name: 'one number, a mean between pixels, padding',
    numbers: { scale: [1 / 127.5], mean: [127.5] },
    padding: 1,
    nodes: 2,
  },
])('$name', ({ numbers, padding, nodes }) => {
  const before = network([1, 3, 6, 5], padding);
  const after = run((graph) => foldBatchnorm(cancelTransposes(addPreprocessing(graph, numbers))), before);
  const [port] = after.inputs;
  expect(port?.encoding).toBe('pixels');
  expect(tensorOf(after, port?.tensor as string).quant).toEqual({ scales: [1], zeroPoints: [-128] });
  expect(after.nodes).toHaveLength(nodes);
  const image = pixels(before);
  const [expected] = outputsOf(before, new Map([['image', normalized(image, numbers)]])).values();
  const [actual] = outputsOf(after, new Map([['image', image]])).values();
  expect(actual?.data).toHaveLength(expected?.data.length ?? 0);
  for (const [i, y] of expected?.data.entries() ?? []) expect(actual?.data[i]).toBeCloseTo(Number(y), 3);
});

test.each([
  { scale: [1 / 255], mean: [0], zeroPoint: -128 },
  { scale: [1 / 128, 1 / 128, 1 / 128], mean: [128], zeroPoint: 0 },
  { scale: [1], mean: [255], zeroPoint: 127 },
])('scale $scale and mean $mean are a quantisation of the input and no node', ({ scale, mean, zeroPoint }) => {
  const before = network([1, 3, 6, 5], 1);
  const after = run((graph) => cancelTransposes(addPreprocessing(graph, { scale, mean })), before);
  expect(census(after)).toEqual({ Conv: 1 });
  expect(tensorOf(after, 'image').quant).toEqual({
    scales: [Math.fround(scale[0] as number)],
    zeroPoints: [zeroPoint],
  });
  expect(after.inputs[0]?.encoding).toBe('pixels');
});

/** A QDQ model whose input is quantised with these numbers, and given back as it is. */
function quantizedInput(scale: number, zeroPoint: number): Graph {
  const b = createGraphBuilder('qdq');
  const x = b.input('x', { shape: [1, 256], dtype: 'float32' });
  const attributes = { scales: [scale], zeroPoints: [zeroPoint], axis: 0 };
  const q = b.add('Quantize', [x], { ...attributes, dtype: 'int8' });
  return finished(b, x, b.add('Dequantize', [q], attributes));
}

test('a QDQ model whose input has the same quantisation needs no table, another one needs one', () => {
  const numbers = { scale: [1 / 255], mean: [0] };
  const bytesFor = (graph: Graph): { readonly ops: readonly string[]; readonly bytes: readonly number[] } => {
    const quantized = assignQuantization(absorbQdq(addPreprocessing(graph, numbers)), new Map());
    const steps = Int8Array.from({ length: 256 }, (_, pixel) => pixel - 128);
    const values = evaluateQuantized(lowerGraph(quantized), new Map([['x', steps]]));
    return {
      ops: quantized.nodes.map((node) => node.op),
      bytes: [...(values.get(quantized.outputs[0]?.tensor as string) ?? [])],
    };
  };
  const same = bytesFor(quantizedInput(Math.fround(1 / 255), -128));
  expect(same.ops).toEqual([]);
  const other = bytesFor(quantizedInput(0.01, 5));
  expect(other.ops).toEqual(['Unary']);
  expect(other.bytes).toHaveLength(256);
  for (const [pixel, byte] of other.bytes.entries()) {
    expect(Math.abs(byte - (pixel / 2.55 + 5))).toBeLessThanOrEqual(0.51);
  }
});

test('what does not fit is refused', () => {
  const graph = network([1, 3, 6, 5], 0);
  expect(() => addPreprocessing(graph, { scale: [1, 2], mean: [0] })).toThrow('do not fit the input image');
  for (const count of [2, 4])
    expect(() => addPreprocessing(graph, { scale: new Array<number>(count).fill(0.5), mean: [0] })).toThrow(
      'do not fit the input image',
    );
  expect(() => addPreprocessing(graph, { scale: [], mean: [0] })).toThrow('do not fit the input image');
  expect(() => addPreprocessing(graph, { scale: [0], mean: [0] })).toThrow('no scale 0');
  expect(() => addPreprocessing(graph, { scale: [1], mean: [Number.NaN] })).toThrow('finite');
  expect(() => addPreprocessing({ ...graph, inputs: [] }, imagenet)).toThrow('one input');
});
