import { rowShape, tensorOf } from '../graph/types.ts';
import { rowsNeeded, stepCount } from './rows.ts';
import { accumulates } from './stage.ts';
import type { Layer, Plan, StageStep, Storage } from './types.ts';

/**
 * Checks a plan without trusting how it was made, by walking what the generated code will do: every buffer lies in the
 * arena, no two that live together share bytes, every byte that a layer reads was written by the layer that makes it
 * and has not been overwritten since.
 * @throws Error (our bug) that says what is wrong
 */
export function validatePlan(plan: Plan): void {
  plan.buffers.forEach((a, i) => {
    if (a.offset < 0 || a.offset % 4 !== 0) fail(`buffer ${a.name} lies at ${a.offset}`);
    if (a.offset + a.bytes > plan.arenaBytes) fail(`buffer ${a.name} leaves the arena`);
    for (const b of plan.buffers.slice(i + 1)) {
      const together = a.first <= b.last && b.first <= a.last;
      if (together && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes) {
        fail(`buffers ${a.name} and ${b.name} live together and overlap`);
      }
    }
  });
  const complete = new Set(plan.graph.inputs.map((port) => port.tensor));
  const ran = new Set<number>();
  const step = (layer: Layer): void => {
    if (ran.has(layer.index)) fail(`layer ${layer.index} runs twice`);
    ran.add(layer.index);
  };
  plan.steps.forEach((planned, index) => {
    if (planned.kind === 'call') {
      const layer = plan.layers[planned.layer] as Layer;
      step(layer);
      for (const tensor of layer.tensors.inputs) {
        if (tensor !== null && tensor.kind !== 'constant') checkWhole(plan, tensor.name, index, complete);
      }
      checkLives(plan, layer.node.output, index);
      complete.add(layer.node.output);
    } else {
      for (const member of planned.layers) step(plan.layers[member] as Layer);
      walkStage(plan, planned, index, complete);
    }
  });
  if (ran.size !== plan.layers.length) fail(`${plan.layers.length - ran.size} layers never run`);
  for (const port of plan.graph.outputs) checkWhole(plan, port.tensor, plan.steps.length - 1, complete);
}

function fail(message: string): never {
  throw new Error(`the plan is wrong: ${message}`);
}

function storageOf(plan: Plan, name: string): Storage {
  return plan.storage.get(name) ?? fail(`tensor ${name} has no place`);
}

function checkLives(plan: Plan, name: string, step: number): void {
  const { buffer } = storageOf(plan, name);
  const placed = buffer === null ? undefined : plan.buffers[buffer];
  if (placed === undefined || step < placed.first || step > placed.last) fail(`tensor ${name} does not live at step ${step}`);
}

function checkWhole(plan: Plan, name: string, step: number, complete: ReadonlySet<string>): void {
  if (!complete.has(name)) fail(`tensor ${name} is read before it is made`);
  if (storageOf(plan, name).slots !== rowShape(tensorOf(plan.graph, name).shape).rows) fail(`tensor ${name} is not whole`);
  checkLives(plan, name, step);
}

/** Simulates the rings of a stage slot by slot: which row each slot holds. */
function walkStage(plan: Plan, stage: StageStep, index: number, complete: Set<string>): void {
  const members = stage.layers.map((layer) => plan.layers[layer] as Layer);
  const made = new Map<string, number>();
  const rings = new Map<string, Int32Array>();
  for (const name of [...stage.fetched, ...members.map((layer) => layer.node.output)]) {
    made.set(name, 0);
    rings.set(name, new Int32Array(storageOf(plan, name).slots).fill(-1));
    checkLives(plan, name, index);
    complete.delete(name);
  }
  const rowsOf = (name: string): number => rowShape(tensorOf(plan.graph, name).shape).rows;
  const write = (name: string): void => {
    const ring = rings.get(name) as Int32Array;
    const row = made.get(name) as number;
    ring[row % ring.length] = row;
    made.set(name, row + 1);
  };
  const done = members.map(() => 0);
  for (;;) {
    let position = members.length - 1;
    for (; position >= 0; position -= 1) {
      const layer = members[position] as Layer;
      const row = done[position] as number;
      if (row >= stepCount(layer)) continue;
      const waits = layer.tensors.inputs.some((tensor, input) => {
        const available = tensor === null ? undefined : made.get(tensor.name);
        const needed = available === undefined ? null : rowsNeeded(layer, input, row);
        return needed !== null && available !== undefined && needed.last >= available;
      });
      if (!waits) break;
    }
    if (position < 0) {
      const next = stage.fetched.find((name) => (made.get(name) as number) < rowsOf(name));
      if (next === undefined) break;
      write(next);
      continue;
    }
    const layer = members[position] as Layer;
    const row = done[position] as number;
    layer.tensors.inputs.forEach((tensor, input) => {
      if (tensor === null || tensor.kind === 'constant') return;
      const ring = rings.get(tensor.name);
      if (ring === undefined) return checkWhole(plan, tensor.name, index, complete);
      const needed = rowsNeeded(layer, input, row);
      for (let r = needed?.first ?? 0; r <= (needed?.last ?? -1); r += 1) {
        if (ring[r % ring.length] !== r) fail(`row ${r} of ${tensor.name} is gone when ${layer.node.output} needs it`);
      }
    });
    done[position] = row + 1;
    if (!accumulates(layer)) write(layer.node.output);
    else if (row + 1 === stepCount(layer)) for (let r = rowsOf(layer.node.output); r > 0; r -= 1) write(layer.node.output);
  }
  members.forEach((layer, position) => {
    if (done[position] !== stepCount(layer)) fail(`layer ${layer.node.output} does not finish`);
    complete.add(layer.node.output);
  });
}
