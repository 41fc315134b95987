import type { Graph, Node, Quantization, Tensor } from '../graph/types.ts';
import { present } from '../ops/define.ts';
import { type Affine, affineOf, type Layer, layerOf } from './affine.ts';
import { consumersOf, freshNames, readOnce, withNodes } from './rewrite.ts';

/** Weights and biases of a layer that has taken an affine function in. */
interface Folded {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  /** What is left of the quantisation that a QDQ model states for the weights. */
  readonly quant?: Quantization;
}

/**
 * Takes factors and summands of each channel (BatchNormalization, normalisation of the input, products and sums with
 * constants) into the weights and the bias of the convolution or dense layer before them or, failing that, behind them.
 */
export function foldBatchnorm(graph: Graph): Graph {
  const consumers = consumersOf(graph);
  const fresh = freshNames(graph);
  const tensors = new Map(graph.tensors);
  const tensorNamed = (name: string): Tensor => present(tensors.get(name));
  const isBetween = (name: string): boolean =>
    readOnce(graph, consumers, name) && tensorNamed(name).quant === undefined;
  // The nodes so far, by output: a folded pair stands where its second node stood.
  const made = new Map<string, Node>();

  const rewritten = (layerNode: Node, layer: Layer, folded: Folded, changes: Partial<Node>): Node => {
    const weights = fresh(`${layer.weights.name}_folded`);
    const bias = fresh(`${layer.bias?.name ?? layer.weights.name}_folded_bias`);
    const { quant: _stated, ...rest } = layer.weights;
    const quant = folded.quant === undefined ? {} : { quant: folded.quant };
    tensors.set(weights, { ...rest, name: weights, data: folded.weights, ...quant });
    tensors.set(bias, {
      name: bias,
      kind: 'constant',
      shape: [folded.bias.length],
      dtype: 'float32',
      data: folded.bias,
    });
    const input = present((changes.inputs ?? layerNode.inputs)[0]);
    return { ...layerNode, ...changes, inputs: [input, weights, bias] };
  };

  const intoLayerBefore = (node: Node): Node | null => {
    const affine = affineOf(node, tensorNamed);
    const before = affine === null ? undefined : made.get(affine.input);
    if (affine === null || before === undefined || !isBetween(affine.input)) return null;
    const layer = layerOf(before, tensorNamed);
    const folded = layer === null || layer.clamp !== undefined ? null : applyAfter(layer, affine);
    if (layer === null || folded === null) return null;
    made.delete(before.output);
    return rewritten(before, layer, folded, {
      output: node.output,
      attributes: { ...before.attributes, ...(affine.clamp === undefined ? {} : { clamp: affine.clamp }) },
      from: [...before.from, ...node.from],
    });
  };

  const intoLayerBehind = (node: Node): Node | null => {
    const layer = layerOf(node, tensorNamed);
    const before = layer === null ? undefined : made.get(present(node.inputs[0]));
    if (layer === null || before === undefined || !isBetween(before.output)) return null;
    const affine = affineOf(before, tensorNamed);
    const folded = affine === null ? null : applyBefore(layer, affine);
    if (affine === null || folded === null) return null;
    made.delete(before.output);
    return rewritten(node, layer, folded, { inputs: [affine.input], from: [...before.from, ...node.from] });
  };

  for (const node of graph.nodes) {
    const folded = intoLayerBefore(node) ?? intoLayerBehind(node) ?? node;
    made.set(folded.output, folded);
  }
  const added = [...tensors.values()].filter((tensor) => !graph.tensors.has(tensor.name));
  return withNodes(graph, [...made.values()], added);
}

function hasFiniteValues(folded: Folded): boolean {
  return folded.weights.every(Number.isFinite) && folded.bias.every(Number.isFinite);
}

/** factor * layer(x) + summand as a layer. */
function applyAfter({ weights, bias }: Layer, { factors, summands }: Affine): Folded | null {
  const stated = weights.quant;
  // Stated steps are kept under a factor that is positive; anything else would round the weights a second time.
  const keeps = stated !== undefined && (stated.axis === undefined || stated.axis === 0) && factors.every((f) => f > 0);
  if (stated !== undefined && !keeps) return null;
  const data = weights.data as Float32Array;
  const taps = data.length / factors.length;
  const before = bias?.data as Float32Array | undefined;
  const of = (values: readonly number[], o: number): number => values[values.length === 1 ? 0 : o] as number;
  const folded: Folded = {
    weights: data.map((w, i) => w * (factors[Math.floor(i / taps)] as number)),
    bias: Float32Array.from(factors, (factor, o) => (before?.[o] ?? 0) * factor + (summands[o] as number)),
    ...(stated === undefined
      ? {}
      : {
          quant: {
            scales: Array.from(factors, (factor, o) => of(stated.scales, o) * factor),
            zeroPoints: Array.from(factors, (_, o) => of(stated.zeroPoints, o)),
            axis: 0,
          },
        }),
  };
  return hasFiniteValues(folded) ? folded : null;
}

/** layer(factor * x + summand) as a layer. */
function applyBefore({ weights, bias, groups, isPadded }: Layer, { factors, summands, clamp }: Affine): Folded | null {
  // Padding is zero before the affine function and would be the summand behind it.
  if (clamp !== undefined || weights.quant !== undefined || (isPadded && summands.some((s) => s !== 0))) return null;
  const data = weights.data as Float32Array;
  const outputs = present(weights.shape[0]);
  const taps = data.length / outputs;
  const inner = present(weights.shape.at(-1));
  const channel = (i: number): number => Math.floor((Math.floor(i / taps) * groups) / outputs) * inner + (i % inner);
  const sums = Float64Array.from({ length: outputs }, (_, o) => Number(bias?.data?.[o] ?? 0));
  data.forEach((w, i) => {
    const o = Math.floor(i / taps);
    sums[o] = (sums[o] as number) + w * (summands[channel(i)] as number);
  });
  const folded = { weights: data.map((w, i) => w * (factors[channel(i)] as number)), bias: Float32Array.from(sums) };
  return hasFiniteValues(folded) ? folded : null;
}
