import { rowShape, type Tensor } from '../graph/types.ts';
import { type AxisMap, isSameAxis, type KernelCall, type KernelInput } from '../ops/define.ts';
import { windowStart } from '../plan/demand.ts';
import type { Layer, Plan, Storage } from '../plan/types.ts';
import { type Flow, type Intake, type Member, runWalk, type Walk } from '../plan/walk.ts';
import { startExpression } from './expressions.ts';
import type { LayerContext } from './layers.ts';

/** What the functions that write a stage's C need. */
export interface StageContext extends LayerContext {
  readonly walk: Walk;
  readonly places: RowPlaces;
}

/** Where the rows of a tensor lie. */
export function storageOf({ plan }: Pick<LayerContext, 'plan'>, tensor: Tensor): Storage {
  const storage = plan.storage.get(tensor.name);
  if (storage === undefined) throw new Error(`tensor ${tensor.name} has no place`);
  return storage;
}

/** A ring as a C value; its fields are constants, so that the compiler works them out. */
export function ringText(context: LayerContext, tensor: Tensor): string {
  const { width, rows, channels } = rowShape(tensor.shape);
  if (tensor.kind === 'constant') return `(tsr_ring){${rows}, 0, ${width}, ${rows}, ${channels}}`;
  const { slots, window, pixelBytes } = storageOf(context, tensor);
  return `(tsr_ring){${slots}, ${window}, ${ringWidth(context, tensor)}, ${rows}, ${pixelBytes}}`;
}

/** Pixels of a row in memory: a part of another tensor has the other's rows. */
export function ringWidth(context: LayerContext, tensor: Tensor): number {
  const { width, rows } = rowShape(tensor.shape);
  const { window, rowBytes, pixelBytes } = storageOf(context, tensor);
  return rows > 1 && window === 0 ? rowBytes / pixelBytes : width;
}

/** The member that makes a tensor of a stage; undefined where it is fetched, or whole before the stage. */
export function makerOf(walk: Walk, flow: Flow | null | undefined): Member | undefined {
  return walk.members.find(({ output }) => output === flow);
}

/**
 * The maker that a member follows: each segment of the maker is all that the member waits for, and the member takes it
 * before anything else is made of that tensor (the deepest that is ready goes first). Null where it follows none.
 */
export function followed(walk: Walk, member: Member): Member | null {
  const streamed = member.intakes.filter(({ flow }) => flow !== null);
  const [intake] = streamed;
  if (intake === undefined || streamed.length > 1 || intake.demand.rows === null || intake.demand.columns === null) {
    return null;
  }
  const maker = makerOf(walk, intake.flow);
  if (maker === undefined || maker.accumulates || !isSameAxis(intake.demand.rows)) return null;
  const together = maker.width === member.width && maker.segment === member.segment && maker.steps === member.steps;
  return together && isSameAxis(intake.demand.columns) ? maker : null;
}

/**
 * Whether what a member makes passes straight to the one that follows it: each segment then lies at the start of the
 * window, and nothing of it is kept.
 */
export function passes(context: LayerContext, walk: Walk, { output }: Member): boolean {
  const { slots, window } = storageOf(context, output.tensor);
  const [reader, ...others] = output.readers;
  if (slots > 0 || window === 0 || output.handed || reader === undefined || others.length > 0) return false;
  return followed(walk, reader.member)?.output === output;
}

/** How far the maker of an intake's tensor has come, as a C expression. */
export function madeText(walk: Walk, intake: Intake | undefined): string {
  const maker = makerOf(walk, intake?.flow);
  return maker === undefined ? '(tsr_cursor){0, 0, 0}' : `at[${maker.index}]`;
}

/** Where a row lies that a call reads: in its slot at every step, in the window at every step, or it depends. */
export type RowPlace = 'slot' | 'window' | 'either';

/** Where the rows lie that the calls of a stage read from rings: for row `row` of input `input` of a layer's call. */
export type RowPlaces = (layer: Layer, call: KernelCall, input: number, row: number) => RowPlace;

/** Finds out by running the schedule of a stage: a walk at its start, which is at its end then. */
export function findRowPlaces(plan: Plan, walk: Walk): RowPlaces {
  const newest = new Map<Flow, number>();
  const found = new Map<string, RowPlace>();
  // Layers that compute the same twice have the same calls.
  const keyOf = (layer: Layer, call: KernelCall, input: number, row: number): string => {
    const calls = layer.lowering.kind === 'alias' ? [] : layer.lowering.calls;
    return [layer.index, calls.indexOf(call), input, row].join(' ');
  };
  runWalk(walk, {
    write: (flow, row) => newest.set(flow, row),
    step(member) {
      const { layer, intakes, y } = member;
      if (layer.lowering.kind === 'alias') return;
      for (const call of layer.lowering.calls) {
        if (y < call.firstRow || y >= call.firstRow + call.count) continue;
        call.inputs.forEach(({ input, rows: map }, index) => {
          const intake = intakes.find(({ demand }) => demand.input === input);
          const flow = intake?.flow ?? null;
          if (intake === undefined || flow === null || map === 'whole') return;
          const { slots, window } = storageOf({ plan }, flow.tensor);
          const isSettled = y >= (settleFrom({ plan }, member, intake) ?? Number.POSITIVE_INFINITY);
          for (let i = 0; i < map.count; i += 1) {
            const row = windowStart(map, y) + i * map.dilation;
            if (row < 0 || row >= flow.rows) continue;
            const isInWindow = window > 0 && (slots === 0 || (row === newest.get(flow) && !isSettled));
            const place = isInWindow ? 'window' : 'slot';
            const key = keyOf(layer, call, index, i);
            found.set(key, (found.get(key) ?? place) === place ? place : 'either');
          }
        });
      }
    },
  });
  // Tensors that are whole have their rows in slots.
  return (layer, call, input, row) => found.get(keyOf(layer, call, input, row)) ?? 'slot';
}

/** The rows that a call needs for step y: the first, how far they are apart, and how many. */
export function rowsText(access: KernelInput): { first: string; step: number; count: number } {
  if (access.rows === 'whole') throw new Error('a whole input has no rows');
  return { first: startExpression(access.rows, 'y'), step: access.rows.dilation, count: access.rows.count };
}

/** The first column that is read, clipped to the row. */
export function columnText(columns: AxisMap, member: Member, width: number, first: string): string {
  const least = windowStart(columns, 0);
  const most = windowStart(columns, member.width - 1);
  const low = least < 0 ? `tsr_max(${first}, 0)` : first;
  return most >= width ? `tsr_min(${low}, ${width - 1})` : low;
}

/** From which step on a member reads an intake's last row in its slot; null where it never does. */
export function settleFrom(context: Pick<LayerContext, 'plan'>, member: Member, intake: Intake): number | null {
  const { settle } = storageOf(context, intake.demand.tensor);
  const found = settle.find(({ layer, input }) => layer === member.layer.index && input === intake.demand.input);
  return found?.from ?? null;
}
