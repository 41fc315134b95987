import { rowShape, type Tensor } from '../graph/types.ts';
import { type AxisMap, isSameAxis, type KernelCall, type KernelInput } from '../ops/define.ts';
import { windowStart } from '../plan/demand.ts';
import type { Storage } from '../plan/types.ts';
import type { Intake, Member, Walk } from '../plan/walk.ts';
import { startExpression } from './expressions.ts';
import type { LayerContext } from './layers.ts';

/** Where the rows of a tensor lie. */
export function storageOf({ plan }: LayerContext, tensor: Tensor): Storage {
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
  const maker = walk.members.find(({ output }) => output === intake.flow);
  if (maker === undefined || maker.accumulates || !isSameAxis(intake.demand.rows)) return null;
  const together = maker.width === member.width && maker.segment === member.segment && maker.steps === member.steps;
  return together && isSameAxis(intake.demand.columns) ? maker : null;
}

/** How far the maker of an intake's tensor has come, as a C expression. */
export function madeText(walk: Walk, intake: Intake | undefined): string {
  const maker = walk.members.find((member) => intake !== undefined && member.output === intake.flow);
  return maker === undefined ? '(tsr_cursor){0, 0}' : `at[${maker.index}]`;
}

/** Row `index` of those that a call needs for step y, and when it is outside the tensor: '' for never. */
export function rowText(
  call: KernelCall,
  access: KernelInput,
  height: number,
  index: number,
): { row: string; outside: string } {
  const map = access.rows;
  if (map === 'whole') return { row: '0', outside: '' };
  const offset = index * map.dilation;
  const row = startExpression(map, 'y', offset);
  const ends = [call.firstRow, call.firstRow + call.count - 1].map((y) => windowStart(map, y) + offset);
  const before = Math.min(...ends) < 0 ? [`${row} < 0`] : [];
  const behind = Math.max(...ends) >= height ? [`${row} >= ${height}`] : [];
  return { row, outside: [...before, ...behind].join(' || ') };
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
export function settleFrom(context: LayerContext, member: Member, intake: Intake): number | null {
  const { settle } = storageOf(context, intake.demand.tensor);
  const found = settle.find(({ layer, input }) => layer === member.layer.index && input === intake.demand.input);
  return found?.from ?? null;
}
