import { sourceText } from '../../src/codegen/model.ts';
import { plan } from '../../src/compile.ts';
import { elementCount, type Graph, type Tensor, tensorOf, type Value } from '../../src/graph/types.ts';
import type { Isa } from '../../src/kernels/define.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import type { PlanOptions } from '../../src/plan/choose.ts';
import type { Plan } from '../../src/plan/types.ts';
import { quantizationOf, type Range } from '../../src/quantize/assign.ts';
import type { Dice } from './random.ts';

/** The kinds of plan that every comparison goes through. */
export const planKinds: readonly (PlanOptions & { readonly name: string })[] = [
  { name: 'time', objective: 'time', input: 'resident' },
  { name: 'least', objective: 'sram', maxOverhead: 1, input: 'resident' },
  { name: 'least streamed in and out', objective: 'sram', maxOverhead: 1, input: 'stream', output: 'stream' },
];

/** The same, with what is handed over left to the dice. */
export function dicedKinds(dice: Dice): typeof planKinds {
  return planKinds.map(({ name, ...kind }) => {
    const output = dice.pick(['resident', 'stream'] as const);
    return { ...kind, name: `${name}, output ${output}`, output };
  });
}

/** The plans of a quantised graph by kind; kinds that come out as the same program are one. */
export function distinctPlans(
  graph: Graph,
  isas: readonly Isa[] = [],
  kinds: typeof planKinds = planKinds,
): { readonly kind: string; readonly plan: Plan }[] {
  const found = new Map<string, { readonly kind: string; readonly plan: Plan }>();
  for (const { name, ...options } of kinds) {
    const made = plan(graph, { ...options, isas });
    const front = { version: '0', target: 'test', modelHash: '' };
    const text = sourceText(made, 'm', { front, boundary: 'int8', selfTest: 0 });
    const known = found.get(text);
    found.set(text, { kind: known === undefined ? name : `${known.kind} and ${name}`, plan: made });
  }
  return [...found.values()];
}

/** Values by input as the ONNX file has them -> values by tensor, laid out as the graph has its inputs. */
export function laidOut(graph: Graph, values: readonly Value[]): Map<string, Value> {
  return new Map(
    graph.inputs.map((port, index) => {
      const value = values[index] as Value;
      const { shape, dtype } = tensorOf(graph, port.tensor);
      return [
        port.tensor,
        operatorNamed('Transpose').evaluate([value], { permutation: port.permutation }, { shape, dtype }),
      ];
    }),
  );
}

/** Random int8 steps for every input of a graph. */
export function randomSteps(graph: Graph, random: () => number): Int8Array[] {
  return graph.inputs.map((port) =>
    Int8Array.from(
      { length: elementCount(tensorOf(graph, port.tensor).shape) },
      () => Math.floor(random() * 256) - 128,
    ),
  );
}

/** The real values of steps. */
export function realValues(tensor: Tensor, steps: Int8Array): Float32Array {
  const [scale, zeroPoint] = [tensor.quant?.scales[0] ?? 1, tensor.quant?.zeroPoints[0] ?? 0];
  return Float32Array.from(steps, (q) => (q - zeroPoint) * scale);
}

/** The float graph that a quantised one stands for: constants have the real values of their steps. */
export function dequantized(graph: Graph): Graph {
  const tensors = new Map<string, Tensor>();
  for (const { quant, ...tensor } of graph.tensors.values()) {
    const { data, shape } = tensor;
    if (data === undefined || quant === undefined) {
      tensors.set(tensor.name, { ...tensor, dtype: 'float32' });
      continue;
    }
    const inner = quant.axis === undefined ? 1 : elementCount(shape.slice(quant.axis + 1));
    const real = Float32Array.from({ length: data.length }, (_, i) => {
      const index = quant.scales.length === 1 ? 0 : Math.floor(i / inner) % quant.scales.length;
      return (Number(data[i]) - (quant.zeroPoints[index] as number)) * (quant.scales[index] as number);
    });
    tensors.set(tensor.name, { ...tensor, dtype: 'float32', data: real });
  }
  return { ...graph, tensors };
}

/**
 * States a quantisation for some tensors, as a QDQ model would: one of their own, half as wide again as their values,
 * for the outputs of operators that move values, which then have to requantise.
 * @returns the same graph where nothing came of it
 */
export function requantized(
  graph: Graph,
  chance: number,
  dice: Dice,
  ranges: ReadonlyMap<string, Range> = new Map(),
): Graph {
  const tensors = new Map(graph.tensors);
  let changed = 0;
  for (const node of graph.nodes) {
    const tensor = tensorOf(graph, node.output);
    const { quantized } = operatorNamed(node.op);
    const inputs = node.inputs.map((name) => (name === null ? null : tensorOf(graph, name)));
    if (quantized?.outputRule(node.attributes, inputs) !== 'as-input' || !dice.chance(chance)) continue;
    const { min, max } = ranges.get(tensor.name) ?? { min: -1, max: 1 };
    const quant = quantizationOf({ min: 1.5 * min - 0.1, max: 1.2 * max + 0.1 });
    tensors.set(tensor.name, { ...tensor, quant });
    changed += 1;
  }
  return changed === 0 ? graph : { ...graph, tensors };
}

/** Makes some ranges one-sided, too narrow (so that values saturate) or too wide. */
export function distorted(ranges: ReadonlyMap<string, Range>, dice: Dice): Map<string, Range> {
  return new Map(
    Array.from(ranges, ([name, { min, max }]): [string, Range] => {
      const kind = dice.integer(0, 19);
      if (kind < 2) return [name, { min: 0, max: Math.max(max, 0.1) }];
      if (kind < 4) return [name, { min: Math.min(min, -0.1), max: 0 }];
      if (kind < 6) return [name, { min: 0.4 * min, max: 0.4 * max }];
      return [name, kind < 7 ? { min: 3 * min, max: 3 * max } : { min, max }];
    }),
  );
}
