import { elementCount, type Graph, type Node, type Tensor, tensorOf } from '../graph/types.ts';
import { present } from '../ops/define.ts';
import { type ConstantChannels, constantChannels, isPadded, kindOf } from './constant-channels.ts';
import { consumersOf, freshNames, producersOf, readOnce, withNodes } from './rewrite.ts';

/**
 * Leaves out channels of a quantised graph that have one value whatever the input is: training leaves many of them in
 * some models, where a bias is beyond what the weights can reach. What they give to the layer behind them goes into its
 * bias. The bytes of all outputs stay the same.
 *
 * Channels run from a dense layer (a convolution without groups, or a dense layer) through layers that keep channels
 * apart to the next dense layer. So many are left that their number is a multiple of 8, as kernels like it, and that the
 * largest scale of each layer stays, upon which the rounding of all its channels depends.
 */
export function dropConstantChannels(graph: Graph): Graph {
  const constants = constantChannels(graph);
  const producers = producersOf(graph);
  const consumers = consumersOf(graph);
  const edits = new Map<Node, Edit>();
  const edit = (node: Node, change: Edit): void => {
    edits.set(node, { ...edits.get(node), ...change });
  };
  const kept = new Map<string, readonly number[]>();
  for (const last of graph.nodes) {
    if (kindOf(graph, last) !== 'dense') continue;
    const input = present(last.inputs[0]);
    const run = runBefore(graph, input, (name) => (readOnce(graph, consumers, name) ? producers.get(name) : undefined));
    const values = constants.get(input);
    if (run === null || values === undefined) continue;
    const keep = keptChannels(graph, last, run, values);
    if (keep.length === values.length) continue;
    for (const node of run) {
      kept.set(node.output, keep);
      edit(node, { outputs: keep });
    }
    edit(last, { inputs: keep, values });
  }
  if (edits.size === 0) return graph;
  return rewritten(graph, edits, kept);
}

/** What happens to a node. */
interface Edit {
  /** The output channels that stay. */
  readonly outputs?: readonly number[];
  /** The input channels of a dense layer that stay, and the values of those that go. */
  readonly inputs?: readonly number[];
  readonly values?: ConstantChannels;
}

/** The nodes that make a tensor, from its producer back to a dense layer; null where anything else stands between. */
function runBefore(graph: Graph, tensor: string, producer: (name: string) => Node | undefined): readonly Node[] | null {
  const run: Node[] = [];
  for (let name = tensor; ; ) {
    const node = producer(name);
    if (node === undefined) return null;
    run.push(node);
    const kind = kindOf(graph, node);
    if (kind === 'dense') return run;
    if (kind === null) return null;
    name = present(node.inputs[0]);
  }
}

const multiple = 8;

/** The channels that stay, in order. */
function keptChannels(graph: Graph, last: Node, run: readonly Node[], values: ConstantChannels): readonly number[] {
  const quant = tensorOf(graph, present(last.inputs[0])).quant;
  const zeroPoint = quant?.zeroPoints[0] ?? 0;
  // Padding is the zero point: a channel of another value is not the same everywhere.
  const padded = isPadded(last);
  const keep = new Set<number>();
  values.forEach((value, channel) => {
    if (value === null || (padded && value !== zeroPoint)) keep.add(channel);
  });
  for (const node of run) {
    const scales = graph.tensors.get(node.inputs[1] ?? '')?.quant?.scales ?? [];
    if (scales.length > 1) keep.add(scales.indexOf(Math.max(...scales)));
  }
  const wanted = Math.min(values.length, Math.max(multiple, Math.ceil(keep.size / multiple) * multiple));
  for (let channel = 0; keep.size < wanted; channel += 1) keep.add(channel);
  return [...keep].sort((a, b) => a - b);
}

/** The graph with the edits made, and the tensors between them made smaller. */
function rewritten(graph: Graph, edits: ReadonlyMap<Node, Edit>, kept: ReadonlyMap<string, readonly number[]>): Graph {
  const fresh = freshNames(graph);
  const added: Tensor[] = [];
  const add = (tensor: Tensor): string => {
    const name = fresh(`${tensor.name} without constant channels`);
    added.push({ ...tensor, name });
    return name;
  };
  const smaller = (tensor: Tensor): Tensor => {
    const channels = kept.get(tensor.name);
    return channels === undefined ? tensor : { ...tensor, shape: [...tensor.shape.slice(0, -1), channels.length] };
  };
  const nodes = graph.nodes.map((node): Node => {
    const change = edits.get(node);
    if (change === undefined) return node;
    const attributes = attributesOf(graph, node, change);
    if (kindOf(graph, node) === 'apart') return { ...node, attributes };
    const weights = tensorOf(graph, present(node.inputs[1]));
    const bias = foldedBias(graph, node, weights, change);
    const rows = change.outputs ?? null;
    return {
      ...node,
      attributes,
      inputs: [
        node.inputs[0] ?? null,
        add(sliced(sliced(weights, 0, rows), weights.shape.length - 1, change.inputs ?? null)),
        bias === null ? null : add(sliced(bias, 0, rows)),
      ],
    };
  });
  const tensors = new Map([...graph.tensors].map(([name, tensor]) => [name, smaller(tensor)]));
  return withNodes({ ...graph, tensors }, nodes, added);
}

/** The attributes of a node whose output has fewer channels: those that name their number. */
function attributesOf(graph: Graph, node: Node, { outputs }: Edit): object {
  if (outputs === undefined) return node.attributes;
  if (node.op === 'Reshape') {
    const { shape } = tensorOf(graph, node.output);
    return { ...node.attributes, shape: [...shape.slice(0, -1), outputs.length] };
  }
  return kindOf(graph, node) === 'depthwise' ? { ...node.attributes, groups: outputs.length } : node.attributes;
}

/** The bias with what the channels that go would add; null where there is none and none is needed. */
function foldedBias(graph: Graph, node: Node, weights: Tensor, { inputs, values }: Edit): Tensor | null {
  const name = node.inputs[2] ?? null;
  const bias = name === null ? null : tensorOf(graph, name);
  if (inputs === undefined || values === undefined) return bias;
  const input = present(tensorOf(graph, present(node.inputs[0])).quant);
  const zeroPoint = input.zeroPoints[0] as number;
  const stays = new Set(inputs);
  const [outputs = 0] = weights.shape;
  const taps = elementCount(weights.shape) / outputs;
  const channels = values.length;
  const weight = present(weights.data);
  const data = Int32Array.from({ length: outputs }, (_, o) => {
    let sum = Number(bias?.data?.[o] ?? 0);
    for (let t = 0; t < taps; t += 1) {
      const value = values[t % channels] ?? null;
      if (!stays.has(t % channels)) sum += Number(weight[o * taps + t]) * ((value as number) - zeroPoint);
    }
    return sum;
  });
  if (bias !== null) return { ...bias, data };
  const scales = present(weights.quant).scales.map((scale) => scale * (input.scales[0] as number));
  const quant = { scales, zeroPoints: scales.map(() => 0), ...(scales.length === 1 ? {} : { axis: 0 }) };
  return { name: `bias of ${node.output}`, kind: 'constant', shape: [outputs], dtype: 'int32', data, quant };
}

/** Some of the indices of one axis of a constant, with the scales that run along it; all of them for null. */
function sliced(tensor: Tensor, axis: number, keep: readonly number[] | null): Tensor {
  if (keep === null) return tensor;
  const size = tensor.shape[axis] as number;
  const inner = elementCount(tensor.shape.slice(axis + 1));
  const data = present(tensor.data);
  const wanted = new Set(keep);
  const stays = (_: unknown, i: number): boolean => wanted.has(Math.floor(i / inner) % size);
  const shape = tensor.shape.map((length, i) => (i === axis ? keep.length : length));
  const { quant } = tensor;
  const along = quant !== undefined && quant.scales.length > 1 && (quant.axis ?? 0) === axis;
  const pick = (values: readonly number[]): readonly number[] => keep.map((i) => values[i] as number);
  return {
    ...tensor,
    shape,
    data: data instanceof Int8Array ? data.filter(stays) : (data as Int32Array).filter(stays),
    ...(along ? { quant: { ...quant, scales: pick(quant.scales), zeroPoints: pick(quant.zeroPoints) } } : {}),
  };
}
