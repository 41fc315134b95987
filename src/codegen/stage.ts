import { rowShape, tensorOf } from '../graph/types.ts';
import { windowEnd, windowStart } from '../plan/demand.ts';
import type { Layer, StageStep } from '../plan/types.ts';
import { type Flow, type Intake, type Member, startWalk, type Walk } from '../plan/walk.ts';
import { baseParameter } from './arena.ts';
import { bracket, startExpression } from './expressions.ts';
import { handRowText, handWholeText } from './hand-over.ts';
import {
  baseOf,
  indent,
  type LayerContext,
  layerComment,
  layerName,
  parametersName,
  parametersText,
} from './layers.ts';
import { callText } from './stage-call.ts';
import { findRowPlaces, followed, makerOf, passes, ringText, type StageContext, settleFrom } from './stage-rows.ts';

/** The C of one layer of a stage: its parameters, and a function that computes its next segment. */
function memberText(context: StageContext, member: Member): string {
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
    member.accumulates || passes(context, context.walk, member)
      ? `int8_t *out = ${output};`
      : `int8_t *out = tsr_ring_write(${output}, ${ringText(context, layer.tensors.output)}, ${where});`,
  );
  layer.lowering.calls.forEach((call, index) => {
    const text = callText(context, member, call, parametersName(context, layer, index));
    const end = call.firstRow + call.count;
    const always = call.firstRow === 0 && call.count === member.steps;
    const when = call.firstRow === 0 ? `y < ${end}` : `y >= ${call.firstRow} && y < ${end}`;
    body.push(always ? '{' : `if (${when}) {`, ...indent(text, 1), '}');
  });
  body.push(`tsr_advance(&at[${member.index}], ${split ? 'count' : member.width}, ${member.width});`);
  body.push(`TSR_MARK(${layer.index});`, ...handedText(context, member));
  const remark = split ? `; its next ${member.segment} columns` : '; its next row';
  const definition = [
    layerComment(layer, remark),
    `static void ${layerName(context, layer)}(${baseParameter(context.plan)}, tsr_cursor *at${member.output.handed ? ', const tsr_sink *sink' : ''}) {`,
    ...indent(body, 1),
    '}',
  ];
  return [parametersText(context, layer), definition.join('\n')].filter((text) => text !== '').join('\n\n');
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

/** What a member waits for: `made`, how far a flow has come, and how far it must be before the member's next step. */
interface Wait {
  readonly made: string;
  readonly needed: string;
  /** `needed` before the first step. */
  readonly first: number;
}

/** What an intake makes its member wait for, as C expressions; null where nothing. */
function waitOf(context: StageContext, member: Member, intake: Intake): Wait | null {
  const { demand, flow } = intake;
  const { walk } = context;
  if (flow === null || demand.lastRow.every((row) => row < 0)) return null;
  const maker = makerOf(walk, flow);
  if (maker?.accumulates) return { made: `at[${maker.index}].y`, needed: `${maker.steps}`, first: maker.steps };
  const row = lastRowText(context, member, intake, `at[${member.index}].y`);
  const firstRow = demand.lastRow[0] as number;
  if (demand.columns === null || maker === undefined || maker.segment === maker.width) {
    const made = maker === undefined ? `fetched[${walk.fetched.indexOf(flow)}]` : `at[${maker.index}].y`;
    return { made, needed: `${row} + 1`, first: firstRow + 1 };
  }
  const reach = (demand.columns.count - 1) * demand.columns.dilation + 1;
  const last = { ...demand.columns, add: demand.columns.add + (member.segment - 1) * demand.columns.multiply };
  const end = startExpression(last, `at[${member.index}].x`, reach);
  const clipped = `tsr_min(${windowStart(last, 0) + reach < 0 ? `tsr_max(${end}, 0)` : end}, ${flow.width})`;
  return {
    made: `at[${maker.index}].made`,
    needed: `${bracket(row)} * ${flow.width} + ${clipped}`,
    first: intake.needed,
  };
}

function lastRowText(context: StageContext, member: Member, { demand }: Intake, y: string): string {
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
export function stageText(layerContext: LayerContext, stage: StageStep, name: string): string {
  const { plan } = layerContext;
  const layers = stage.layers.map((index) => plan.layers[index] as Layer);
  const begin = (): Walk => startWalk(layers, stage, (tensor) => tensorOf(plan.graph, tensor));
  const walk = begin();
  const context = { ...layerContext, walk, places: findRowPlaces(plan, begin()) };
  const deepest = (flow: Flow): number =>
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
  // What a member needs is worked out when it has made a step, not whenever it is asked whether it can make the next.
  const needed: number[] = [];
  const cases = [...leaders].reverse().flatMap((member) => {
    const chain = chainOf(member);
    const last = chain.at(-1) as Member;
    const waits = member.intakes.flatMap((intake) => waitOf(context, member, intake) ?? []);
    const conditions: string[] = [];
    const updates: string[] = [];
    const places = new Map<string, number>();
    for (const wait of waits) {
      const place = places.get(wait.needed) ?? needed.length;
      if (place === needed.length) {
        places.set(wait.needed, place);
        needed.push(wait.first);
        updates.push(`needed[${place}] = at[${member.index}].y < ${member.steps} ? ${wait.needed} : INT32_MAX;`);
      }
      conditions.push(`${wait.made} >= needed[${place}]`);
    }
    if (waits.length === 0) conditions.push(`at[${member.index}].y < ${member.steps}`);
    return [
      `case ${member.index}:`,
      `  if (${conditions.join(' && ')}) {`,
      ...chain.map(
        ({ layer, output }) => `    ${layerName(context, layer)}(arena, at${output.handed ? ', sink' : ''});`,
      ),
      ...indent(updates, 2),
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
    `tsr_cursor at[${walk.members.length}] = {{0, 0, 0}};`,
    ...(needed.length > 0 ? [`int32_t needed[${needed.length}] = {${needed.join(', ')}};`] : []),
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
  const parts = walk.members.map((member) => memberText(context, member));
  return [...parts, `${what}\nstatic void ${name}(${signature}) {\n${indent(loop, 1).join('\n')}\n}`].join('\n\n');
}
