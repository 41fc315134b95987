import { rowShape, tensorOf } from '../graph/types.ts';
import type { Layer, Plan, StageStep, Storage } from './types.ts';
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
      if (together && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes) {
        fail(`buffers ${a.name} and ${b.name} live together and overlap`);
      }
    }
  });
  checkTenants(plan);
  const complete = new Set(plan.graph.inputs.map((port) => port.tensor));
  const ran = new Set<number>();
  const runs = (layer: Layer): void => {
    if (ran.has(layer.index)) fail(`layer ${layer.index} runs twice`);
    ran.add(layer.index);
  };
  plan.steps.forEach((planned, index) => {
    checkSharing(plan, planned);
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
  if (placed === undefined || step < placed.first || step > placed.last)
    fail(`tensor ${name} does not live at step ${step}`);
}

function checkWhole(plan: Plan, name: string, step: number, complete: ReadonlySet<string>): void {
  if (!complete.has(name)) fail(`tensor ${name} is read before it is made`);
  const { slots, window } = storageOf(plan, name);
  if (window > 0 || slots !== rowShape(tensorOf(plan.graph, name).shape).rows) fail(`tensor ${name} is not whole`);
  checkLives(plan, name, step);
}

/** Tensors of one buffer may live together at one step only, where the later is made from the earlier. */
function checkTenants(plan: Plan): void {
  const lives = new Map<string, { first: number; last: number }>();
  const end = plan.steps.length;
  for (const port of plan.graph.inputs) lives.set(port.tensor, { first: -1, last: -1 });
  plan.steps.forEach((step, index) => {
    for (const member of step.kind === 'call' ? [step.layer] : step.layers) {
      const { node, lowering } = plan.layers[member] as Layer;
      for (const name of node.inputs) {
        const life = name === null ? undefined : lives.get(name);
        if (life !== undefined) life.last = index;
      }
      // Another name for a tensor shares its life.
      const named = lowering.kind === 'alias' ? lives.get(node.inputs[0] as string) : undefined;
      lives.set(node.output, named ?? { first: index, last: index });
    }
  });
  for (const port of plan.graph.outputs) (lives.get(port.tensor) as { last: number }).last = end;
  const tenants = [...lives];
  tenants.forEach(([name, a], i) => {
    const place = storageOf(plan, name);
    for (const [other, b] of tenants.slice(i + 1)) {
      if (a === b || storageOf(plan, other).buffer !== place.buffer || place.buffer === null) continue;
      const [earlier, later] = a.first <= b.first ? [a, b] : [b, a];
      if (earlier.last > later.first) fail(`${name} and ${other} share a buffer and live together`);
    }
  });
}

/**
 * Where a step writes a tensor over one that it reads: marks the bytes that are overwritten, row by row as the step
 * runs, and looks whether any is read afterwards.
 */
function checkSharing(plan: Plan, step: Plan['steps'][number]): void {
  const members = (step.kind === 'call' ? [step.layer] : step.layers).map((index) => plan.layers[index] as Layer);
  if (members.every((layer) => layer.lowering.kind === 'alias')) return;
  const made = new Set(members.map((layer) => layer.node.output));
  const read = new Set(
    members.flatMap((layer) => layer.node.inputs.filter((name) => name !== null && !made.has(name))),
  );
  const shared = [...read].flatMap((input) => {
    if (input === null || tensorOf(plan.graph, input).kind === 'constant') return [];
    const from = storageOf(plan, input);
    const outputs = [...made].filter((name) => name !== input && storageOf(plan, name).buffer === from.buffer);
    return from.buffer === null || outputs.length === 0 ? [] : [{ input, from, outputs }];
  });
  if (shared.length === 0) return;
  const calls = members.flatMap((layer) => (layer.lowering.kind === 'calls' ? layer.lowering.calls : []));
  if (step.kind === 'call' && (calls.length > 1 || !plan.overlapping.has(step.layer)))
    fail(`layer ${step.layer} does not write over its input row by row`);
  const stage = step.kind === 'call' ? { segments: [], fetched: [] } : step;
  for (const { input, from, outputs } of shared) {
    const walk = startWalk(members, stage, (name) => tensorOf(plan.graph, name));
    const gone = new Uint8Array(plan.buffers[from.buffer as number]?.bytes ?? 0);
    const checkRow = (member: Member): void => {
      for (const { demand } of member.intakes) {
        if (demand.tensor.name !== input) continue;
        for (let row = demand.firstRow[member.y] as number; row <= (demand.lastRow[member.y] as number); row += 1) {
          const start = from.offset + row * from.rowBytes;
          if (gone.subarray(start, start + from.rowBytes).includes(1))
            fail(`row ${row} of ${input} is overwritten too early`);
        }
      }
    };
    let writer: Member | undefined;
    runWalk(walk, {
      step(member) {
        checkRow(member);
        writer = member;
      },
      write(flow, row, first, last) {
        if (!outputs.includes(flow.tensor.name)) return;
        const { offset, rowBytes } = storageOf(plan, flow.tensor.name);
        gone.fill(
          1,
          offset + row * rowBytes + first * flow.pixelBytes,
          offset + row * rowBytes + last * flow.pixelBytes,
        );
        // What is read in the very step that writes must not be touched either.
        if (writer !== undefined) checkRow(writer);
      },
    });
  }
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
