import { rowShape, tensorOf } from '../graph/types.ts';
import type { Layer, PlacedBuffer, Plan, StageStep, Storage } from './types.ts';
import { checkAliases, checkSharing, createTenancy, fail, storageOf } from './validate-bytes.ts';
import { columnsRead, type Flow, type Intake, type Member, runWalk, startWalk } from './walk.ts';

/**
 * Checks a plan without trusting how it was made: every buffer lies in the arena, no two that live together share
 * bytes, and every byte that a layer reads is the one that the layer before it wrote. For stages it keeps, for every
 * column of every slot and window, which row lies there, and moves them as the generated code does.
 * @throws Error (our bug) that says what is wrong
 */
export function validatePlan(plan: Plan): void {
  plan.buffers.forEach((a, i) => {
    if (a.offset < 0 || a.offset % 4 !== 0) fail(`buffer ${a.name} lies at ${a.offset}`);
    if (a.offset + a.bytes > plan.arenaBytes) fail(`buffer ${a.name} leaves the arena`);
    for (const b of plan.buffers.slice(i + 1)) {
      const together = a.first <= b.last && b.first <= a.last;
      if (!together || a.offset >= b.offset + b.bytes || b.offset >= a.offset + a.bytes) continue;
      // An output may begin in an input that dies: the step that reads the one and makes the other is looked at below.
      const once = a.last === b.first || b.last === a.first;
      if (!once || !isJoin(plan, a.last === b.first ? [a, b] : [b, a]))
        fail(`buffers ${a.name} and ${b.name} live together and overlap`);
    }
  });
  checkAliases(plan);
  const tenancy = createTenancy(plan);
  const complete = new Set(plan.graph.inputs.map((port) => port.tensor));
  const ran = new Set<number>();
  const runs = (layer: Layer): void => {
    if (ran.has(layer.index)) fail(`layer ${layer.index} runs twice`);
    ran.add(layer.index);
  };
  plan.steps.forEach((planned, index) => {
    checkSharing(plan, planned);
    tenancy.read(planned);
    tenancy.write(planned);
    if (planned.kind === 'call') {
      const layer = plan.layers[planned.layer] as Layer;
      runs(layer);
      for (const tensor of layer.tensors.inputs) {
        if (tensor !== null && tensor.kind !== 'constant') checkWhole(plan, tensor.name, index, complete);
      }
      checkLives(plan, layer.node.output, index);
      complete.add(layer.node.output);
    } else {
      for (const member of planned.layers) runs(plan.layers[member] as Layer);
      walkStage(plan, planned, index, complete);
    }
  });
  if (ran.size !== plan.layers.length) fail(`${plan.layers.length - ran.size} layers never run`);
  for (const port of plan.graph.outputs) {
    checkWhole(plan, port.tensor, plan.steps.length - 1, complete);
    tenancy.check(port.tensor);
  }
}

/** Whether the first of two buffers that share bytes is a tensor, and the second one that is made while it dies. */
function isJoin(plan: Plan, [input, output]: readonly [PlacedBuffer, PlacedBuffer]): boolean {
  const step = plan.steps[output.first];
  const made = step?.kind === 'call' ? [step.layer] : (step?.layers ?? []);
  const isTensor = ({ name }: PlacedBuffer): boolean =>
    plan.buffers[plan.storage.get(name)?.buffer ?? -1]?.name === name;
  const outputs = made.map((index) => plan.layers[index]?.node.output);
  return isTensor(input) && isTensor(output) && outputs.includes(output.name) && !outputs.includes(input.name);
}

function checkLives(plan: Plan, name: string, step: number): void {
  const { buffer } = storageOf(plan, name);
  const placed = buffer === null ? undefined : plan.buffers[buffer];
  if (placed === undefined || step < placed.first || step > placed.last)
    fail(`tensor ${name} does not live at step ${step}`);
}

function checkWhole(plan: Plan, name: string, step: number, complete: ReadonlySet<string>): void {
  if (!complete.has(name)) fail(`tensor ${name} is read before it is made`);
  const { slots, window } = storageOf(plan, name);
  if (window > 0 || slots !== rowShape(tensorOf(plan.graph, name).shape).rows) fail(`tensor ${name} is not whole`);
  checkLives(plan, name, step);
}

/** Which row lies in every column of the slots and of the window of a ring. */
interface Contents {
  readonly storage: Storage;
  readonly slots: Int32Array;
  readonly window: Int32Array;
  row: number;
  end: number;
}

function walkStage(plan: Plan, stage: StageStep, step: number, complete: Set<string>): void {
  const members = stage.layers.map((layer) => plan.layers[layer] as Layer);
  const walk = startWalk(members, stage, (name) => tensorOf(plan.graph, name));
  const contents = new Map<Flow, Contents>();
  for (const flow of [...walk.fetched, ...walk.members.map((member) => member.output)]) {
    const storage = storageOf(plan, flow.tensor.name);
    const { buffer } = storage;
    const bytes = (storage.slots * flow.width + storage.window) * flow.pixelBytes;
    if (buffer === null || bytes > (plan.buffers[buffer]?.bytes ?? 0))
      fail(`the ring of ${flow.tensor.name} is too small`);
    checkLives(plan, flow.tensor.name, step);
    complete.delete(flow.tensor.name);
    contents.set(flow, {
      storage,
      slots: new Int32Array(storage.slots * flow.width).fill(-1),
      window: new Int32Array(storage.window).fill(-1),
      row: 0,
      end: 0,
    });
  }
  runWalk(walk, {
    write: (flow, row, from, to) => write(contents.get(flow) as Contents, flow, row, from, to),
    step(member) {
      for (const intake of member.intakes) {
        if (intake.flow === null) checkWhole(plan, intake.demand.tensor.name, step, complete);
        else read(contents.get(intake.flow) as Contents, intake.flow, member, intake);
      }
    },
  });
  for (const member of members) complete.add(member.node.output);
}

/** Moves columns [from, to) of the window's row to their slot. */
function commit(ring: Contents, flow: Flow, from: number, to: number): void {
  const { slots, window } = ring.storage;
  for (let column = Math.max(0, from); column < to; column += 1) {
    const row = ring.window[window - ring.end + column];
    if (row !== ring.row) fail(`column ${column} of row ${ring.row} of ${flow.tensor.name} left the window too early`);
    if (slots > 0) ring.slots[(ring.row % slots) * flow.width + column] = ring.row;
  }
}

function write(ring: Contents, flow: Flow, row: number, from: number, to: number): void {
  const { slots, window } = ring.storage;
  if (window === 0) {
    ring.slots.fill(row, (row % slots) * flow.width + from, (row % slots) * flow.width + to);
    ring.row = row;
    return;
  }
  if (from === 0 && row > 0) commit(ring, flow, flow.width - window, flow.width);
  if (from === 0) {
    ring.end = 0;
    ring.row = row;
  } else {
    commit(ring, flow, from - window, to - window);
  }
  ring.window.copyWithin(0, to - from);
  ring.window.fill(row, window - (to - from));
  ring.end = to;
}

function read(ring: Contents, flow: Flow, member: Member, intake: Intake): void {
  const { storage } = ring;
  const { demand } = intake;
  const { first, last } = columnsRead(member, intake);
  const settled = storage.settle.some(
    ({ layer, input, from }) => layer === member.layer.index && input === demand.input && member.y >= from,
  );
  if (settled && member.x === 0) commit(ring, flow, flow.width - storage.window, flow.width);
  for (let row = demand.firstRow[member.y] as number; row <= (demand.lastRow[member.y] as number); row += 1) {
    for (let column = first; column <= last; column += 1) {
      const inWindow = storage.window > 0 && row === ring.row && !settled;
      const found = inWindow
        ? ring.window[storage.window - ring.end + column]
        : ring.slots[(row % storage.slots) * flow.width + column];
      if (found !== row) {
        fail(`column ${column} of row ${row} of ${flow.tensor.name} is gone when layer ${member.layer.index} needs it`);
      }
    }
  }
}
