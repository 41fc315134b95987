import { kernelFiles } from '../codegen/model.ts';
import { runtimeFile } from '../codegen/project.ts';
import { structSizes } from '../codegen/struct-sizes.ts';
import { elementCount, type Origin, type Port, tensorOf } from '../graph/types.ts';
import type { ConstantArray, KernelCall } from '../ops/define.ts';
import { fetchedInputs, handedOutputs, keptOutputs } from '../plan/boundary.ts';
import { layerCycles, layerTime, segmentsOf } from '../plan/cost/cost.ts';
import type { Layer, Plan, Storage } from '../plan/types.ts';
import { type RegionReport, reportRegion } from './regions.ts';
import { kernelsOf } from './structure.ts';

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
  /**
   * Cycles of a Cortex-M4 without wait states, of the whole inference: an estimate. Null for any other core, and where a
   * kernel was never measured.
   */
  readonly estimatedCycles: number | null;
  readonly kernels: readonly string[];
  /** Why kernels for the target's instruction sets are not taken, where a portable one is. */
  readonly refusals: readonly string[];
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
  /** Bytes of weights, biases, multipliers, tables and structs of parameters, as on a 32-bit machine. */
  readonly constantBytes: number;
  readonly macs: number;
  /** The processor that estimates are for, such as cortex-m4; null where the target has none of ours. */
  readonly core: string | null;
  /** What is computed another way than the model says, with the same bytes. */
  readonly rewritings: readonly string[];
  /** Tensors whose rows are channel-planar, [channels][width]; those of all others are interleaved, [width][channels]. */
  readonly planar: readonly string[];
  readonly steps: readonly StepReport[];
  readonly layers: readonly LayerReport[];
  readonly buffers: readonly BufferReport[];
}

const elementBytes: Readonly<Record<ConstantArray['type'], number>> = { int8: 1, int16: 2, uint16: 2, int32: 4 };

/**
 * The parameters of a call, as C has them: structs without arrays are told by what they hold, since what is equal stands
 * once.
 */
function parameterBytes(call: KernelCall, sizes: ReadonlyMap<string, number>): readonly (readonly [unknown, number])[] {
  const bytesOf = (struct: string): number => {
    const bytes = sizes.get(struct);
    if (bytes === undefined) throw new Error(`no header defines ${struct}`);
    return bytes;
  };
  const numbers = Object.entries(call.fields).filter(([, value]) => typeof value !== 'object' || value === null);
  const hasArrays = numbers.length < Object.keys(call.fields).length;
  const text = JSON.stringify(numbers);
  const own: readonly [unknown, number] = [hasArrays ? call : `${call.struct} ${text}`, bytesOf(call.struct)];
  return call.shape === undefined ? [own] : [own, [`${call.shape} ${text}`, bytesOf(call.shape)]];
}

/** The constants of a layer's kernels, arrays by themselves so that shared ones can be told. */
function constantsOf(layer: Layer, sizes: ReadonlyMap<string, number>): ReadonlyMap<unknown, number> {
  const found = new Map<unknown, number>();
  if (layer.lowering.kind === 'alias') return found;
  for (const call of layer.lowering.calls) {
    for (const [key, bytes] of parameterBytes(call, sizes)) found.set(key, bytes);
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

/** What a plan decided, as data. `core`: the processor that estimates are for, where there is one. */
export function reportPlan(plan: Plan, core: string | null): PlanReport {
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
  const headers = kernelFiles(plan).filter((path) => path.endsWith('.h'));
  const sizes = structSizes(headers.map(runtimeFile));
  const constants = plan.layers.map((layer) => constantsOf(layer, sizes));
  const segments = segmentsOf(plan);
  const layers = plan.layers.map((layer, index): LayerReport => {
    const scratch = plan.scratch.get(layer.index);
    const segment = segments.get(layer.index) ?? null;
    const { symbols, refusals } = kernelsOf(layer.lowering.kind === 'alias' ? [] : layer.lowering.calls);
    return {
      index: layer.index,
      nodes: layer.node.from,
      operator: layer.node.op,
      tensor: layer.node.output,
      shape: layer.tensors.output.shape,
      macs: layer.macs,
      estimatedInstructions: layerTime(layer, segment, plan),
      estimatedCycles: core === 'cortex-m4' ? layerCycles(layer, segment, plan) : null,
      kernels: symbols,
      refusals,
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
    core,
    rewritings: plan.rewritings.map(({ text }) => text),
    planar: [...plan.storage].flatMap(([name, { layout }]) => (layout === 'planar' ? [name] : [])),
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

/** What estimated cycles are of. */
export const cyclesAre = 'Cortex-M4, no wait states';

/** Of all layers; null where one has no estimate. */
export function estimatedCycles(layers: readonly Pick<LayerReport, 'estimatedCycles'>[]): number | null {
  return layers.reduce<number | null>(
    (total, { estimatedCycles: cycles }) => (total === null || cycles === null ? null : total + cycles),
    0,
  );
}
