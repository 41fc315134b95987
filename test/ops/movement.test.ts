import { expect, test } from 'vitest';
import {
  elementCount,
  type Graph,
  type Node,
  type Quantization,
  type Tensor,
  tensorOf,
  type Value,
} from '../../src/graph/types.ts';
import { createGraphBuilder } from '../../src/ops/build.ts';
import { type KernelCall, present } from '../../src/ops/define.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import { cases } from './cases/movement.ts';

/** Uniform in [0, 1), the same on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function graphOf(build: (typeof cases)[number]['build'], random: () => number): Graph {
  const b = createGraphBuilder('case');
  build(b, random);
  return b.finish([], []);
}

function inputsOf(graph: Graph, node: Node): readonly Tensor[] {
  return node.inputs.map((name) => tensorOf(graph, present(name)));
}

function randomQuantization(random: () => number): Quantization {
  return { scales: [0.01 + 0.05 * random()], zeroPoints: [Math.floor(256 * random()) - 128] };
}

test.each(cases)('$name: integers give what float gives, to half a step', ({ build }) => {
  const random = seeded(5);
  const graph = graphOf(build, random);
  for (const node of graph.nodes) {
    const operator = operatorNamed(node.op);
    const quantized = present(operator.quantized);
    for (const alike of [true, false]) {
      const shared = randomQuantization(random);
      const quant = (): Quantization => (alike ? shared : randomQuantization(random));
      const inputs = inputsOf(graph, node).map((tensor) => ({ ...tensor, quant: quant() }));
      const output = { ...tensorOf(graph, node.output), quant: quant() };
      const steps = inputs.map(({ shape }) =>
        Int8Array.from({ length: elementCount(shape) }, () => 256 * random() - 128),
      );
      const instance = { attributes: node.attributes, inputs, output };
      const result = quantized.evaluate(quantized.parameters(instance), steps, instance);

      const values = inputs.map(({ shape, quant: { scales, zeroPoints } }, i): Value => {
        const data = Float32Array.from(present(steps[i]), (q) => (q - present(zeroPoints[0])) * present(scales[0]));
        return { shape, dtype: 'float32', data };
      });
      const real = operator.evaluate(values, node.attributes, output).data as Float32Array;
      const scale = present(output.quant.scales[0]);
      const zeroPoint = present(output.quant.zeroPoints[0]);
      expect(result.length).toBe(real.length);
      for (let i = 0; i < real.length; i += 1) {
        const exact = present(real[i]) / scale + zeroPoint;
        const difference = present(result[i]) - Math.min(127, Math.max(-128, exact));
        // float32 rounds ties either way
        expect(Math.abs(difference), `element ${i}`).toBeLessThanOrEqual(0.5 + 1e-3);
      }
    }
  }
});

/** The tensor whose axis i is axis permutation[i] of the given one. */
function transposed(value: Value, permutation: readonly number[]): Value {
  const operator = operatorNamed('Transpose');
  return operator.evaluate([value], { permutation }, operator.shape([value], { permutation }));
}

test.each(cases)('$name: a transpose in front is a transpose behind', ({ build }) => {
  const random = seeded(6);
  const graph = graphOf(build, random);
  for (const node of graph.nodes) {
    const operator = operatorNamed(node.op);
    if (operator.permute === undefined) continue;
    const inputs = inputsOf(graph, node);
    const rank = present(inputs[0]).shape.length;
    const permutation = Array.from({ length: rank }, (_, axis) => ({ axis, key: random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ axis }) => axis);
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    // op(transpose(x)) = transpose(op'(x)), where op is the case's node and transpose(x) its input.
    const permuted = present(operator.permute(node.attributes, permutation));
    const values = inputs.map(({ shape }): Value => {
      return { shape, dtype: 'float32', data: Float32Array.from({ length: elementCount(shape) }, () => random()) };
    });
    const straight = operator.evaluate(values, node.attributes, operator.shape(values, node.attributes));
    const originals = values.map((value) => transposed(value, inverse));
    const behind = operator.evaluate(originals, permuted, operator.shape(originals, permuted));
    expect(transposed(behind, permutation)).toEqual(straight);
  }
});

/** The calls of a case's only node, its tensors quantised alike. */
function callsOf(name: string): readonly KernelCall[] {
  const { build } = present(cases.find((candidate) => candidate.name === name));
  const graph = graphOf(build, seeded(7));
  const node = present(graph.nodes[0]);
  const quant: Quantization = { scales: [1], zeroPoints: [0] };
  const instance = {
    attributes: node.attributes,
    inputs: inputsOf(graph, node).map((tensor) => ({ ...tensor, quant })),
    output: { ...tensorOf(graph, node.output), quant },
  };
  const quantized = present(operatorNamed(node.op).quantized);
  const lowering = quantized.lower(quantized.parameters(instance), instance);
  return lowering.kind === 'alias' ? [] : lowering.calls;
}

test('what can run by rows does', () => {
  const steps = Object.fromEntries(cases.map(({ name }) => [name, callsOf(name)[0]?.steps ?? 'alias']));
  const names = (kind: string): readonly string[] => Object.keys(steps).filter((name) => steps[name] === kind);
  expect(names('once').filter((name) => name.startsWith('concat'))).toEqual([
    'concat of 2 along axis 0 of [0,3,2,4]',
    'concat of 2 along axis 0 of [0,4,5]',
    'concat of 2 along axis 1 of [2,0,3,2,4]',
  ]);
  expect(names('once').filter((name) => name.startsWith('slice'))).toEqual([
    'slice [1:3:1,:,:,:] of [3,4,3,2]',
    'slice [:,4:-1:-2,3:0:-1,:] of [1,5,4,3]',
    'slice [:,:,:,5:-1:-1] of [1,4,3,6]',
    'slice [1:2:1,0:3:2,:,:,1:3:1] of [2,3,4,5,3]',
  ]);
  expect(names('rows').filter((name) => name.startsWith('pad')).length).toBe(7);
});

test('shapes of integers are computed as they are', () => {
  const b = createGraphBuilder('shapes');
  const shape = b.constant('shape', { shape: [4], dtype: 'int64', data: BigInt64Array.of(1n, 2n, 2n ** 62n, 4n) });
  const part = b.add('Slice', [shape], { starts: [3], ends: [0], steps: [-1] });
  expect(part.data).toEqual(BigInt64Array.of(4n, 2n ** 62n, 2n));
  const column = b.add('Reshape', [part], { shape: [3, 1] });
  const joined = b.add('Concat', [column, column], { axis: 1 });
  expect(joined.data).toEqual(BigInt64Array.of(4n, 4n, 2n ** 62n, 2n ** 62n, 2n, 2n));
  expect(b.add('Transpose', [joined], { permutation: [1, 0] }).data).toEqual(
    BigInt64Array.of(4n, 2n ** 62n, 2n, 4n, 2n ** 62n, 2n),
  );
  const padded = b.add('Pad', [shape], { mode: 'constant', before: [1], after: [0], value: -1 });
  expect(padded.data).toEqual(BigInt64Array.of(-1n, 1n, 2n, 2n ** 62n, 4n));
  const empty = b.add('Slice', [shape], { starts: [2], ends: [2], steps: [1] });
  expect(empty.shape).toEqual([0]);
});

test('a constant keeps its quantisation on its way through', () => {
  const b = createGraphBuilder('constants');
  const data = Float32Array.from({ length: 12 }, (_, i) => i);
  const quant: Quantization = { scales: [1, 2, 3, 4], zeroPoints: [5, 6, 7, 8], axis: 1 };
  const weights = b.constant('weights', { shape: [3, 4], dtype: 'float32', data }, quant);
  const part = b.add('Slice', [weights], { starts: [0, 3], ends: [3, 0], steps: [1, -2] });
  expect(part.quant).toEqual({ scales: [4, 2], zeroPoints: [8, 6], axis: 1 });
  const pad = { mode: 'constant', before: [0, 1], after: [0, 0], value: 0 };
  expect(b.add('Pad', [weights], pad).quant).toBeUndefined();
  const one: Quantization = { scales: [0.5], zeroPoints: [3] };
  const table = b.constant('table', { shape: [3, 4], dtype: 'float32', data }, one);
  expect(b.add('Pad', [table], pad).quant).toEqual(one);
  expect(b.add('Pad', [table], { ...pad, value: 1e6 }).quant).toBeUndefined();
});

test('inputs of a concatenation must fit', () => {
  const b = createGraphBuilder('misfit');
  const x = b.input('x', { shape: [1, 2, 3], dtype: 'float32' });
  const y = b.input('y', { shape: [1, 3, 3], dtype: 'float32' });
  const z = b.input('z', { shape: [1, 2, 3], dtype: 'int64' });
  expect(() => b.add('Concat', [x, y], { axis: 2 })).toThrow('[1,3,3] does not fit [1,2,3] along axis 2');
  expect(() => b.add('Concat', [x, z], { axis: 2 })).toThrow('input 1 has type int64, input 0 type float32');
});

test('the output of a constant pad keeps the input quantisation where that can hold the value', () => {
  const { outputRule } = present(operatorNamed('Pad').quantized);
  const x: Tensor = {
    name: 'x',
    kind: 'activation',
    shape: [4],
    dtype: 'float32',
    quant: { scales: [0.5], zeroPoints: [-128] },
  };
  const rule = (mode: string, value: number) => outputRule({ mode, before: [1], after: [0], value }, [x]);
  expect(rule('constant', 0)).toBe('as-input');
  expect(rule('constant', 127.5)).toBe('as-input');
  expect(rule('constant', 128)).toBe('calibrated');
  expect(rule('constant', -1)).toBe('calibrated');
  expect(rule('edge', -1)).toBe('as-input');
});
