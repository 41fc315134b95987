import { describe, expect, it, test } from 'vitest';
import { elementCount, type Graph, type Tensor, tensorOf, type Value } from '../../src/graph/types.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { activationQuantization, present, type QuantizedNode } from '../../src/ops/define.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import { scaledPair } from '../../src/ops/scaled-sum.ts';
import { erf, unaryTable } from '../../src/ops/unary-functions.ts';
import { assignQuantization, type Range } from '../../src/quantize/assign.ts';
import { randomFrom } from '../support/random.ts';
import { cases } from './cases/elementwise.ts';
import type { OperatorCase } from './cases/types.ts';

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
  const ports = [...graph.tensors.values()].filter(
    ({ kind, name }) => kind === 'activation' && !graph.nodes.some((n) => n.output === name),
  );
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
    const filled =
      known.get(name) ?? Int8Array.from({ length: elementCount(shape) }, () => Math.floor(256 * random()) - 128);
    known.set(name, filled);
    return filled;
  });
  const values = bytes.map((data, i) =>
    data instanceof Int8Array ? dequantized(tensors, i, data) : { ...present(tensors.inputs[i]), data },
  );
  const exact = operator.evaluate(values, node.attributes, tensors.output).data as Float32Array;
  const actual = quantized.evaluate(quantized.parameters(tensors), bytes, tensors);
  expect(actual.length).toBe(exact.length);
  const { scale, zeroPoint } = activationQuantization(tensors.output);
  return actual.reduce((worst, y, i) => {
    const real = Number.isNaN(exact[i]) ? 0 : (exact[i] as number);
    return Math.max(worst, Math.abs(y - Math.max(-128, Math.min(127, real / scale + zeroPoint))));
  }, 0);
}

test('the sum of two scaled operands fits 32 bits, with as many bits behind the point as can be', () => {
  const tensor = (scale: number, zeroPoint: number): Tensor => ({
    name: 'x',
    kind: 'activation',
    shape: [1],
    dtype: 'int8',
    quant: { scales: [scale], zeroPoints: [zeroPoint] },
  });
  const random = randomFrom(9);
  for (let i = 0; i < 2000; i += 1) {
    const any = (): Tensor => tensor(10 ** (4 * random() - 3), Math.floor(256 * random()) - 128);
    const p = scaledPair(any(), any(), any(), undefined, random() < 0.5 ? 1 : -1);
    const offset = p.aOffset + p.bOffset + p.rounding;
    let largest = 0;
    for (const a of [-128, 127]) {
      for (const b of [-128, 127]) {
        const [left, right] = [a * p.aMultiplier, b * p.bMultiplier];
        for (const sum of [left, right, left + right, left + right + offset])
          largest = Math.max(largest, Math.abs(sum));
      }
    }
    expect(largest).toBeLessThan(2 ** 31);
    // One bit more would take the stated bound, which is at most 4 times what can occur, over the limit.
    if (p.shift < 22) expect(largest * 8).toBeGreaterThan(2 ** 31);
  }
  expect(() => scaledPair(tensor(1e9, 0), tensor(1, 0), tensor(1, 0), undefined, 1)).toThrow('operand scales');
});

test('where a function has no value its table has zero, and infinities saturate', () => {
  const input = { scale: 0.5, zeroPoint: 0 };
  const output = { scale: 0.1, zeroPoint: 10 };
  expect(unaryTable([{ function: 'sqrt', parameters: [] }], input, output)[127]).toBe(10);
  expect(unaryTable([{ function: 'log', parameters: [] }], input, output)[128]).toBe(-128);
  expect(unaryTable([{ function: 'reciprocal', parameters: [] }], input, output)[128]).toBe(127);
});

test('a product of matrices takes the matrices of its own image and head', () => {
  const matrix = operatorNamed('MatMul');
  const attributes = { transposeLeft: false, transposeRight: false };
  const counting = (shape: readonly number[]): Value => {
    return { shape, dtype: 'float32', data: Float32Array.from({ length: elementCount(shape) }, (_, i) => i + 1) };
  };
  const product = (left: readonly number[], right: readonly number[]): readonly number[] => {
    const values = [counting(left), counting(right)];
    return Array.from(matrix.evaluate(values, attributes, matrix.shape(values, attributes)).data, Number);
  };
  // Matrices of one element: what is multiplied is the number of the matrix.
  expect(product([2, 3, 1, 1], [2, 3, 1, 1])).toEqual([1, 4, 9, 16, 25, 36]);
  expect(product([2, 3, 1, 1], [2, 1, 1, 1])).toEqual([1, 2, 3, 8, 10, 12]);
  expect(product([1, 1, 1, 1], [2, 3, 1, 1])).toEqual([1, 2, 3, 4, 5, 6]);
  expect(product([1, 3, 1, 1], [2, 1, 1, 1])).toEqual([1, 2, 3, 2, 4, 6]);
  expect(product([3, 1, 1], [1, 1, 1])).toEqual([1, 2, 3]);
});

test('the error function', () => {
  // Source: Abramowitz and Stegun, table 7.1.
  expect(erf(0.5)).toBeCloseTo(0.5204998778, 10);
  expect(erf(-1)).toBeCloseTo(-0.8427007929, 10);
  expect(erf(2)).toBeCloseTo(0.995322265, 9);
  expect(erf(5.9)).toBeCloseTo(1, 14);
  expect([erf(0), erf(7), erf(Number.NEGATIVE_INFINITY)]).toEqual([0, 1, -1]);
});

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
