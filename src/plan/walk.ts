import { rowShape, type Tensor } from '../graph/types.ts';
import { accumulates, splitsRows, stepCount, stepWidth, windowEnd, windowStart } from './demand.ts';
import type { Demand, Layer, StageStep } from './types.ts';

/** A tensor that is made or fetched inside a stage, and how far it has come: `made` pixels, in raster order. */
export interface Flow {
  readonly tensor: Tensor;
  readonly rows: number;
  readonly width: number;
  readonly pixelBytes: number;
  made: number;
  /** Whether its rows go to the caller as soon as each is complete, and how many have gone. */
  readonly handed: boolean;
  taken: number;
}

/** One input of a member: what it needs, and the flow that brings it; null where the tensor is whole before the stage. */
export interface Intake {
  readonly demand: Demand;
  readonly flow: Flow | null;
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
  readonly consumers: ReadonlyMap<Flow, readonly { readonly member: Member; readonly intake: Intake }[]>;
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
  const flows = new Map<string, Flow>();
  const flowOf = (tensor: Tensor): Flow => {
    const { rows, width, channels } = rowShape(tensor.shape);
    const handed = stage.handed.includes(tensor.name);
    const flow = { tensor, rows, width, pixelBytes: channels, made: 0, handed, taken: 0 };
    flows.set(tensor.name, flow);
    return flow;
  };
  const fetched = stage.fetched.map((name) => flowOf(tensors(name)));
  const members = layers.map((layer, index): Member => {
    const intakes = layer.demands.map((demand) => ({ demand, flow: flows.get(demand.tensor.name) ?? null }));
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
  const consumers = new Map<Flow, { member: Member; intake: Intake }[]>();
  for (const member of members) {
    for (const intake of member.intakes) {
      if (intake.flow === null) continue;
      consumers.set(intake.flow, [...(consumers.get(intake.flow) ?? []), { member, intake }]);
    }
  }
  return { members, fetched, consumers };
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
    if (intake.flow !== null && pixelsNeeded(member, intake) > intake.flow.made) return false;
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
  const deepest = (flow: Flow): number =>
    (walk.consumers.get(flow) ?? []).reduce((most, { member }) => Math.max(most, member.index), -1);
  const deepestConsumer = new Map(
    [...fetched, ...members.map((member) => member.output)].map((flow) => [flow, deepest(flow)]),
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
      next = deepestConsumer.get(flow) as number;
      continue;
    }
    const member = members[index] as Member;
    const { output } = member;
    const end = Math.min(member.width, member.x + member.segment);
    observer.step(member);
    if (!member.accumulates) {
      observer.write(output, member.y, member.x, end);
      output.made += end - member.x;
    } else if (member.y === member.steps - 1 && end === member.width) {
      for (let row = 0; row < output.rows; row += 1) observer.write(output, row, 0, output.width);
      output.made = output.rows * output.width;
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
    next = Math.max(index, deepestConsumer.get(output) as number);
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
