import { rowShape, tensorOf } from '../../graph/types.ts';
import { handedOutputs } from '../boundary.ts';
import type { Layer, PlacedBuffer, Plan, StageStep, Storage } from '../types.ts';
import { columnsRead, type Flow, type Intake, type Member, runWalk, startWalk } from '../walk.ts';
import { checkAliases, checkSharing, createTenancy, fail, storageOf } from './bytes.ts';
import { checkLayouts } from './layouts.ts';

/**
 * Checks a plan without trusting how it was made: every buffer lies in its region, no two that live together share
 * bytes, and every byte that a layer reads is the one that the layer before it wrote. For stages it keeps, for every
 * column of every slot and window, which row lies there, and moves them as the generated code does. Every output stands
 * whole at the end, or has been handed over, row by row in order, each row complete.
 * @throws Error (our bug) that says what is wrong
 */
export function validatePlan(plan: Plan): void {
  checkRegions(plan);
  plan.buffers.forEach((a, i) => {
    if (a.offset < 0 || a.offset % 4 !== 0) fail(`buffer ${a.name} lies at ${a.offset}`);
    const region = plan.regions[a.region] ?? fail(`buffer ${a.name} lies in a region that there is not`);
    if (a.offset + a.bytes > region.bytes) fail(`buffer ${a.name} leaves the arena`);
    for (const b of plan.buffers.slice(i + 1)) {
      const together = a.first <= b.last && b.first <= a.last && a.region === b.region;
      if (!together || a.offset >= b.offset + b.bytes || b.offset >= a.offset + a.bytes) continue;
      // An output may begin in an input that dies: the step that reads the one and makes the other is looked at below.
      const orders = [
        [a, b],
        [b, a],
      ] as const;
      if (!orders.some(([input, output]) => input.last === output.first && isJoin(plan, [input, output])))
        fail(`buffers ${a.name} and ${b.name} live together and overlap`);
    }
  });
  checkAliases(plan);
  checkLayouts(plan);
  const tenancy = createTenancy(plan);
  const complete = new Set(plan.graph.inputs.map((port) => port.tensor));
  const ran = new Set<number>();
  const handed = new Set<string>();
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
      if (handedOutputs(plan).has(layer.node.output)) {
        checkWhole(plan, layer.node.output, index, complete);
        tenancy.check(layer.node.output);
        handed.add(layer.node.output);
      }
    } else {
      for (const member of planned.layers) runs(plan.layers[member] as Layer);
      for (const name of walkStage(plan, planned, index, complete)) handed.add(name);
    }
  });
  if (ran.size !== plan.layers.length) fail(`${plan.layers.length - ran.size} layers never run`);
  for (const port of plan.graph.outputs) {
    const goes = handed.has(port.tensor);
    if (handedOutputs(plan).has(port.tensor) !== goes)
      fail(`output ${port.tensor} is ${goes ? 'handed over, and was to stay' : 'never handed over'}`);
    if (goes) continue;
    checkWhole(plan, port.tensor, plan.steps.length - 1, complete);
    tenancy.check(port.tensor);
  }
}

/** The regions are the arena, and each is no larger than the memory that it is for. */
function checkRegions({ regions, arenaBytes }: Plan): void {
  for (const { memory, bytes, bound } of regions) {
    if (bytes < bound || bytes % 4 !== 0) fail(`a region has ${bytes} bytes, and needs ${bound}`);
    if (memory !== null && bytes > memory.bytes) fail(`the region in ${memory.name} has ${bytes} bytes`);
  }
  const total = regions.reduce((sum, { bytes }) => sum + bytes, 0);
  if (regions.length === 0 || total !== arenaBytes) fail(`the regions have ${total} bytes, the arena ${arenaBytes}`);
  const names = regions.map(({ memory }) => memory?.name);
  if (regions.length > 1 && (names.includes(undefined) || new Set(names).size < names.length))
    fail(`the memories of the regions are ${names.join(', ')}`);
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

/** Walks through a stage; gives the outputs that it has handed over. */
function walkStage(plan: Plan, stage: StageStep, step: number, complete: Set<string>): Iterable<string> {
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
  const rowsHanded = new Map<string, number>();
  runWalk(walk, {
    write(flow, row, from, to) {
      const own = contents.get(flow) as Contents;
      for (const other of contents.values()) {
        // Tensors of one lane lie at the same place: whatever is written to one is the end of what lay in the others.
        if (other === own || other.storage.lane === null || other.storage.buffer !== own.storage.buffer) continue;
        other.slots.fill(-1);
        other.window.fill(-1);
      }
      write(own, flow, row, from, to);
    },
    hand(flow, row) {
      const { name } = flow.tensor;
      if (row !== (rowsHanded.get(name) ?? 0)) fail(`row ${row} of ${name} is handed over out of order`);
      rowsHanded.set(name, row + 1);
      checkRow(contents.get(flow) as Contents, flow, row);
    },
    step(member) {
      for (const intake of member.intakes) {
        if (intake.flow === null) checkWhole(plan, intake.demand.tensor.name, step, complete);
        else read(contents.get(intake.flow) as Contents, intake.flow, member, intake);
      }
    },
  });
  for (const { output } of walk.members) {
    const { name } = output.tensor;
    complete.add(name);
    if ((rowsHanded.get(name) ?? output.rows) !== output.rows) fail(`rows of ${name} are not handed over`);
  }
  return rowsHanded.keys();
}

/** Looks whether a row lies in one piece, complete. */
function checkRow({ storage, slots }: Contents, flow: Flow, row: number): void {
  const { name, shape } = flow.tensor;
  if (storage.window > 0 || (flow.width > 1 && storage.pixelBytes !== rowShape(shape).channels))
    fail(`the rows of ${name} do not lie in one piece`);
  const start = (row % storage.slots) * flow.width;
  if (slots.subarray(start, start + flow.width).some((there) => there !== row))
    fail(`row ${row} of ${name} is not there when it is handed over`);
}

/** Moves columns [from, to) of the window's row to their slot. */
function commit(ring: Contents, flow: Flow, from: number, to: number): void {
  const { slots, window } = ring.storage;
  // Without slots what leaves the window is gone.
  if (slots === 0) return;
  for (let column = Math.max(0, from); column < to; column += 1) {
    const row = ring.window[window - ring.end + column];
    if (row !== ring.row) fail(`column ${column} of row ${ring.row} of ${flow.tensor.name} left the window too early`);
    ring.slots[(ring.row % slots) * flow.width + column] = ring.row;
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
