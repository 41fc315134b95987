import { elementCount, type Origin, type Port, tensorOf } from '../graph/types.ts';
import type { ConstantArray } from '../ops/define.ts';
import { fetchedInputs, handedOutputs, keptOutputs } from '../plan/boundary.ts';
import { layerTime } from '../plan/cost.ts';

import type { Layer, Plan, Storage } from '../plan/types.ts';
import { type EndReport, runEnds } from './ends.ts';
import { memoryMapText } from './memory-map.ts';
import { type RegionReport, regionsText, reportRegion } from './regions.ts';
import { count, plural, shapeText, tableText } from './table.ts';

/** An input or output of a compiled model. Real value = (step - zeroPoint) * scale. */
export interface PortReport {
  readonly name: string;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly zeroPoint: number;
  readonly bytes: number;
  /** `pixels`: the model takes bytes from 0 to 255, and a step is its pixel less 128. */
  readonly encoding: 'real' | 'pixels';
  /** Whether it lies whole in the arena, and so counts; else its rows are fetched, or handed over, one by one. */
  readonly isInArena: boolean;
}

export interface LayerReport {
  readonly index: number;
  readonly nodes: readonly Origin[];
  readonly operator: string;
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly macs: number;
  /** By the cost model, of the whole inference: an estimate. */
  readonly estimatedInstructions: number;
  readonly kernels: readonly string[];
  readonly constantBytes: number;
  readonly scratchBytes: number;
}

/** A tensor that a stage keeps only some rows of. */
export interface RingReport {
  readonly tensor: string;
  /** Rows of the tensor. */
  readonly rows: number;
  /** Rows that there is room for. */
  readonly slots: number;
  /** Columns of the newest row that there is room for besides; 0 where its slot takes it. */
  readonly window: number;
  readonly rowBytes: number;
  readonly bytes: number;
}

export interface StepReport {
  readonly kind: 'call' | 'stage';
  readonly layers: readonly number[];
  readonly fetched: readonly string[];
  /** Outputs that are handed over: by a stage row by row, by a single layer when it is through. */
  readonly handed: readonly string[];
  readonly rings: readonly RingReport[];
}

export interface BufferReport {
  readonly name: string;
  /** `ring`: some rows of a tensor. Of several tensors that share a buffer, what the first is. */
  readonly kind: 'input' | 'output' | 'tensor' | 'ring' | 'scratch';
  /** The region of the arena, an index of `regions`, and bytes from its start. */
  readonly region: number;
  readonly offset: number;
  readonly bytes: number;
  /** The first and the last step that it is in use at. */
  readonly first: number;
  readonly last: number;
}

/** A plan as data: what plan.txt prints. */
export interface PlanReport {
  readonly inputs: readonly PortReport[];
  readonly outputs: readonly PortReport[];
  /** Bytes of SRAM for activations, rings and scratch; without stack and code. */
  readonly arenaBytes: number;
  /** The arena by memories: one region, but where it is divided. */
  readonly regions: readonly RegionReport[];
  /** The most bytes that live at one step: no placement of the same buffers is smaller. */
  readonly allocationBound: number;
  /** Bytes of weights, biases, multipliers and tables. */
  readonly constantBytes: number;
  readonly macs: number;
  /** What is computed another way than the model says, with the same bytes. */
  readonly rewritings: readonly string[];
  readonly steps: readonly StepReport[];
  readonly layers: readonly LayerReport[];
  readonly buffers: readonly BufferReport[];
}

const elementBytes: Readonly<Record<ConstantArray['type'], number>> = { int8: 1, int16: 2, uint16: 2, int32: 4 };

/** The constants of a layer's kernels, arrays by themselves so that shared ones can be told. */
function constantsOf(layer: Layer): ReadonlyMap<unknown, number> {
  const found = new Map<unknown, number>();
  if (layer.lowering.kind === 'alias') return found;
  for (const call of layer.lowering.calls) {
    for (const field of Object.values(call.fields)) {
      if (typeof field === 'object' && field !== null)
        found.set(field.values, field.values.length * elementBytes[field.type]);
    }
    for (const { input } of call.inputs) {
      const tensor = layer.tensors.inputs[input];
      if (tensor?.kind === 'constant') found.set(tensor.data, elementCount(tensor.shape));
    }
  }
  return found;
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

/** What a plan decided, as data. */
export function reportPlan(plan: Plan): PlanReport {
  const passed = new Set([...fetchedInputs(plan), ...handedOutputs(plan)]);
  const port = (given: Port): PortReport => {
    const tensor = tensorOf(plan.graph, given.tensor);
    return {
      name: given.name,
      shape: given.shape,
      scale: tensor.quant?.scales[0] ?? 1,
      zeroPoint: tensor.quant?.zeroPoints[0] ?? 0,
      bytes: elementCount(tensor.shape),
      encoding: given.encoding ?? 'real',
      isInArena: !passed.has(given.tensor),
    };
  };
  const constants = plan.layers.map(constantsOf);
  const segments = new Map(
    plan.steps.flatMap((step) =>
      step.kind === 'stage' ? step.layers.map((layer, at) => [layer, step.segments[at] as number] as const) : [],
    ),
  );
  const layers = plan.layers.map((layer, index): LayerReport => {
    const scratch = plan.scratch.get(layer.index);
    return {
      index: layer.index,
      nodes: layer.node.from,
      operator: layer.node.op,
      tensor: layer.node.output,
      shape: layer.tensors.output.shape,
      macs: layer.macs,
      estimatedInstructions: Math.round(layerTime(layer, segments.get(layer.index) ?? null)),
      kernels: layer.lowering.kind === 'alias' ? [] : [...new Set(layer.lowering.calls.map((call) => call.symbol))],
      constantBytes: sum(constants[index]?.values() ?? []),
      scratchBytes: scratch === undefined ? 0 : (plan.buffers[scratch]?.bytes ?? 0),
    };
  });
  const steps = plan.steps.map((step): StepReport => {
    if (step.kind === 'call') {
      const { output } = (plan.layers[step.layer] as Layer).node;
      return { kind: 'call', layers: [step.layer], fetched: [], handed: passed.has(output) ? [output] : [], rings: [] };
    }
    const names = [...step.fetched, ...step.layers.map((index) => (plan.layers[index] as Layer).node.output)];
    const rings = names.flatMap((name) => ringOf(plan, name) ?? []);
    return { kind: 'stage', layers: step.layers, fetched: step.fetched, handed: step.handed, rings };
  });
  return {
    inputs: plan.graph.inputs.map(port),
    outputs: plan.graph.outputs.map(port),
    arenaBytes: plan.arenaBytes,
    regions: plan.regions.map(reportRegion),
    allocationBound: plan.allocationBound,
    constantBytes: sum(new Map(constants.flatMap((map) => [...map])).values()),
    macs: plan.macs,
    rewritings: plan.rewritings.map(({ text }) => text),
    steps,
    layers,
    buffers: plan.buffers.map(({ name, region, offset, bytes, first, last }, index) => ({
      name,
      kind: kindOf(plan, index),
      region,
      offset,
      bytes,
      first,
      last,
    })),
  };
}

function kindOf(plan: Plan, index: number): BufferReport['kind'] {
  if ([...plan.scratch.values()].includes(index)) return 'scratch';
  const tensors = [...plan.storage].flatMap(([name, { buffer }]) => (buffer === index ? [name] : []));
  if (plan.graph.inputs.some(({ tensor }) => tensors.includes(tensor)))
    return tensors.some((name) => ringOf(plan, name) !== null) ? 'ring' : 'input';
  if (keptOutputs(plan).some((tensor) => tensors.includes(tensor))) return 'output';
  return tensors.some((name) => ringOf(plan, name) !== null) ? 'ring' : 'tensor';
}

function ringOf(plan: Plan, name: string): RingReport | null {
  const storage = plan.storage.get(name) as Storage;
  const tensor = tensorOf(plan.graph, name);
  const rows = elementCount(tensor.shape) / storage.rowBytes;
  const buffer = plan.buffers[storage.buffer ?? -1];
  const bytes =
    buffer?.name === name ? buffer.bytes : storage.slots * storage.rowBytes + storage.window * storage.pixelBytes;
  // An alias, or a tensor that leaves the stage, is whole; those of a lane share a buffer.
  if ((buffer?.name !== name && storage.lane === null) || bytes >= elementCount(tensor.shape)) return null;
  return {
    ...{ tensor: name, rows, bytes },
    ...{ slots: storage.slots, window: storage.window, rowBytes: storage.rowBytes },
  };
}

/** How a port stands to the arena, in words. */
function portText(
  { name, shape, scale, zeroPoint, bytes, encoding, isInArena }: PortReport,
  how: 'fetched' | 'handed over',
): string {
  const value =
    encoding === 'pixels' ? 'pixels 0 to 255, step = pixel - 128' : `value = (step - ${zeroPoint}) * ${scale}`;
  return `${name} ${shapeText(shape)}, ${count(bytes)} bytes ${isInArena ? 'in the arena' : `${how} row by row, not in the arena`}; ${value}`;
}

/** The account of a plan that a person reads. `ends`: why each step ends where it ends, where that is to be said. */
export function planText(report: PlanReport, ends: readonly EndReport[] = []): string {
  const arenaInputs = report.inputs.filter((port) => port.isInArena).length;
  const counted =
    arenaInputs === report.inputs.length
      ? 'inputs included'
      : arenaInputs === 0
        ? 'inputs not included'
        : `${arenaInputs} of ${report.inputs.length} inputs included`;
  const head = [
    ...report.inputs.map((port) => `input   ${portText(port, 'fetched')}`),
    ...report.outputs.map((port) => `output  ${portText(port, 'handed over')}`),
    `SRAM    ${count(report.arenaBytes)} bytes of arena, ${counted}; without stack. These buffers need ${count(report.allocationBound)} at the least.`,
    ...(report.regions.length > 1 ? [`        in ${regionsText(report.regions)}`] : []),
    `flash   ${count(report.constantBytes)} bytes of weights and other constants, without code`,
    `work    ${count(report.macs)} MACs in ${plural(report.layers.length, 'layer')}, ${plural(report.steps.length, 'step')}`,
    ...report.rewritings.map((text) => `        ${text}`),
  ].join('\n');
  const steps = runsOf(report.steps).map((run) =>
    [runText(report, run), ...runEnds(ends.slice(run.first, run.first + run.steps.length))].join('\n'),
  );
  return `${[head, steps.join('\n\n'), `Buffers over time: bytes from the start of the ${report.regions.length > 1 ? 'memory' : 'arena'}, and the steps that they live through\n${memoryMapText(report)}`].join('\n\n')}\n`;
}

/** Steps that are printed as one: a stage, or the layers between stages. */
interface Run {
  readonly first: number;
  readonly steps: readonly StepReport[];
}

function runsOf(steps: readonly StepReport[]): readonly Run[] {
  const runs: Run[] = [];
  steps.forEach((step, index) => {
    const last = runs.at(-1);
    if (last !== undefined && step.kind === 'call' && last.steps[0]?.kind === 'call') {
      runs[runs.length - 1] = { first: last.first, steps: [...last.steps, step] };
    } else runs.push({ first: index, steps: [step] });
  });
  return runs;
}

function runText(report: PlanReport, { first, steps }: Run): string {
  const layers = steps.flatMap((step) => step.layers.map((layer) => report.layers[layer] as LayerReport));
  const rings = steps.flatMap((step) => step.rings);
  const fetched = steps.flatMap((step) => step.fetched);
  const handed = steps.flatMap((step) => step.handed);
  const over = handed.length === 0 ? '' : `, handing over ${handed.join(', ')}`;
  const last = first + steps.length - 1;
  const title =
    steps[0]?.kind === 'call'
      ? `${last === first ? `Step ${first}` : `Steps ${first} to ${last}`}: layer by layer, each whole${over}`
      : `Step ${first}: a stage of ${plural(layers.length, 'layer')}, row by row${fetched.length === 0 ? '' : `, fetching ${fetched.join(', ')}`}${over}`;
  const table = tableText(
    [
      { title: '#', align: 'right', text: (layer) => String(layer.index) },
      {
        title: 'ONNX nodes',
        align: 'left',
        text: (layer) => layer.nodes.map(({ name, operator }) => name || operator).join(' + ') || '-',
      },
      { title: 'operator', align: 'left', text: (layer) => layer.operator },
      { title: 'output', align: 'left', text: (layer) => shapeText(layer.shape) },
      { title: 'MACs', align: 'right', text: (layer) => count(layer.macs) },
      { title: 'scratch', align: 'right', text: (layer) => count(layer.scratchBytes) },
      { title: 'kernel', align: 'left', text: (layer) => layer.kernels.join(', ') || 'none: the same bytes' },
    ],
    layers,
  );
  if (rings.length === 0) return `${title}\n${table}`;
  const ringTable = tableText(
    [
      { title: 'ring', align: 'left', text: (ring) => ring.tensor },
      { title: 'slots', align: 'right', text: (ring) => `${ring.slots} of ${ring.rows}` },
      { title: 'window', align: 'right', text: (ring) => (ring.window === 0 ? '-' : plural(ring.window, 'column')) },
      { title: 'row bytes', align: 'right', text: (ring) => count(ring.rowBytes) },
      { title: 'bytes', align: 'right', text: (ring) => count(ring.bytes) },
    ],
    rings,
  );
  return `${title}\n${table}\n${ringTable}`;
}
