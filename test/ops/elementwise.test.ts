import { describe, expect, it } from 'vitest';
import { elementCount, type Graph, tensorOf, type Value } from '../../src/graph/types.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { activationQuantization, present, type QuantizedNode } from '../../src/ops/define.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import { assignQuantization, type Range } from '../../src/quantize/assign.ts';
import { cases } from './cases/elementwise.ts';
import type { OperatorCase } from './cases/types.ts';
import { randomFrom } from './quantized-case.ts';

/** The graph of a case, quantised by ranges that are partly far from what the values are, so that results saturate. */
function quantizedGraph(one: OperatorCase, random: () => number): Graph {
  const b = createGraphBuilder(one.name);
  const outputs = one.build(b, random);
  const graph = b.finish([], outputs.map(plainPort));
  const ranges = new Map<string, Range>();
  for (const tensor of graph.tensors.values()) {
    const [low, width] = [random() < 0.25 ? 0 : -4 * random(), 10 ** (2 * random() - 1)];
    ranges.set(tensor.name, { min: low * width, max: (low + (random() < 0.25 ? -low : 4 * random() + 0.1)) * width });
  }
  const ports = [...graph.tensors.values()].filter(({ kind, name }) => kind === 'activation' && !graph.nodes.some((n) => n.output === name));
  return assignQuantization({ ...graph, inputs: ports.map(plainPort) }, ranges);
}

function dequantized(node: QuantizedNode<object>, index: number, data: Int8Array): Value {
  const tensor = present(node.inputs[index]);
  const { scale, zeroPoint } = activationQuantization(tensor);
  return { shape: tensor.shape, dtype: 'float32', data: Float32Array.from(data, (q) => (q - zeroPoint) * scale) };
}

/** The most output steps that the integer specification is away from the exact, saturated value. */
function worstError(graph: Graph, random: () => number): number {
  const node = present(graph.nodes[0]);
  const operator = operatorNamed(node.op);
  const quantized = present(operator.quantized);
  const tensors = {
    attributes: node.attributes,
    inputs: node.inputs.map((name) => tensorOf(graph, present(name))),
    output: tensorOf(graph, node.output),
  };
  const known = new Map<string, Int8Array>();
  const bytes = tensors.inputs.map(({ name, shape, data }) => {
    if (data !== undefined) return data;
    const filled = known.get(name) ?? Int8Array.from({ length: elementCount(shape) }, () => Math.floor(256 * random()) - 128);
    known.set(name, filled);
    return filled;
  });
  const values = bytes.map((data, i) => (data instanceof Int8Array ? dequantized(tensors, i, data) : { ...present(tensors.inputs[i]), data }));
  const exact = operator.evaluate(values, node.attributes, tensors.output).data as Float32Array;
  const actual = quantized.evaluate(quantized.parameters(tensors), bytes, tensors);
  expect(actual.length).toBe(exact.length);
  const { scale, zeroPoint } = activationQuantization(tensors.output);
  return actual.reduce((worst, y, i) => {
    const real = Number.isNaN(exact[i]) ? 0 : (exact[i] as number);
    return Math.max(worst, Math.abs(y - Math.max(-128, Math.min(127, real / scale + zeroPoint))));
  }, 0);
}

describe.each(cases)('$name', (one) => {
  it('is computed in integers to half a step, with one rounding', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = randomFrom(seed);
      // Beside the half: the multipliers' own rounding, and that of a clamp's bounds.
      const clamped = one.name.includes('clamp') ? 0.5 : 0;
      expect(worstError(quantizedGraph(one, random), random), `seed ${seed}`).toBeLessThan(0.51 + clamped);
    }
  });
});
