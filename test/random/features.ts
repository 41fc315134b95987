import { elementCount, type Graph, type Node, rowShape, type Tensor, tensorOf } from '../../src/graph/types.ts';
import type { ConcatAttributes } from '../../src/ops/concat.ts';
import type { ConvAttributes } from '../../src/ops/conv.ts';
import type { Window } from '../../src/ops/window.ts';
import { consumersOf, producersOf } from '../../src/passes/rewrite.ts';
import { handedOutputs } from '../../src/plan/boundary.ts';
import type { Plan } from '../../src/plan/types.ts';

/** Awkward cases that the random graphs have to hold; the histogram of the test lists them all. */
export const awkwardCases = [
  'dilation',
  'groups',
  'depthwise',
  'depthwise with multiplier',
  'uneven pads',
  'odd sizes',
  'width under kernel',
  'stride over kernel',
  'one spatial axis',
  'batch of two',
  'five axes',
  'broadcasting',
  'unequal scales',
  'clamp',
  'zero point -128',
  'zero point 127',
  'requantising move',
  'saturating',
  'transpose that stays',
  'residual add',
  'two consumers',
  'several inputs',
  'several outputs',
  'output that is read',
  'constant operand',
  'concat on axis 0',
  'concat on axis 1',
  'concat on axis 2',
  'concat on axis 3',
  'stage',
  'ring',
  'planar rows',
  'planar rows in a ring',
  'pairs of rows',
  'fetched input',
  'handed-over output',
  'handed-over output of a stage',
  'handed-over output that is read',
  'scratch',
  'alias',
  'layer of several calls',
  'output over an input',
  'rewritten: views',
  'rewritten: groups',
  'rewritten: twice',
  'rewritten: patches',
] as const;

export type AwkwardCase = (typeof awkwardCases)[number];

const windowed = new Set(['Conv', 'AveragePool', 'MaxPool']);
const elementwise = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min']);

/** The awkward cases of a quantised graph, once for each node or tensor that shows one. */
export function graphFeatures(graph: Graph): AwkwardCase[] {
  const found: AwkwardCase[] = [];
  const note = (feature: AwkwardCase, there: boolean): void => {
    if (there) found.push(feature);
  };
  const consumers = consumersOf(graph);
  const producers = producersOf(graph);
  note('several inputs', graph.inputs.length > 1);
  note('several outputs', graph.outputs.length > 1);
  note(
    'output that is read',
    graph.outputs.some(({ tensor }) => consumers.has(tensor)),
  );
  for (const tensor of graph.tensors.values()) {
    if (tensor.kind !== 'activation') continue;
    note('zero point -128', tensor.quant?.zeroPoints[0] === -128);
    note('zero point 127', tensor.quant?.zeroPoints[0] === 127);
    note('two consumers', (consumers.get(tensor.name)?.length ?? 0) > 1);
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.flatMap((name) => (name === null ? [] : [tensorOf(graph, name)]));
    const output = tensorOf(graph, node.output);
    const x = inputs[0] as Tensor;
    note('batch of two', rowShape(output.shape).batch === 2);
    note('five axes', output.shape.length === 5);
    note('clamp', (node.attributes as { readonly clamp?: object }).clamp !== undefined);
    if (windowed.has(node.op)) windowFeatures(node.attributes as Window, x, note);
    if (node.op === 'Conv') {
      const { groups } = node.attributes as ConvAttributes;
      const channels = x.shape.at(-1) as number;
      note('groups', groups > 1 && groups < channels);
      note('depthwise', groups > 1 && groups === channels && output.shape.at(-1) === channels);
      note('depthwise with multiplier', groups > 1 && groups === channels && output.shape.at(-1) !== channels);
    }
    if (elementwise.has(node.op)) {
      note(
        'broadcasting',
        inputs.some(({ shape }) => elementCount(shape) !== elementCount(output.shape)),
      );
      note('unequal scales', inputs[0]?.quant?.scales[0] !== inputs[1]?.quant?.scales[0]);
      note(
        'constant operand',
        inputs.some(({ kind }) => kind === 'constant'),
      );
    }
    if (node.op === 'Add')
      note(
        'residual add',
        reads(producers, node.inputs[1], node.inputs[0]) || reads(producers, node.inputs[0], node.inputs[1]),
      );
    if (node.op === 'Concat') found.push(`concat on axis ${(node.attributes as ConcatAttributes).axis}` as AwkwardCase);
    const moves = [
      'Transpose',
      'Reshape',
      'Slice',
      'Pad',
      'Expand',
      'Gather',
      'MaxPool',
      'ReduceMax',
      'ReduceMin',
      'Resize',
    ].includes(node.op);
    note('requantising move', moves && x.quant?.scales[0] !== output.quant?.scales[0]);
  }
  return found.filter((feature) => awkwardCases.includes(feature));
}

function windowFeatures(w: Window, x: Tensor, note: (feature: AwkwardCase, there: boolean) => void): void {
  const sizes = x.shape.slice(1, -1);
  const spans = w.kernel.map((taps, axis) => (taps - 1) * (w.dilations[axis] as number) + 1);
  note(
    'dilation',
    w.dilations.some((d) => d > 1),
  );
  note(
    'uneven pads',
    w.pads.some(([before, after]) => before !== after),
  );
  note(
    'odd sizes',
    sizes.some((size) => size % 2 === 1 && size > 1),
  );
  note(
    'width under kernel',
    sizes.some((size, axis) => size < (spans[axis] as number)),
  );
  note(
    'stride over kernel',
    w.strides.some((stride, axis) => stride > (spans[axis] as number)),
  );
  note('one spatial axis', sizes.length === 1);
}

/** Whether the node that makes `name` reads `other`. */
function reads(
  producers: ReadonlyMap<string, Node>,
  name: string | null | undefined,
  other: string | null | undefined,
): boolean {
  return other !== null && other !== undefined && (producers.get(name ?? '')?.inputs.includes(other) ?? false);
}

/** The awkward cases of a plan. */
export function planFeatures(plan: Plan): AwkwardCase[] {
  const found: AwkwardCase[] = plan.rewritings.map(({ kind }) => `rewritten: ${kind}` as const);
  if (plan.overlapping.size > 0) found.push('output over an input');
  for (const step of plan.steps) {
    if (step.kind !== 'stage') continue;
    found.push('stage');
    if (step.fetched.length > 0) found.push('fetched input');
    if (step.handed.length > 0) found.push('handed-over output of a stage');
  }
  const read = new Set(plan.layers.flatMap(({ node }) => node.inputs));
  for (const name of handedOutputs(plan)) {
    found.push('handed-over output');
    if (read.has(name)) found.push('handed-over output that is read');
  }
  for (const [name, storage] of plan.storage) {
    const isRing = storage.buffer !== null && storage.slots < rowShape(tensorOf(plan.graph, name).shape).rows;
    if (isRing) found.push('ring');
    if (storage.layout === 'planar') found.push('planar rows', ...(isRing ? (['planar rows in a ring'] as const) : []));
  }
  for (const layer of plan.layers) {
    if (layer.lowering.kind === 'alias') found.push('alias');
    else if (layer.node.op === 'Transpose') found.push('transpose that stays');
    if (plan.scratch.has(layer.index)) found.push('scratch');
    if (layer.lowering.kind === 'alias') continue;
    if (layer.lowering.calls.length > 1) found.push('layer of several calls');
    if (layer.lowering.calls.some(({ rowsAtOnce }) => rowsAtOnce !== undefined)) found.push('pairs of rows');
  }
  return found;
}
