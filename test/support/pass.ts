import { checkGraph } from '../../src/graph/check.ts';
import { elementCount, type Graph, type Port, type Tensor, tensorOf, type Value } from '../../src/graph/types.ts';
import type { GraphBuilder } from '../../src/ops/build.ts';
import { plainPort } from '../../src/ops/build.ts';
import { evaluateGraph } from '../../src/ops/evaluate.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import { transpose } from '../../src/ops/transpose.ts';
import { evaluateQuantized } from '../../src/plan/evaluate.ts';
import { lowerGraph } from '../../src/plan/lower.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import { randomGraph } from '../random/generate.ts';
import { requantized } from './quantized.ts';
import { createDice, randomFrom } from './random.ts';

/** The graph after a pass, having made sure that it is legal. */
export function run(pass: (graph: Graph) => Graph, graph: Graph): Graph {
  const after = pass(graph);
  checkGraph(after, operatorNamed);
  return after;
}

/** How many nodes of each operator a graph has. */
export function census(graph: Graph): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

function permuted(value: Value, permutation: readonly number[]): Value {
  return transpose.evaluate([value], { permutation }, transpose.shape([value], { permutation }));
}

/** The outputs of a graph as ONNX lays them out, for inputs laid out as ONNX has them, by the names of the ports. */
export function outputsOf(graph: Graph, inputs: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  const placed = graph.inputs.map((port): [string, Value] => {
    const value = inputs.get(port.name);
    if (value === undefined) throw new Error(`no value for ${port.name}`);
    return [port.tensor, permuted(value, port.permutation)];
  });
  const values = evaluateGraph(graph, new Map(placed), { keep: 'outputs' });
  return new Map(
    graph.outputs.map((port): [string, Value] => {
      const value = values.get(port.tensor) as Value;
      return [
        port.name,
        permuted(
          value,
          port.permutation.map((_, axis) => port.permutation.indexOf(axis)),
        ),
      ];
    }),
  );
}

/** Values from about -2 to 2 for every input, as ONNX lays them out. */
export function randomInputs(graph: Graph, seed: number): ReadonlyMap<string, Value> {
  const random = randomFrom(seed);
  const value = (port: Port): Value => {
    const data = Float32Array.from({ length: elementCount(port.shape) }, () => 4 * random() - 2);
    return { shape: port.shape, dtype: tensorOf(graph, port.tensor).dtype, data };
  };
  return new Map(graph.inputs.map((port) => [port.name, value(port)]));
}

/** Relative to the largest value of an output: float32 sums in another order. */
const tolerance = 1e-4;

/** The largest difference of two graphs' outputs, relative to the largest value of each output. */
export function difference(before: Graph, after: Graph, inputs: ReadonlyMap<string, Value>): number {
  const expected = outputsOf(before, inputs);
  const actual = outputsOf(after, inputs);
  if (String([...expected.keys()]) !== String([...actual.keys()])) throw new Error(`outputs ${[...actual.keys()]}`);
  let worst = 0;
  for (const [name, { shape, data }] of expected) {
    const other = actual.get(name) as Value;
    if (String(other.shape) !== String(shape)) throw new Error(`${name} is [${other.shape}], and was [${shape}]`);
    const largest = Array.from(data, Number).reduce(
      (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
      1e-6,
    );
    data.forEach((x, i) => {
      const [a, b] = [Number(x), Number(other.data[i])];
      if (Object.is(a, b) || a === b) return;
      const apart = Math.abs(a - b) / largest;
      worst = Math.max(worst, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart);
    });
  }
  return worst;
}

/** Runs a pass, and fails where the graph's float outputs change. Gives the graph after it. */
export function runSame(pass: (graph: Graph) => Graph, before: Graph, seed = 1): Graph {
  const after = run(pass, before);
  const worst = difference(before, after, randomInputs(before, seed));
  if (!(worst <= tolerance)) throw new Error(`the outputs of ${before.name} changed by ${worst}`);
  return after;
}

/** The output bytes of a quantised graph for random input bytes, by the names of the ports. */
export function bytesOf(graph: Graph, seed: number): ReadonlyMap<string, Int8Array> {
  const random = randomFrom(seed);
  const inputs = graph.inputs.map(({ tensor }): [string, Int8Array] => {
    const length = elementCount(tensorOf(graph, tensor).shape);
    return [tensor, Int8Array.from({ length }, () => Math.floor(random() * 256) - 128)];
  });
  const values = evaluateQuantized(lowerGraph(graph), new Map(inputs));
  return new Map(graph.outputs.map((port) => [port.name, values.get(port.tensor) as Int8Array]));
}

/** Runs a pass on a quantised graph, and fails where one byte of its outputs changes. Gives the graph after it. */
export function runSameBytes(pass: (graph: Graph) => Graph, before: Graph, seed = 1): Graph {
  const after = run(pass, before);
  const [expected, actual] = [bytesOf(before, seed), bytesOf(after, seed)];
  for (const [name, bytes] of expected) {
    if (String(actual.get(name)) !== String(bytes)) throw new Error(`the bytes of ${name} of ${before.name} changed`);
  }
  return after;
}

/** A random graph with a quantisation on every tensor; operators that move values requantise now and then. */
export function quantizedGraph(seed: number): Graph {
  const { graph, sampleInputs } = randomGraph(seed);
  const stated = requantized(graph, 0.2, createDice(randomFrom(seed)));
  return assignQuantization(stated, calibrate(graph, sampleInputs, 'min-max'));
}

/** Sends random float graphs through a pass. */
export function runOnRandomGraphs(pass: (graph: Graph) => Graph, count = 60): void {
  for (let seed = 0; seed < count; seed += 1) runSame(pass, randomGraph(seed).graph, seed);
}

/** Sends random quantised graphs through a pass. */
export function runOnQuantizedGraphs(pass: (graph: Graph) => Graph, count = 60): void {
  for (let seed = 0; seed < count; seed += 1) runSameBytes(pass, quantizedGraph(seed), seed);
}

/** Constants with values from -1 to 1 that the order of calls gives. */
export function constants(builder: GraphBuilder, seed = 1): (name: string, shape: readonly number[]) => Tensor {
  const random = randomFrom(seed);
  return (name, shape) => {
    const data = Float32Array.from({ length: elementCount(shape) }, () => 2 * random() - 1);
    return builder.constant(name, { shape, dtype: 'float32', data });
  };
}

/** The graph of what was built, with one input and one output, laid out as they are. */
export function finished(builder: GraphBuilder, input: Tensor, ...outputs: readonly Tensor[]): Graph {
  return builder.finish([plainPort(input)], outputs.map(plainPort));
}

/** The graph with a quantisation stated for tensors by name. */
export function stated(
  graph: Graph,
  quants: Readonly<Record<string, readonly [scale: number, zeroPoint: number]>>,
): Graph {
  const tensors = new Map(graph.tensors);
  for (const [name, [scale, zeroPoint]] of Object.entries(quants)) {
    tensors.set(name, { ...tensorOf(graph, name), dtype: 'int8', quant: { scales: [scale], zeroPoints: [zeroPoint] } });
  }
  return { ...graph, tensors };
}
