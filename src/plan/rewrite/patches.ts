import { describeNode, type Node, rowShape, type Tensor } from '../../graph/types.ts';
import type { AxisMap } from '../../ops/define.ts';
import { canStream, windowEnd, windowStart } from '../demand.ts';
import { integerForm } from '../lower.ts';
import type { Layer, Program } from '../types.ts';
import { activationsOf, type NewNode, type Rewriting, readersOf } from './rewrite.ts';

/** Into how many patches the columns of a run are cut. */
const counts = [2, 3, 4, 6, 8];

/** Runs that are offered for one beginning, the shortest first. */
const mostEnds = 6;

/** Columns from the first to before the second. */
type Range = readonly [number, number];

/** Layers one behind the other, of which the first alone reads from outside, and the last alone is read there. */
interface Run {
  readonly entry: Tensor;
  readonly layers: readonly Layer[];
}

/**
 * Runs of layers computed in patches: some columns of the last layer after the other, from the columns of the first
 * that they need. Columns that two patches need are computed for each (MCUNetV2, arXiv 2110.15352). The tensor that the
 * run reads must lie whole in memory: a camera gives no row twice, so runs do not begin with an input that is streamed.
 */
export function patchRewritings(program: Program, streamed: ReadonlySet<string>): readonly Rewriting[] {
  return runsOf(program)
    .filter(({ entry }) => !streamed.has(entry.name))
    .flatMap((run) => counts.flatMap((count) => patched(run, count) ?? []));
}

function runsOf({ graph, layers }: Program): readonly Run[] {
  const readers = readersOf(layers);
  const ports = new Set(graph.outputs.map(({ tensor }) => tensor));
  return layers.flatMap((first): Run[] => {
    const [entry, ...others] = activationsOf(first);
    if (entry === undefined || others.length > 0) return [];
    const inside = new Set<string>();
    const runs: Run[] = [];
    let spatial = false;
    for (const layer of layers.slice(first.index)) {
      if (!takesColumns(layer)) break;
      if (activationsOf(layer).some(({ name }) => name !== entry.name && !inside.has(name))) break;
      inside.add(layer.node.output);
      spatial ||= mapsOf(layer).some(({ count }) => count > 1);
      const run = layers.slice(first.index, layer.index + 1);
      const leaving = run.filter(
        ({ node }) =>
          ports.has(node.output) || (readers.get(node.output) ?? []).some((reader) => !inside.has(reader.node.output)),
      );
      const isEnd = leaving.length === 1 && leaving[0] === layer && !ports.has(layer.node.output);
      if (isEnd && spatial && run.length > 1) runs.push({ entry, layers: run });
    }
    return runs.slice(0, mostEnds);
  });
}

/** The column maps of a layer's inputs, each the same for all its calls. */
function mapsOf({ lowering }: Layer): readonly AxisMap[] {
  return lowering.kind === 'alias' ? [] : lowering.calls.flatMap((call) => call.inputs.map(({ columns }) => columns));
}

/** Whether a layer can compute some columns of one image alone. */
function takesColumns(layer: Layer): boolean {
  const { lowering, tensors, node, parameters } = layer;
  if (lowering.kind === 'alias' || lowering.calls.length !== 1 || !canStream(layer)) return false;
  if (lowering.calls.some(({ steps }) => steps !== 'rows')) return false;
  if ([tensors.output, ...activationsOf(layer)].some(({ shape }) => shape.length !== 4)) return false;
  if (tensors.inputs.some((tensor, index) => tensor?.kind === 'constant' && index === 0)) return false;
  // A constant that is read column by column would have to be cut, too.
  const reads = lowering.calls.flatMap((call) => call.inputs.map(({ input }) => input));
  const isWide = (tensor: Tensor | null | undefined): boolean =>
    tensor?.kind === 'constant' && rowShape(tensor.shape).width > 1;
  if (reads.some((input) => isWide(tensors.inputs[input]))) return false;
  if (mapsOf(layer).some(({ divide, multiply }) => divide !== 1 || multiply < 1)) return false;
  return parameters !== undefined && (integerForm(node).columns?.(tensors, [0, 0]) ?? null) !== null;
}

/** The columns of an input, some of them padding, that columns of the output need. */
function neededBy(layer: Layer, input: number, [from, to]: Range): Range {
  const { lowering } = layer;
  const access = lowering.kind === 'alias' ? undefined : lowering.calls[0]?.inputs.find((one) => one.input === input);
  if (access === undefined) throw new Error(`${layer.node.op} does not read its input ${input}`);
  return [windowStart(access.columns, from), windowEnd(access.columns, to - 1) + 1];
}

const clip = ([from, to]: Range, width: number): Range => [Math.max(0, from), Math.min(to, width)];

const widthOf = ({ shape }: Tensor): number => rowShape(shape).width;

/** Layers [start, end) of a program in so many patches; null where they are no run, or some patch would have no columns. */
export function patchesOf(
  { layers }: Program,
  { start, end }: { readonly start: number; readonly end: number },
  count: number,
): Rewriting | null {
  const run = layers.slice(start, end);
  const entry = run[0] === undefined ? undefined : activationsOf(run[0])[0];
  return entry === undefined || !run.every(takesColumns) ? null : patched({ entry, layers: run }, count);
}

/** A run in so many patches; null where some patch would have a layer without columns. */
function patched({ entry, layers }: Run, count: number): Rewriting | null {
  const first = layers[0] as Layer;
  const last = layers.at(-1) as Layer;
  const width = widthOf(last.tensors.output);
  if (width < count) return null;
  const cuts = Array.from({ length: count + 1 }, (_, index) => Math.round((index * width) / count));
  const patches = Array.from(
    { length: count },
    (_, index): Range => [cuts[index] as number, cuts[index + 1] as number],
  );
  const nodes: NewNode[] = [];
  let macs = 0;
  for (const patch of patches) {
    const ranges = rangesOf(entry, layers, patch);
    if ([...ranges.values()].some(([from, to]) => to <= from)) return null;
    for (const layer of layers) {
      nodes.push(...columnsOf(layer, entry, ranges));
      const [from, to] = ranges.get(layer.node.output) as Range;
      macs += (layer.macs * (to - from)) / widthOf(layer.tensors.output);
    }
  }
  // Two patches that need the very same columns of a tensor would both make it.
  if (new Set(nodes.map(({ node }) => node.output)).size < nodes.length) return null;
  const inputs = patches.map((range) => partName(last.node.output, range));
  const views = patches.map(([column], input) => ({ whole: 'output', input, row: 0, column, channel: 0 }) as const);
  const concat: Node = {
    op: 'Concat',
    inputs,
    output: last.node.output,
    attributes: { axis: 2 },
    from: last.node.from,
  };
  nodes.push({ kind: 'views', node: concat, output: last.tensors.output, views });
  return {
    kind: 'patches',
    text: `${describeNode(first.node)} to ${describeNode(last.node)} in ${count} patches of columns`,
    family: `patches from ${first.node.output} to ${last.node.output}`,
    extraMacs: Math.round(macs - layers.reduce((sum, layer) => sum + layer.macs, 0)),
    replaced: new Map([
      ...layers.slice(1).map(({ node }): [string, readonly NewNode[]] => [node.output, []]),
      [first.node.output, nodes],
    ]),
  };
}

/** The columns of each tensor of a run that a patch of its last one needs. */
function rangesOf(entry: Tensor, layers: readonly Layer[], patch: Range): ReadonlyMap<string, Range> {
  const ranges = new Map<string, Range>([[(layers.at(-1) as Layer).node.output, patch]]);
  for (const layer of [...layers].reverse()) {
    const own = ranges.get(layer.node.output) as Range;
    layer.tensors.inputs.forEach((tensor, input) => {
      if (tensor === null || tensor.kind === 'constant' || tensor.name === entry.name) return;
      const [from, to] = clip(neededBy(layer, input, own), widthOf(tensor));
      const known = ranges.get(tensor.name) ?? [from, to];
      ranges.set(tensor.name, [Math.min(known[0], from), Math.max(known[1], to)]);
    });
  }
  return ranges;
}

const partName = (name: string, [from, to]: Range): string => `${name}[columns ${from} to ${to}]`;

const partOf = (tensor: Tensor, range: Range, name = partName(tensor.name, range)): Tensor => {
  const [batch = 1, rows = 1, , channels = 1] = tensor.shape;
  return { ...tensor, name, shape: [batch, rows, range[1] - range[0], channels] };
};

/** A layer for some columns, and the slices that bring it those that it needs. */
function columnsOf(layer: Layer, entry: Tensor, ranges: ReadonlyMap<string, Range>): readonly NewNode[] {
  const { node, tensors, parameters } = layer;
  const own = ranges.get(node.output) as Range;
  const slices: NewNode[] = [];
  let pads: Range = [0, 0];
  const inputs = tensors.inputs.map((tensor, input): string | null => {
    if (tensor === null || tensor.kind === 'constant') return tensor?.name ?? null;
    const asked = neededBy(layer, input, own);
    const needed = clip(asked, widthOf(tensor));
    if (input === 0) pads = [needed[0] - asked[0], asked[1] - needed[1]];
    const there: Range = tensor.name === entry.name ? [0, widthOf(tensor)] : (ranges.get(tensor.name) as Range);
    const source = tensor.name === entry.name ? tensor : partOf(tensor, there);
    if (there[0] === needed[0] && there[1] === needed[1]) return source.name;
    // One slice for each reader: a part of what is whole in memory costs nothing.
    const slice = partOf(tensor, needed, `${partName(tensor.name, needed)} for ${partName(node.output, own)} ${input}`);
    slices.push(sliceOf(source, slice, needed[0] - there[0], tensor.name === entry.name ? 'view' : 'copy', node));
    return slice.name;
  });
  const output = partOf(tensors.output, own);
  const attributes = integerForm(node).columns?.(tensors, pads) ?? node.attributes;
  const part: NewNode = {
    kind: 'calls',
    node: { ...node, inputs, output: output.name, attributes },
    output,
    parameters,
    constants: [],
  };
  return [...slices, part];
}

function sliceOf(source: Tensor, slice: Tensor, first: number, how: 'view' | 'copy', { from }: Node): NewNode {
  const starts = [0, 0, first, 0];
  const ends = slice.shape.map((size, axis) => (starts[axis] as number) + size);
  const attributes = { starts, ends, steps: [1, 1, 1, 1] };
  const node: Node = { op: 'Slice', inputs: [source.name], output: slice.name, attributes, from };
  if (how === 'view') {
    const view = { whole: 'input', input: 0, row: 0, column: first, channel: 0 } as const;
    return { kind: 'views', node, output: slice, views: [view] };
  }
  const parameters = integerForm(node).parameters({ attributes, inputs: [source], output: slice });
  return { kind: 'calls', node, output: slice, parameters, constants: [] };
}
