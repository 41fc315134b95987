import { rowShape, type Tensor } from '../graph/types.ts';
import type { KernelCall, KernelInput } from '../ops/define.ts';
import { type Layer, type Plan, tensorBytes } from './types.ts';

/**
 * The bytes that an inference reads and writes in each buffer, by the rows that kernels are given: a row counts as often
 * as a kernel gets it, output once, scratch twice a call. What a kernel reads again while it has a row is left out: it
 * is the same for every row of a layer, and a cache holds a row.
 * @returns a number for each of the plan's buffers
 */
export function touchedBytes(plan: Plan): readonly number[] {
  const touched = new Array<number>(plan.buffers.length).fill(0);
  const touch = (buffer: number | null | undefined, bytes: number): void => {
    if (buffer !== null && buffer !== undefined) touched[buffer] = (touched[buffer] as number) + bytes;
  };
  const bufferOf = (tensor: Tensor): number | null => plan.storage.get(tensor.name)?.buffer ?? null;
  for (const layer of plan.layers) {
    if (layer.lowering.kind === 'alias') continue;
    touch(bufferOf(layer.tensors.output), tensorBytes(layer.tensors.output));
    for (const call of layer.lowering.calls) {
      const calls = rowCalls(layer, call);
      touch(plan.scratch.get(layer.index), 2 * call.scratchBytes * calls);
      for (const access of call.inputs) {
        const tensor = layer.tensors.inputs[access.input];
        if (tensor === null || tensor === undefined || tensor.kind === 'constant') continue;
        touch(bufferOf(tensor), calls * bytesOfCall(tensor, call, access));
      }
    }
  }
  for (const step of plan.steps) {
    if (step.kind !== 'stage') continue;
    for (const name of step.fetched) {
      const tensor = plan.graph.tensors.get(name);
      if (tensor !== undefined) touch(bufferOf(tensor), tensorBytes(tensor));
    }
  }
  return touched;
}

/** How often a kernel is called, if it computes whole rows. */
function rowCalls({ tensors }: Layer, { steps, count }: KernelCall): number {
  return steps === 'once' ? 1 : rowShape(tensors.output.shape).batch * count;
}

/** The bytes of an input that one call is given. */
function bytesOfCall({ shape }: Tensor, { steps }: KernelCall, { rows }: KernelInput): number {
  const { batch, rows: height, width, channels } = rowShape(shape);
  if (steps === 'once') return batch * height * width * channels;
  return (rows === 'whole' ? height : Math.min(rows.count, height)) * width * channels;
}
