import { type Graph, type Node, type Quantization, type Tensor, tensorOf } from '../graph/types.ts';
import type { OutputRule } from '../ops/define.ts';
import { operatorNamed } from '../ops/index.ts';
import { consumersOf, producersOf, readOnce } from '../passes/rewrite.ts';
import { quantizationOf, type Range } from './assign.ts';

/**
 * Lets tensors that are only moved take the quantisation of what they become, so that no table has to bring them there:
 * the inputs of a Concat, and the inputs of operators that keep their input's quantisation where a QDQ model states the
 * output's. Only tensors without a quantisation of their own that are read once, so that nobody else sees a change.
 * @param graph after `absorbQdq` and before `assignQuantization`
 * @param ranges what calibration saw, by tensor
 */
export function shareScales(graph: Graph, ranges: ReadonlyMap<string, Range>): Graph {
  const consumers = consumersOf(graph);
  const producers = producersOf(graph);
  const given = new Map<string, Quantization>();
  const quantOf = (name: string): Quantization | undefined => given.get(name) ?? tensorOf(graph, name).quant;
  const ruleOf = (node: Node): OutputRule => {
    const inputs = node.inputs.map((name): Tensor | null => (name === null ? null : tensorOf(graph, name)));
    return operatorNamed(node.op).quantized?.outputRule(node.attributes, inputs) ?? 'calibrated';
  };

  /** The tensors that change if this one takes another quantisation, up to where it is computed; null where it cannot. */
  const upTo = (name: string | null | undefined): readonly string[] | null => {
    const names: string[] = [];
    for (let at = name; ; ) {
      if (at === null || at === undefined || quantOf(at) !== undefined || !readOnce(graph, consumers, at)) return null;
      if (tensorOf(graph, at).kind !== 'activation') return null;
      names.push(at);
      const producer = producers.get(at);
      const rule = producer === undefined ? 'calibrated' : ruleOf(producer);
      if (rule === 'calibrated') return names;
      if (rule !== 'as-input') return null;
      at = producer?.inputs[0];
    }
  };

  for (const node of [...graph.nodes].reverse()) {
    const joins = node.op === 'Concat';
    if (!joins && ruleOf(node) !== 'as-input') continue;
    const range = joins ? ranges.get(node.output) : undefined;
    const quant = quantOf(node.output) ?? (range === undefined ? undefined : quantizationOf(range));
    if (quant === undefined) continue;
    for (const input of joins ? node.inputs : node.inputs.slice(0, 1)) {
      const names = upTo(input);
      if (names === null) continue;
      for (const name of [...names, node.output]) given.set(name, quant);
    }
  }
  const tensors = new Map(graph.tensors);
  for (const [name, quant] of given) tensors.set(name, { ...tensorOf(graph, name), dtype: 'int8', quant });
  return { ...graph, tensors };
}
