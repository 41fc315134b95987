import { rowShape, type Tensor, tensorOf } from '../graph/types.ts';
import type { KernelCall } from '../ops/define.ts';
import { columnsOf, windowEnd, windowStart } from '../plan/demand.ts';
import type { Layer, StageStep } from '../plan/types.ts';
import { type Intake, type Member, startWalk, type Walk } from '../plan/walk.ts';
import { baseParameter } from './arena.ts';
import { startExpression } from './expressions.ts';
import { handRowText, handWholeText } from './hand-over.ts';
import {
  baseOf,
  indent,
  type LayerContext,
  layerComment,
  layerName,
  parametersName,
  parametersText,
  pointerCounts,
  scratchOf,
} from './layers.ts';
import {
  columnText,
  followed,
  madeText,
  ringText,
  ringWidth,
  rowsText,
  rowText,
  settleFrom,
  storageOf,
} from './stage-rows.ts';

/** The statements of one call of a streamed layer for the segment at (y, x), `count` columns wide. */
function callText(context: LayerContext, walk: Walk, member: Member, call: KernelCall, parameters: string): string[] {
  const { layer } = member;
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
    const made =
      settled === null ? madeText(walk, intake) : `y < ${settled} ? ${madeText(walk, intake)} : (tsr_cursor){0, 0}`;
    const base =
      tensor.kind === 'constant' ? `(int8_t *)(uintptr_t)${baseOf(context, tensor)}` : baseOf(context, tensor);
    const follows =
      intake !== undefined && settled === null && access.rows !== 'whole' && followed(walk, member) !== null;
    if (follows) {
      const { slots, window, pixelBytes } = storageOf(context, tensor);
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
        const there = `tsr_ring_row(${base}, ${ring}, ${made}, ${row}, ${column})`;
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

const bracket = (text: string): string => (/^\w+$/.test(text) || text.startsWith('tsr_') ? text : `(${text})`);

/** Rows of an input that are looked up one by one, so that only those that may be padding are asked whether they are. */
const unrolledRows = 3;

/** The C of one layer of a stage: its parameters, and a function that computes its next segment. */
function memberText(context: LayerContext, walk: Walk, member: Member): string {
  const { layer } = member;
  if (layer.lowering.kind === 'alias') throw new Error('an alias cannot stream');
  const split = member.segment < member.width;
  const body = [`const int32_t y = at[${member.index}].y;`];
  if (split) {
    body.push(`const int32_t x = at[${member.index}].x;`);
    // Where every segment is as wide as the others, the compiler works out what follows from it.
    const even = member.width % member.segment === 0;
    body.push(
      even
        ? `enum { count = ${member.segment} };`
        : `const int32_t count = tsr_min(${member.segment}, ${member.width} - x);`,
    );
  }
  for (const intake of member.intakes) {
    const from = intake.flow === null ? null : settleFrom(context, member, intake);
    if (from === null) continue;
    const { tensor } = intake.demand;
    const when = split ? `x == 0 && y >= ${from}` : `y >= ${from}`;
    body.push(
      `if (${when}) tsr_settle(${baseOf(context, tensor)}, ${ringText(context, tensor)}, ${rowShape(tensor.shape).rows - 1});`,
    );
  }
  const output = baseOf(context, layer.tensors.output);
  const where = split ? 'y, x, count' : `y, 0, ${member.width}`;
  body.push(
    member.accumulates
      ? `int8_t *out = ${output};`
      : `int8_t *out = tsr_ring_write(${output}, ${ringText(context, layer.tensors.output)}, ${where});`,
  );
  layer.lowering.calls.forEach((call, index) => {
    const text = callText(context, walk, member, call, parametersName(context, layer, index));
    const end = call.firstRow + call.count;
    const always = call.firstRow === 0 && call.count === member.steps;
    const when = call.firstRow === 0 ? `y < ${end}` : `y >= ${call.firstRow} && y < ${end}`;
    body.push(always ? '{' : `if (${when}) {`, ...indent(text, 1), '}');
  });
  body.push(`tsr_advance(&at[${member.index}], ${split ? member.segment : member.width}, ${member.width});`);
  body.push(`TSR_MARK(${layer.index});`, ...handedText(context, member));
  const remark = split ? `; its next ${member.segment} columns` : '; its next row';
  const definition = [
    layerComment(layer, remark),
    `static void ${layerName(context, layer)}(${baseParameter(context.plan)}, tsr_cursor *at${member.output.handed ? ', const tsr_sink *sink' : ''}) {`,
    ...indent(body, 1),
    '}',
  ];
  return `${parametersText(context, layer)}\n\n${definition.join('\n')}`;
}

/** Where a member's output goes to the caller: the statements that hand over what its last step has completed. */
function handedText(context: LayerContext, { index, output, accumulates, segment, width, steps }: Member): string[] {
  if (!output.handed) return [];
  const { tensor } = output;
  if (accumulates) return [`if (at[${index}].y == ${steps}) {`, ...indent(handWholeText(context, tensor), 1), '}'];
  if (segment === width) return [...handRowText(context, tensor, 'out')];
  const row = `tsr_slot(${baseOf(context, tensor)}, ${ringText(context, tensor)}, y)`;
  return [`if (at[${index}].x == 0) {`, ...indent(handRowText(context, tensor, row), 1), '}'];
}

/** When an intake has what a member's next step needs, as a C condition; null where it always has. */
function readyText(context: LayerContext, walk: Walk, member: Member, intake: Intake): string | null {
  const { demand, flow } = intake;
  if (flow === null || demand.lastRow.every((row) => row < 0)) return null;
  const maker = walk.members.find((candidate) => candidate.output === flow);
  const made = maker === undefined ? `fetched[${walk.fetched.indexOf(flow)}]` : `at[${maker.index}].y`;
  if (maker?.accumulates) return `${made} == ${maker.steps}`;
  const y = `at[${member.index}].y`;
  const row = lastRowText(context, member, intake, y);
  if (demand.columns === null || maker === undefined) return `${made} > ${row}`;
  const x = `at[${member.index}].x`;
  const reach = (demand.columns.count - 1) * demand.columns.dilation + 1;
  const last = { ...demand.columns, add: demand.columns.add + (member.segment - 1) * demand.columns.multiply };
  const end = startExpression(last, x, reach);
  const clipped = `tsr_min(${windowStart(last, 0) + reach < 0 ? `tsr_max(${end}, 0)` : end}, ${flow.width})`;
  return `${made} * ${flow.width} + at[${maker.index}].x >= ${bracket(row)} * ${flow.width} + ${clipped}`;
}

function lastRowText(context: LayerContext, member: Member, { demand }: Intake, y: string): string {
  const { rows } = rowShape(demand.tensor.shape);
  if (demand.rows === null) {
    const values = Array.from(demand.lastRow, (row) => row + 1);
    const table = context.pool.add({ type: 'uint16', values }, `rows_before_${member.layer.index}_${demand.input}`);
    return `${table}[${y}] - 1`;
  }
  const end = startExpression(demand.rows, y, (demand.rows.count - 1) * demand.rows.dilation);
  return windowEnd(demand.rows, member.steps - 1) < rows ? end : `tsr_min(${end}, ${rows - 1})`;
}

/**
 * The C of a stage: its layers, and a loop in which the deepest layer that has what it needs computes its next segment.
 * After a step only the consumers of what it made can have become ready: the search begins at the deepest of them.
 */
export function stageText(context: LayerContext, stage: StageStep, name: string): string {
  const { plan } = context;
  const layers = stage.layers.map((index) => plan.layers[index] as Layer);
  const walk = startWalk(layers, stage, (tensor) => tensorOf(plan.graph, tensor));
  const deepest = (flow: Member['output']): number =>
    (walk.consumers.get(flow) ?? []).reduce((most, { member }) => Math.max(most, member.index), -1);
  // Who follows its maker goes right behind it: it is never ready at any other time, and has no case of its own.
  const followerOf = (maker: Member): Member | undefined => {
    const next = walk.members[deepest(maker.output)];
    return next !== undefined && followed(walk, next) === maker ? next : undefined;
  };
  const chainOf = (member: Member): readonly Member[] => {
    const follower = followerOf(member);
    return follower === undefined ? [member] : [member, ...chainOf(follower)];
  };
  const isFollower = (member: Member): boolean => {
    const maker = followed(walk, member);
    return maker !== null && followerOf(maker) === member;
  };
  const leaders = walk.members.filter((member) => !isFollower(member));
  /** The case at which a search that would begin at a member begins. */
  const caseFrom = (index: number): number =>
    leaders.reduce((most, leader) => (leader.index <= index ? Math.max(most, leader.index) : most), -1);
  const cases = [...leaders].reverse().flatMap((member) => {
    const chain = chainOf(member);
    const last = chain.at(-1) as Member;
    const conditions = [`at[${member.index}].y < ${member.steps}`];
    for (const intake of member.intakes) {
      const condition = readyText(context, walk, member, intake);
      if (condition !== null) conditions.push(condition);
    }
    return [
      `case ${member.index}:`,
      `  if (${conditions.join(' && ')}) {`,
      ...chain.map(
        ({ layer, output }) => `    ${layerName(context, layer)}(arena, at${output.handed ? ', sink' : ''});`,
      ),
      `    next = ${caseFrom(Math.max(last.index, deepest(last.output)))};`,
      '    break;',
      '  }',
      '  /* fall through */',
    ];
  });
  const fetches = walk.fetched.flatMap((flow, index) => {
    const input = plan.graph.inputs.findIndex((port) => port.tensor === flow.tensor.name);
    const target = `tsr_ring_write(${baseOf(context, flow.tensor)}, ${ringText(context, flow.tensor)}, fetched[${index}], 0, ${flow.width})`;
    return [
      `if (fetched[${index}] < ${flow.rows}) {`,
      `  source->read_row(source->context, ${input}, fetched[${index}], ${target});`,
      `  ++fetched[${index}];`,
      `  next = ${caseFrom(deepest(flow))};`,
      '  break;',
      '}',
    ];
  });
  const loop = [
    `tsr_cursor at[${walk.members.length}] = {{0, 0}};`,
    ...(walk.fetched.length > 0 ? [`int32_t fetched[${walk.fetched.length}] = {0};`] : []),
    `int32_t next = ${caseFrom(walk.members.length - 1)};`,
    'for (;;) {',
    '  switch (next) {',
    ...indent([...cases, 'default:', ...indent([...fetches, 'return;'], 1)], 2),
    '  }',
    '}',
  ];
  const base = baseParameter(plan);
  const source = stage.fetched.length > 0 ? ['const tsr_source *source'] : [];
  const sink = stage.handed.length > 0 ? ['const tsr_sink *sink'] : [];
  const signature = [base, ...source, ...sink].join(', ');
  const what = `/* Layers ${layers[0]?.index} to ${layers.at(-1)?.index}, a segment at a time: the deepest that has what it needs goes first. */`;
  const parts = walk.members.map((member) => memberText(context, walk, member));
  return [...parts, `${what}\nstatic void ${name}(${signature}) {\n${indent(loop, 1).join('\n')}\n}`].join('\n\n');
}
