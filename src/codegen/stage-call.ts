import { rowShape, type Tensor } from '../graph/types.ts';
import type { KernelCall } from '../ops/define.ts';
import { columnsOf, windowEnd, windowStart } from '../plan/demand.ts';
import type { Member } from '../plan/walk.ts';
import { bracket, rowText, startExpression, unrolledRows } from './expressions.ts';
import { baseOf, pointerCounts, scratchOf } from './layers.ts';
import {
  columnText,
  followed,
  madeText,
  passes,
  ringText,
  ringWidth,
  rowsText,
  type StageContext,
  settleFrom,
  storageOf,
} from './stage-rows.ts';

/** The statements of one call of a streamed layer for the segment at (y, x), `count` columns wide. */
export function callText(context: StageContext, member: Member, call: KernelCall, parameters: string): string[] {
  const { layer } = member;
  const { walk } = context;
  const counts = pointerCounts(call);
  const lines = [`const int8_t *rows[${counts.reduce((sum, n) => sum + n, 0)}];`];
  const split = member.segment < member.width;
  let at = 0;
  let segment = '';
  call.inputs.forEach((access, index) => {
    const tensor = layer.tensors.inputs[access.input] as Tensor;
    const { width } = rowShape(tensor.shape);
    const intake = member.intakes.find(({ demand }) => demand.input === access.input);
    const columns = columnsOf(layer, access);
    const first = split ? startExpression(columns, 'x') : `${windowStart(columns, 0)}`;
    const column = split ? columnText(columns, member, width, first) : `${Math.max(0, windowStart(columns, 0))}`;
    if (index === 0) {
      const end = split
        ? `tsr_min(${startExpression(columns, '(x + count - 1)', (columns.count - 1) * columns.dilation + 1)}, ${width})`
        : `${Math.min(width, windowEnd(columns, member.width - 1) + 1)}`;
      segment = `.in_width = ${end} - ${bracket(column)}, .pad_left = ${column === first ? '0' : `${column} - ${bracket(first)}`}`;
    }
    const rows = access.rows === 'whole' ? { first: '0', step: 1, count: 1 } : rowsText(access);
    const target = at === 0 ? 'rows' : `rows + ${at}`;
    const settled = intake?.flow !== null && intake !== undefined ? settleFrom(context, member, intake) : null;
    const maker = madeText(walk, intake);
    const made = settled === null ? maker : `y < ${settled} ? ${maker} : (tsr_cursor){0, 0, 0}`;
    const base =
      tensor.kind === 'constant' ? `(int8_t *)(uintptr_t)${baseOf(context, tensor)}` : baseOf(context, tensor);
    const leader = settled === null && access.rows !== 'whole' ? followed(walk, member) : null;
    if (leader !== null && leader.output === intake?.flow) {
      const { slots, window, pixelBytes } = storageOf(context, tensor);
      if (passes(context, walk, leader)) {
        lines.push(`rows[${at}] = ${base};`);
        at += 1;
        return;
      }
      if (window > 0) {
        const across = slots * ringWidth(context, tensor) + window;
        const behind =
          split && member.width % member.segment !== 0 ? `(${across} - count)` : `${across - member.segment}`;
        lines.push(`rows[${at}] = ${base} + ${behind} * ${pixelBytes};`);
        at += 1;
        return;
      }
    }
    const ring = ringText(context, tensor);
    if (rows.count <= unrolledRows) {
      for (let i = 0; i < rows.count; i += 1) {
        const { row, outside } = rowText(call, access, rowShape(tensor.shape).rows, i);
        const there = {
          slot: `tsr_slot_row(${base}, ${ring}, ${row}, ${column})`,
          window: `tsr_window_row(${base}, ${ring}, ${maker}, ${column})`,
          either: `tsr_ring_row(${base}, ${ring}, ${made}, ${row}, ${column})`,
        }[context.places(layer, call, index, i)];
        lines.push(`rows[${at + i}] = ${outside === '' ? there : `${outside} ? NULL : ${there}`};`);
      }
    } else {
      lines.push(
        `tsr_ring_rows(${target}, ${base}, ${ring}, ${made}, ${rows.first}, ${rows.step}, ${rows.count}, ${column});`,
      );
    }
    at += counts[index] as number;
  });
  lines.push(
    `const tsr_segment segment = {.row = y, .column = ${split ? 'x' : 0}, .out_width = ${split ? 'count' : member.width}, ${segment}};`,
    `${call.symbol}(&${parameters}, rows, out${call.outputOffset > 0 ? ` + ${call.outputOffset}` : ''}, &segment, ${scratchOf(context, layer, call)});`,
  );
  return lines;
}
