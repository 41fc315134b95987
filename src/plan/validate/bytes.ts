import { type RowShape, rowShape, type Tensor, tensorOf } from '../../graph/types.ts';
import type { Layer, Plan, Step, Storage } from '../types.ts';
import { type Member, runWalk, startWalk, wholeRows } from '../walk.ts';

/** The plan is not what it says: our bug. */
export function fail(message: string): never {
  throw new Error(`the plan is wrong: ${message}`);
}

export function storageOf(plan: Plan, name: string): Storage {
  return plan.storage.get(name) ?? fail(`tensor ${name} has no place`);
}

/**
 * Where a step writes a tensor over one that it reads: marks the bytes that are overwritten, row by row as the step
 * runs, and looks whether any is read afterwards.
 */
export function checkSharing(plan: Plan, step: Plan['steps'][number]): void {
  const members = (step.kind === 'call' ? [step.layer] : step.layers).map((index) => plan.layers[index] as Layer);
  if (members.every((layer) => layer.lowering.kind === 'alias')) return;
  const made = new Set(members.map((layer) => layer.node.output));
  const read = new Set(
    members.flatMap((layer) => layer.node.inputs.filter((name) => name !== null && !made.has(name))),
  );
  const shared = [...read].flatMap((input) => {
    if (input === null || tensorOf(plan.graph, input).kind === 'constant') return [];
    const from = storageOf(plan, input);
    const outputs = [...made].filter((name) => name !== input && meet(plan, name, input));
    return from.buffer === null || outputs.length === 0 ? [] : [{ input, from, outputs }];
  });
  if (shared.length === 0) return;
  const calls = members.flatMap((layer) => (layer.lowering.kind === 'calls' ? layer.lowering.calls : []));
  if (step.kind === 'call' && (calls.length > 1 || !plan.overlapping.has(step.layer)))
    fail(`layer ${step.layer} does not write over its input row by row`);
  const stage = step.kind === 'call' ? wholeRows : step;
  const together = step.kind === 'call' ? (plan.overlapping.get(step.layer) ?? 1) : 1;
  for (const { input, from, outputs } of shared) {
    const walk = startWalk(members, stage, (name) => tensorOf(plan.graph, name));
    const gone = new Uint8Array(plan.arenaBytes);
    const shape = rowShape(tensorOf(plan.graph, input).shape);
    const checkRow = (member: Member, y: number): void => {
      for (const { demand } of member.intakes) {
        if (demand.tensor.name !== input) continue;
        for (let row = demand.firstRow[y] as number; row <= (demand.lastRow[y] as number); row += 1) {
          forEachRun(plan, from, shape, { row, first: 0, last: shape.width }, (start, end) => {
            if (gone.subarray(start, end).includes(1)) fail(`row ${row} of ${input} is overwritten too early`);
          });
        }
      }
    };
    let writer: Member | undefined;
    runWalk(walk, {
      step(member) {
        checkRow(member, member.y);
        writer = member;
      },
      write(flow, row, first, last) {
        if (!outputs.includes(flow.tensor.name)) return;
        const output = storageOf(plan, flow.tensor.name);
        forEachRun(plan, output, rowShape(flow.tensor.shape), { row, first, last }, (start, end) =>
          gone.fill(1, start, end),
        );
        // What is read in the very call that writes must not be touched either: of all its rows up to this one.
        if (writer === undefined) return;
        for (let y = writer.y - (writer.y % together); y <= writer.y; y += 1) checkRow(writer, y);
      },
    });
  }
}

/** Where a buffer begins in all regions, one after the other: no byte of one region is a byte of another. */
function startOf({ buffers, regions }: Plan, index: number | null): number {
  const buffer = buffers[index ?? -1];
  if (buffer === undefined) return 0;
  return regions.slice(0, buffer.region).reduce((sum, { bytes }) => sum + bytes, buffer.offset);
}

/** Calls `visit` for every run of bytes of the arena that a part of a row of a whole tensor covers. */
function forEachRun(
  plan: Plan,
  { buffer, offset, rowBytes, pixelBytes }: Storage,
  { channels }: RowShape,
  { row, first, last }: { readonly row: number; readonly first: number; readonly last: number },
  visit: (start: number, end: number) => void,
): void {
  const base = startOf(plan, buffer) + offset + row * rowBytes;
  if (pixelBytes === channels) {
    visit(base + first * channels, base + last * channels);
    return;
  }
  for (let column = first; column < last; column += 1) {
    visit(base + column * pixelBytes, base + column * pixelBytes + channels);
  }
}

/** The bytes of the arena that a whole tensor covers. */
function forEachTensorRun(plan: Plan, name: string, visit: (start: number, end: number) => void): void {
  const storage = storageOf(plan, name);
  const shape = rowShape(tensorOf(plan.graph, name).shape);
  for (let row = 0; row < shape.batch * shape.rows; row += 1) {
    forEachRun(plan, storage, shape, { row, first: 0, last: shape.width }, visit);
  }
}

/** Whether a tensor is stored whole, and not in a ring. */
function isWhole(plan: Plan, name: string): boolean {
  const { slots, window, buffer } = storageOf(plan, name);
  return buffer !== null && window === 0 && slots === rowShape(tensorOf(plan.graph, name).shape).rows;
}

/** Whether two whole tensors have bytes in common. */
function meet(plan: Plan, a: string, b: string): boolean {
  const [one, other] = [a, b].map((name) => plan.buffers[storageOf(plan, name).buffer ?? -1]);
  if (one === undefined || other === undefined || one.region !== other.region) return false;
  if (one.offset >= other.offset + other.bytes || other.offset >= one.offset + one.bytes) return false;
  if (!isWhole(plan, a) || !isWhole(plan, b)) return false;
  const covered = new Uint8Array(plan.arenaBytes);
  forEachTensorRun(plan, a, (start, end) => covered.fill(1, start, end));
  let found = false;
  forEachTensorRun(plan, b, (start, end) => {
    found ||= covered.subarray(start, end).includes(1);
  });
  return found;
}

/** Layers that compute nothing: the bytes of their tensors lie where the operator says. */
export function checkAliases(plan: Plan): void {
  for (const { lowering, node, tensors } of plan.layers) {
    if (lowering.kind !== 'alias') continue;
    const output = storageOf(plan, node.output);
    for (const { whole, input, row, column, channel } of lowering.views ?? []) {
      const other = storageOf(plan, node.inputs[input] as string);
      const [outer, inner] = whole === 'output' ? [output, other] : [other, output];
      const at = outer.offset + row * outer.rowBytes + column * outer.pixelBytes + channel;
      const alike = inner.rowBytes === outer.rowBytes && inner.pixelBytes === outer.pixelBytes;
      if (inner.buffer !== outer.buffer || inner.offset !== at || !alike)
        fail(`${node.output} and its input ${input} do not lie in each other`);
    }
    if (lowering.views !== undefined) continue;
    const input = storageOf(plan, node.inputs[0] as string);
    if (input.buffer !== output.buffer || input.offset !== output.offset)
      fail(`${node.output} does not lie where its input does`);
    for (const tensor of [tensors.inputs[0] as Tensor, tensors.output]) {
      const { width, rows, channels } = rowShape(tensor.shape);
      const { pixelBytes, rowBytes } = storageOf(plan, tensor.name);
      if ((width > 1 && pixelBytes !== channels) || (rows > 1 && rowBytes !== width * channels))
        fail(`the bytes of ${tensor.name}, which has another shape as well, do not lie side by side`);
    }
  }
}

/** Knows for every byte of the arena which tensor was written there last, of those that are stored whole. */
export interface Tenancy {
  /** Looks whether what a step reads is what was written. */
  readonly read: (step: Step) => void;
  readonly write: (step: Step) => void;
  readonly check: (name: string) => void;
}

export function createTenancy(plan: Plan): Tenancy {
  const numbers = new Map<string, number>();
  const bytes = new Int32Array(plan.arenaBytes);
  /** The tensors whose bytes a name stands for. */
  const written = new Map<string, ReadonlySet<number>>();
  const put = (name: string): void => {
    const number = numbers.size + 1;
    numbers.set(name, number);
    written.set(name, new Set([number]));
    if (!isWhole(plan, name)) return;
    const { buffer } = storageOf(plan, name);
    const from = startOf(plan, buffer);
    const to = from + (plan.buffers[buffer ?? -1]?.bytes ?? 0);
    forEachTensorRun(plan, name, (start, end) => {
      if (start < from || end > to) fail(`tensor ${name} leaves its buffer`);
      bytes.fill(number, start, end);
    });
  };
  const check = (name: string): void => {
    if (!isWhole(plan, name)) return;
    const allowed = written.get(name) ?? new Set();
    const [first] = allowed;
    forEachTensorRun(plan, name, (start, end) => {
      for (let i = start; i < end; i += 1) {
        const number = bytes[i] as number;
        if (number !== first && !allowed.has(number))
          fail(`bytes of ${name} are not there any more when they are read`);
      }
    });
  };
  // An input that is fetched takes nothing before its stage.
  const arriving = new Set(plan.steps.flatMap((step) => (step.kind === 'stage' ? step.fetched : [])));
  for (const { tensor } of plan.graph.inputs) if (!arriving.has(tensor)) put(tensor);
  const membersOf = (step: Step): readonly Layer[] =>
    (step.kind === 'call' ? [step.layer] : step.layers).map((index) => plan.layers[index] as Layer);
  return {
    check,
    read(step) {
      const members = membersOf(step);
      const made = new Set(members.map(({ node }) => node.output));
      const fetched = new Set(step.kind === 'stage' ? step.fetched : []);
      for (const name of fetched) put(name);
      for (const { tensors, lowering } of members) {
        if (lowering.kind === 'alias') continue;
        for (const tensor of tensors.inputs) {
          if (tensor === null || tensor.kind === 'constant' || made.has(tensor.name) || fetched.has(tensor.name))
            continue;
          check(tensor.name);
        }
      }
    },
    write(step) {
      for (const { node, tensors, lowering } of membersOf(step)) {
        if (lowering.kind === 'calls') put(node.output);
        else {
          const numbers = tensors.inputs.flatMap((tensor) => [...(written.get(tensor?.name ?? '') ?? [])]);
          written.set(node.output, new Set(numbers));
        }
      }
    },
  };
}
