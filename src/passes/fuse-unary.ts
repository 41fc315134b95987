import { type Graph, type Node, type Quantization, tensorOf } from '../graph/types.ts';
import { type Clamp, present } from '../ops/define.ts';
import type { UnaryAttributes } from '../ops/unary.ts';
import type { UnaryStep } from '../ops/unary-functions.ts';
import { consumersOf, readOnce, withNodes } from './rewrite.ts';

const chainOf = (node: Node): readonly UnaryStep[] => (node.attributes as UnaryAttributes).chain;

/**
 * Makes one function of functions of one value that follow each other, and of x * sigmoid(x) and its kin. What the
 * quantisation of a value in between does to it becomes a step of the function, so that tables stay exactly the same.
 */
export function fuseUnary(graph: Graph): Graph {
  const consumers = consumersOf(graph);
  // The nodes so far, by output: a fused pair stands where its second node stood.
  const made = new Map<string, Node>();
  for (const node of graph.nodes) {
    const gate = node.op === 'Mul' ? gateOf(graph, made, node) : undefined;
    const before = node.op === 'Unary' ? made.get(present(node.inputs[0])) : gate?.node;
    const fuses = before?.op === 'Unary' && readOnce(graph, consumers, before.output);
    const chain = fuses ? (gate?.chain ?? joined(graph, before, node)) : null;
    if (before === undefined || chain === null) {
      made.set(node.output, node);
      continue;
    }
    made.delete(before.output);
    const from = [...before.from, ...node.from];
    made.set(node.output, { op: 'Unary', inputs: before.inputs, output: node.output, attributes: { chain }, from });
  }
  const next = withNodes(graph, [...made.values()]);
  // A product that has become a function may be the second reader that kept another pair apart.
  return next.nodes.length < graph.nodes.length ? fuseUnary(next) : graph;
}

/** The chain of two functions in a row. */
function joined(graph: Graph, first: Node, second: Node): readonly UnaryStep[] | null {
  const { quant, dtype } = tensorOf(graph, first.output);
  if (quant === undefined && dtype !== 'float32') return null;
  return [...chainOf(first), ...(quant === undefined ? [] : [requantized(quant)]), ...chainOf(second)];
}

function requantized({ scales, zeroPoints }: Quantization): UnaryStep {
  return { function: 'requantize', parameters: [present(scales[0]), present(zeroPoints[0])] };
}

/** The function that a product of x and a function of the same x is, and the node of that function. */
function gateOf(
  graph: Graph,
  made: ReadonlyMap<string, Node>,
  product: Node,
): { readonly node: Node; readonly chain: readonly UnaryStep[] } | undefined {
  const [left, right] = product.inputs.map((name) => present(name)) as [string, string];
  for (const [x, gated] of [
    [left, right],
    [right, left],
  ] as const) {
    const node = made.get(gated);
    if (node?.op !== 'Unary' || node.inputs[0] !== x || tensorOf(graph, gated).quant !== undefined) continue;
    const chain = gatedChain(chainOf(node));
    if (chain === null) continue;
    const { clamp } = product.attributes as { readonly clamp?: Clamp };
    return { node, chain: clamp === undefined ? chain : [...chain, clipStep(clamp)] };
  }
  return undefined;
}

function clipStep({ min, max }: Clamp): UnaryStep {
  return { function: 'clip', parameters: [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY] };
}

/** Model files have 1 / 6 in float32. */
const isSixth = (value: number | undefined): boolean =>
  value !== undefined && Math.fround(value) === Math.fround(1 / 6);

const hardSwish: UnaryStep = { function: 'hardSwish', parameters: [] };

/** x * chain(x) as a chain, for the gates that networks have: sigmoid, and the two ways to write a hard sigmoid. */
function gatedChain(chain: readonly UnaryStep[]): readonly UnaryStep[] | null {
  const [first, second, third] = chain;
  const [a, b] = first?.parameters ?? [];
  const functions = chain.map((step) => step.function).join(' ');
  if (functions === 'sigmoid') return [{ function: 'swish', parameters: [1] }];
  if (functions === 'hardSigmoid') return isSixth(a) && b === 0.5 ? [hardSwish] : null;
  // Relu6(x + 3), with or without the division by 6.
  if (functions !== 'affine clip' && functions !== 'affine clip affine') return null;
  if (a !== 1 || b !== 3 || second?.parameters[0] !== 0 || second.parameters[1] !== 6) return null;
  if (third === undefined) return [hardSwish, { function: 'affine', parameters: [6, 0] }];
  return isSixth(third.parameters[0]) && third.parameters[1] === 0 ? [hardSwish] : null;
}
