import { type Graph, type Node, tensorOf } from '../graph/types.ts';
import type { Clamp } from '../ops/define.ts';
import { operatorNamed } from '../ops/index.ts';
import type { UnaryAttributes } from '../ops/unary.ts';
import { consumersOf, producersOf, readOnce, withNodes } from './rewrite.ts';

function intersect(a: Clamp | undefined, min: number, max: number): Clamp {
  const low = Math.max(a?.min ?? Number.NEGATIVE_INFINITY, min);
  const high = Math.min(a?.max ?? Number.POSITIVE_INFINITY, max);
  return { min: Number.isFinite(low) ? low : null, max: Number.isFinite(high) ? high : null };
}

/** Relu and Clip after an operator that can clamp its own output become that clamp. */
export function fuseActivations(graph: Graph): Graph {
  const consumers = consumersOf(graph);
  const producers = producersOf(graph);
  const fused = new Map<string, Node>();
  const gone = new Set<string>();
  for (const node of graph.nodes) {
    if (node.op !== 'Unary') continue;
    const { chain } = node.attributes as UnaryAttributes;
    const input = node.inputs[0] as string;
    const producer = fused.get(input) ?? producers.get(input);
    const [step] = chain;
    if (chain.length !== 1 || step?.function !== 'clip' || producer === undefined) continue;
    if (operatorNamed(producer.op).clampable !== true || !readOnce(graph, consumers, input)) continue;
    if (tensorOf(graph, input).quant !== undefined) continue;
    const known = (producer.attributes as { readonly clamp?: Clamp }).clamp;
    const [min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY] = step.parameters;
    // An empty intersection is not what two clamps in a row do.
    if ((known?.max ?? max) < min || (known?.min ?? min) > max) continue;
    gone.add(input);
    fused.delete(input);
    fused.set(node.output, {
      ...producer,
      output: node.output,
      attributes: { ...producer.attributes, clamp: intersect(known, min, max) },
      from: [...producer.from, ...node.from],
    });
  }
  return withNodes(
    graph,
    graph.nodes.filter((node) => !gone.has(node.output)).map((node) => fused.get(node.output) ?? node),
  );
}
