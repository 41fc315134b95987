import { quantizeValue } from '../../src/arithmetic/fixed-point.ts';
import { elementCount, type Quantization, type Tensor, tensorOf, type Value } from '../../src/graph/types.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { type Operator, present, type QuantizedNode } from '../../src/ops/define.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import { randomFrom } from '../support/random.ts';
import type { OperatorCase } from './cases/types.ts';

/** A case of one node and one input, quantised at random: what goes in, and what float says should come out. */
export interface QuantizedCase {
  readonly operator: Operator;
  readonly node: QuantizedNode<object>;
  readonly input: Int8Array;
  /** The float result in output steps, saturated. */
  readonly expected: Int8Array;
}

function zeroPoint(random: () => number): number {
  const kind = random();
  return kind < 0.2 ? -128 : kind < 0.4 ? 127 : kind < 0.5 ? 0 : Math.floor(random() * 256) - 128;
}

/** What calibration would say of these values. */
function covering(values: ArrayLike<number>): Quantization {
  let [min, max] = [0, 0];
  for (let i = 0; i < values.length; i += 1) {
    min = Math.min(min, values[i] as number);
    max = Math.max(max, values[i] as number);
  }
  const scale = max > min ? (max - min) / 255 : 1;
  return { scales: [scale], zeroPoints: [Math.max(-128, Math.min(127, Math.round(-128 - min / scale)))] };
}

/** Operators that take the scale of their input get it for even seeds, and one of their own for odd seeds. */
export function quantizedCase(one: OperatorCase, seed: number): QuantizedCase {
  const random = randomFrom(seed);
  const b = createGraphBuilder('case');
  const [result] = one.build(b, random);
  const graph = b.finish([], [plainPort(present(result))]);
  if (graph.nodes.length !== 1) throw new Error(`${one.name} has ${graph.nodes.length} nodes; one is needed`);
  const node = present(graph.nodes[0]);
  const operator = operatorNamed(node.op);
  const inputQuant: Quantization = { scales: [10 ** (random() * 4 - 3)], zeroPoints: [zeroPoint(random)] };
  const x: Tensor = { ...tensorOf(graph, present(node.inputs[0])), quant: inputQuant };
  const input = Int8Array.from({ length: elementCount(x.shape) }, () => Math.floor(random() * 256) - 128);
  const [scale, zero] = [present(inputQuant.scales[0]), present(inputQuant.zeroPoints[0])];
  const value: Value = { shape: x.shape, dtype: 'float32', data: Float32Array.from(input, (q) => (q - zero) * scale) };
  const output = tensorOf(graph, node.output);
  const float = operator.evaluate([value], node.attributes, output).data as Float32Array;
  const rule = present(operator.quantized).outputRule(node.attributes, [x]);
  const quant = rule === 'as-input' && seed % 2 === 0 ? inputQuant : typeof rule === 'object' ? rule : covering(float);
  const expected = Int8Array.from(float, (y) =>
    quantizeValue(y, present(quant.scales[0]), present(quant.zeroPoints[0])),
  );
  return {
    operator,
    node: { attributes: node.attributes, inputs: [x], output: { ...output, quant } },
    input,
    expected,
  };
}

/** The most output steps between the integer specification and float. */
export function stepsFromFloat({ operator, node, input, expected }: QuantizedCase): number {
  const quantized = present(operator.quantized);
  const actual = quantized.evaluate(quantized.parameters(node), [input], node);
  if (actual.length !== expected.length) throw new Error(`${actual.length} elements; ${expected.length} are right`);
  return actual.reduce((most, y, i) => Math.max(most, Math.abs(y - (expected[i] as number))), 0);
}
