import { rowShape, type Tensor } from '../graph/types.ts';
import { accumulates, splitsRows, stepCount, stepWidth, windowEnd, windowStart } from './demand.ts';
import type { Demand, Layer, StageStep } from './types.ts';

/** A tensor that is made or fetched inside a stage, and how far it has come: `made` pixels, in raster order. */
export interface Flow {
  /** Its place among the flows of its walk. */
  readonly index: number;
  readonly tensor: Tensor;
  readonly rows: number;
  readonly width: number;
  readonly pixelBytes: number;
  made: number;
  /** Whether its rows go to the caller as soon as each is complete, and how many have gone. */
  readonly handed: boolean;
  taken: number;
  readonly readers: readonly Reader[];
}

/** Who takes from a flow. */
export interface Reader {
  readonly member: Member;
  readonly intake: Intake;
}

/** One input of a member: what it needs, and the flow that brings it; null where the tensor is whole before the stage. */
export interface Intake {
  readonly demand: Demand;
  readonly flow: Flow | null;
  /** For the next step of its member: the pixels of the flow that must have been made, and the first column that it reads. */
  needed: number;
  from: number;
}

/** A layer in a stage, and how far it has come: its next step is the segment from column x of row y on. */
export interface Member {
  readonly layer: Layer;
  readonly index: number;
  readonly steps: number;
  /** Columns of a whole row of steps, and of a segment. */
  readonly width: number;
  readonly segment: number;
  readonly intakes: readonly Intake[];
  readonly output: Flow;
  readonly accumulates: boolean;
  y: number;
  x: number;
}

/** A stage in motion. `consumers` lists for each flow who takes from it. */
export interface Walk {
  readonly members: readonly Member[];
  readonly fetched: readonly Flow[];
  readonly consumers: ReadonlyMap<Flow, readonly Reader[]>;
}

export interface WalkObserver {
  /** Before columns [from, to) of a row of a flow are written. */
  write(flow: Flow, row: number, from: number, to: number): void;
  /** Before a member computes its next segment. */
  step(member: Member): void;
  /** When row `row` of a flow goes to the caller: it is complete, and nothing else has been made since. */
  hand?(flow: Flow, row: number): void;
}

/** The part of a stage that its schedule depends on. */
export type Schedule = Pick<StageStep, 'segments' | 'fetched' | 'handed'>;

/** That of a layer that is computed whole, row by row. */
export const wholeRows: Schedule = { segments: [], fetched: [], handed: [] };

/** Puts a stage at its start. */
export function startWalk(layers: readonly Layer[], stage: Schedule, tensors: (name: string) => Tensor): Walk {
  const flows = new Map<string, Flow & { readonly readers: Reader[] }>();
  const flowOf = (tensor: Tensor): Flow => {
    const { rows, width, channels } = rowShape(tensor.shape);
    const handed = stage.handed.includes(tensor.name);
    const size = { tensor, rows, width, pixelBytes: channels };
    const flow = { index: flows.size, ...size, made: 0, handed, taken: 0, readers: [] };
    flows.set(tensor.name, flow);
    return flow;
  };
  const fetched = stage.fetched.map((name) => flowOf(tensors(name)));
  const members = layers.map((layer, index): Member => {
    const intakes = layer.demands.map((demand): Intake => {
      return { demand, flow: flows.get(demand.tensor.name) ?? null, needed: 0, from: 0 };
    });
    const width = stepWidth(layer);
    const segment = splitsRows(layer) ? Math.min(width, stage.segments[index] ?? width) : width;
    const output = flowOf(layer.tensors.output);
    return {
      layer,
      index,
      steps: stepCount(layer),
      width,
      segment,
      intakes,
      output,
      accumulates: accumulates(layer),
      y: 0,
      x: 0,
    };
  });
  for (const member of members) {
    for (const intake of member.intakes) flows.get(intake.flow?.tensor.name ?? '')?.readers.push({ member, intake });
    prepare(member);
  }
  const consumers = new Map([...flows.values()].map((flow) => [flow, flow.readers]));
  return { members, fetched, consumers };
}

/** Finds out what the next step of a member needs: it is asked for more often than it changes. */
function prepare(member: Member): void {
  if (member.y >= member.steps) return;
  for (const intake of member.intakes) {
    const { columns } = intake.demand;
    intake.needed = pixelsNeeded(member, intake);
    intake.from = columns === null ? 0 : Math.max(0, windowStart(columns, member.x));
  }
}

/** The pixels of a flow that must have been made before a member's next step. */
function pixelsNeeded({ y, x, segment }: Member, { demand, flow }: Intake): number {
  const row = demand.lastRow[y] as number;
  if (row < 0 || flow === null) return 0;
  if (demand.columns === null) return (row + 1) * flow.width;
  const column = windowEnd(demand.columns, x + segment - 1);
  return row * flow.width + Math.max(0, Math.min(column + 1, flow.width));
}

function ready(member: Member): boolean {
  if (member.y >= member.steps) return false;
  for (const intake of member.intakes) {
    if (intake.flow !== null && intake.needed > intake.flow.made) return false;
  }
  return true;
}

/**
 * Runs the schedule of a stage to its end without computing anything. Of the members that have what they need the
 * deepest goes first; where there is none, the next row of an input is fetched. A row that is handed over goes as soon as
 * it is complete, before anything else is computed. This is the rule of the generated code.
 */
export function runWalk(walk: Walk, observer: WalkObserver): void {
  const { members, fetched } = walk;
  const deepestReader = [...walk.consumers.values()].map((readers) =>
    readers.reduce((most, { member }) => Math.max(most, member.index), -1),
  );
  let next = members.length - 1;
  for (;;) {
    let index = next;
    while (index >= 0 && !ready(members[index] as Member)) index -= 1;
    if (index < 0) {
      const flow = fetched.find((candidate) => candidate.made < candidate.rows * candidate.width);
      if (flow === undefined) break;
      observer.write(flow, flow.made / flow.width, 0, flow.width);
      flow.made += flow.width;
      next = deepestReader[flow.index] as number;
      continue;
    }
    const member = members[index] as Member;
    const { output } = member;
    const end = Math.min(member.width, member.x + member.segment);
    observer.step(member);
    if (!member.accumulates) {
      observer.write(output, member.y, member.x, end);
      output.made += end - member.x;
    } else if (member.y === member.steps - 1) {
      // Sums of single columns are written as each is complete, those of all columns at the end; nobody reads them before.
      const isComplete = end === member.width;
      const [from, to] = output.width === member.width ? [member.x, end] : [0, isComplete ? output.width : 0];
      for (let row = 0; row < output.rows && from < to; row += 1) observer.write(output, row, from, to);
      if (isComplete) output.made = output.rows * output.width;
    }
    for (; output.handed && (output.taken + 1) * output.width <= output.made; output.taken += 1) {
      observer.hand?.(output, output.taken);
    }
    if (end === member.width) {
      member.x = 0;
      member.y += 1;
    } else {
      member.x = end;
    }
    prepare(member);
    next = Math.max(index, deepestReader[output.index] as number);
  }
  for (const member of members) {
    if (member.y < member.steps)
      throw new Error(`a stage cannot finish: ${member.layer.node.output} stops at row ${member.y}`);
  }
}

/** The columns of a flow that a member's next step reads, clipped; empty where first > last. */
export function columnsRead(
  member: Member,
  { demand, flow }: Intake,
): { readonly first: number; readonly last: number } {
  const width = flow?.width ?? rowShape(demand.tensor.shape).width;
  if (demand.columns === null) return { first: 0, last: width - 1 };
  const end = Math.min(member.width, member.x + member.segment);
  return {
    first: Math.max(0, windowStart(demand.columns, member.x)),
    last: Math.min(width - 1, windowEnd(demand.columns, end - 1)),
  };
}
