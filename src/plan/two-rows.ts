import { rowShape } from '../graph/types.ts';
import type { KernelCall, KernelInput } from '../ops/define.ts';
import { placedJoins } from './build.ts';
import { readsFirst, roomForTwo } from './joined.ts';
import type { Join, Layer, Plan } from './types.ts';

/**
 * A plan whose layers that are computed whole have kernels for two rows of outputs a call, where their operators' kernels
 * have such a form and nothing is in the way: neither where tensors lie nor what scratch they have changes by it. The last
 * row of an odd number has a call of its own.
 */
export function withTwoRows(plan: Plan): Plan {
  if (plan.optimize === 'size') return plan;
  const whole = new Set(plan.steps.flatMap((step) => (step.kind === 'call' ? [step.layer] : [])));
  const joins = placedJoins(plan.joins, plan.buffers);
  const overlapping = new Map(plan.overlapping);
  const layers = plan.layers.map((layer): Layer => {
    const call = whole.has(layer.index) ? onlyCall(layer) : null;
    if (call === null || !fits(plan, layer, call)) return layer;
    const join = joins.find(({ output }) => output === layer.node.output);
    if (join !== undefined && call.count % 2 > 0) return layer;
    if (join !== undefined && !readsFirst(layer, call)) {
      if (!isApart(plan, layer, call, join)) return layer;
      overlapping.set(layer.index, 2);
    }
    return { ...layer, lowering: { kind: 'calls', calls: callsOfTwo(call) } };
  });
  return { ...plan, layers, overlapping };
}

function onlyCall({ lowering }: Layer): KernelCall | null {
  const [call, ...others] = lowering.kind === 'calls' ? lowering.calls : [];
  if (call === undefined || others.length > 0 || call.rowsAtOnce !== undefined) return null;
  return call.steps !== 'rows' || call.count < 2 ? null : call;
}

/** The rows that so many rows of outputs need, where those of one begin `multiply` rows before those of the next. */
function rowsOf(access: KernelInput, outputs: number): KernelInput {
  const { rows } = access;
  return rows === 'whole'
    ? access
    : { ...access, rows: { ...rows, count: rows.count + (outputs - 1) * rows.multiply } };
}

/** The largest even number of rows that divides all. */
function rowsOfCall(count: number, most: number): number {
  let rows = Math.min(count, most - (most % 2));
  while (rows > 2 && count % rows > 0) rows -= 2;
  return rows;
}

function callsOfTwo(call: KernelCall): readonly KernelCall[] {
  const { symbol, headers, mostRows, pairsField } = call.twoRows as NonNullable<KernelCall['twoRows']>;
  const count = call.count - (call.count % 2);
  const rowsAtOnce = rowsOfCall(count, mostRows);
  const inputs = call.inputs.map((access) => rowsOf(access, rowsAtOnce));
  const fields = { ...call.fields, [pairsField]: rowsAtOnce / 2 };
  const two = { ...call, symbol, headers, fields, count, rowsAtOnce, inputs };
  return count === call.count ? [two] : [two, { ...call, firstRow: call.firstRow + count, count: 1 }];
}

/** Whether rows of the output lie one behind the other, as the kernel writes them, and are of a width that it takes. */
function fits({ storage }: Plan, layer: Layer, { twoRows, inputs }: KernelCall): boolean {
  const placed = storage.get(layer.node.output);
  if (twoRows === undefined || placed === undefined || placed.layout === 'planar') return false;
  const { width } = rowShape(layer.tensors.output.shape);
  const areOne = inputs.every(({ rows }) => rows !== 'whole' && rows.divide === 1 && rows.dilation === 1);
  const { rowBytes, pixelBytes } = placed;
  return areOne && rowBytes === width * pixelBytes && width >= twoRows.leastPixels && rowBytes <= twoRows.mostRowBytes;
}

/** Whether both rows of an output end before the first that is read for them. */
function isApart({ storage }: Plan, layer: Layer, call: KernelCall, { input, output, distance }: Join): boolean {
  const [from, to] = [storage.get(input), storage.get(output)];
  if (from === undefined || to === undefined || from.offset > 0 || to.offset > 0) return false;
  if (!layer.node.inputs.includes(input) || rowShape(layer.tensors.output.shape).batch > 1) return false;
  return roomForTwo(call, from.rowBytes, to.rowBytes) <= distance;
}
