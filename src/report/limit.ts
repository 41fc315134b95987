import { elementCount, type Tensor, tensorOf } from '../graph/types.ts';
import type { PlanOptions } from '../plan/choose.ts';
import type { ArenaMemory, Plan } from '../plan/types.ts';
import { nodesText } from './layer-columns.ts';
import { liveBytes } from './memory-map.ts';
import { type BufferReport, type LayerReport, reportPlan } from './plan.ts';
import { count, plural, shapeText } from './table.ts';

/** What is said of a model that does not fit its SRAM. */
export interface LimitText {
  readonly message: string;
  readonly hint: string;
}

const streamTexts = {
  input: 'fetch the input row by row',
  output: 'hand the output over row by row',
} as const;

/** Buffers and layers that are listed one by one. */
const mostListed = 12;

/**
 * Says of a model that cannot be planned within a limit which layers bind, and what would have to change.
 * @param least the plan with the least arena that there is
 * @param others the same where inputs or outputs that are resident go row by row
 * @param typed what the user types for that, but for the word "stream"
 */
export function limitText(
  file: string,
  limit: number,
  { input, output, memories = [] }: Pick<PlanOptions, 'input' | 'output' | 'memories'>,
  least: Plan,
  others: readonly { readonly way: 'input' | 'output'; readonly plan: Plan }[],
  typed: Readonly<Record<'input' | 'output', string>>,
): LimitText {
  const report = reportPlan(least, null);
  const live = report.steps.map((_, index) => liveBytes(report.buffers, index));
  const busiest = live.indexOf(Math.max(...live));
  const layers = (report.steps[busiest]?.layers ?? []).map((index) => report.layers[index] as LayerReport);
  const buffers = report.buffers
    .filter(({ first, last }) => first <= busiest && busiest <= last)
    .sort((a, b) => b.bytes - a.bytes);
  const binding =
    layers.length === 1
      ? `Layer ${layers[0]?.index}`
      : `Step ${busiest}, a stage of layers ${layers[0]?.index} to ${layers.at(-1)?.index},`;
  const isWithin = report.arenaBytes <= limit;
  const message = [
    `${file} does not fit ${count(limit)} bytes of SRAM: the least arena is ${count(report.arenaBytes)} bytes, with the input ${input === 'stream' ? 'fetched row by row' : 'resident'}${output === 'stream' ? ' and the output handed over row by row' : ''}`,
    ...(isWithin ? [noRoomText(least, memories)] : []),
    `${binding} binds: ${count(live[busiest] as number)} bytes live at once`,
    ...listed(
      layers.map((layer) => `  layer ${layer.index}: ${layerText(layer)}`),
      'layer',
    ),
    ...listed(
      buffers.map((buffer) => `  ${count(buffer.bytes).padStart(9)} bytes  ${bufferText(least, buffer)}`),
      'buffer',
    ),
  ].join('\n');
  const ways = [
    ...others.flatMap(({ way, plan }) =>
      plan.arenaBytes < least.arenaBytes
        ? [`${streamTexts[way]} (${typed[way]} stream): the least arena is then ${count(plan.arenaBytes)} bytes`]
        : [],
    ),
    ...(isWithin ? [] : [`allow ${count(report.arenaBytes)} bytes (--sram ${report.arenaBytes})`]),
    `make the model smaller where it binds: ${causeText(least, buffers)}`,
  ];
  return { message, hint: `To make it fit, ${ways.join('; or ')}.` };
}

/**
 * Says why an arena does not fit the memories of its target.
 * @param memories at least one
 */
export function noRoomText(plan: Plan, memories: readonly ArenaMemory[]): string {
  const rooms = memories.map(({ name, bytes }) => `${name} ${count(bytes)}`).join(', ');
  const room = memories.reduce((sum, { bytes }) => sum + bytes, 0);
  const largest = memories.reduce((best, memory) => (memory.bytes > best.bytes ? memory : best));
  const [buffer] = [...plan.buffers].sort((a, b) => b.bytes - a.bytes);
  const most = plan.allocationBound;
  const reason =
    most > room
      ? `${count(most - room)} bytes are missing in all`
      : buffer !== undefined && buffer.bytes > largest.bytes
        ? `${buffer.name} alone takes ${count(buffer.bytes)} bytes, ${count(buffer.bytes - largest.bytes)} more than ${largest.name} has`
        : 'no way was found to divide its buffers among them';
  return `Of ${count(plan.arenaBytes)} bytes of arena the target has room for ${rooms}: ${reason}`;
}

function listed(lines: readonly string[], noun: string): readonly string[] {
  if (lines.length <= mostListed) return lines;
  return [...lines.slice(0, mostListed), `  and ${plural(lines.length - mostListed, noun)} more`];
}

function layerText({ nodes, operator, shape }: LayerReport): string {
  const names = nodesText(nodes);
  return `${names === '' ? operator : `${names} (${operator})`}, output ${shapeText(shape)}`;
}

/** The tensors that use a buffer one after the other, the largest first; none where it is scratch. */
function tenantsOf(plan: Plan, { name }: BufferReport): readonly Tensor[] {
  const index = plan.buffers.findIndex((buffer) => buffer.name === name);
  const users = new Set(plan.layers.flatMap(({ lowering, node }) => (lowering.kind === 'alias' ? [] : [node.output])));
  for (const port of plan.graph.inputs) users.add(port.tensor);
  return [...plan.storage]
    .flatMap(([tensor, { buffer }]) => (buffer === index && users.has(tensor) ? [tensorOf(plan.graph, tensor)] : []))
    .sort((a, b) => elementCount(b.shape) - elementCount(a.shape));
}

function bufferText(plan: Plan, buffer: BufferReport): string {
  const tenants = tenantsOf(plan, buffer).map(({ name, shape }) => `${name} ${shapeText(shape)}`);
  if (tenants.length === 0 || buffer.kind === 'scratch') return buffer.name;
  const kinds = { input: 'input, whole', output: 'output, whole', tensor: 'whole', ring: 'rows in a ring' };
  return `${tenants.join(', and in its place ')}, ${kinds[buffer.kind]}`;
}

/** What the bytes of the busiest step go with. */
function causeText(plan: Plan, buffers: readonly BufferReport[]): string {
  const [largest] = buffers;
  const tensor = largest === undefined ? undefined : tenantsOf(plan, largest)[0];
  if (largest === undefined || tensor === undefined) return 'fewer pixels or channels in the layers named';
  const size = `${tensor.name} (${shapeText(tensor.shape)}) takes ${count(largest.bytes)} of these bytes`;
  if (largest.kind === 'ring') return `${size}, in rows of width x channels; fewer of either help at once`;
  if (plan.graph.inputs.some((port) => port.tensor === tensor.name)) {
    return `the input ${size}; fewer pixels help at once`;
  }
  const reader = plan.layers.find(
    ({ node, lowering }) => node.inputs.includes(tensor.name) && lowering.kind === 'calls',
  );
  const read = reader === undefined ? '' : ` and is read by layer ${reader.index} (${reader.node.op})`;
  return `${size}${read}; fewer pixels or channels there help at once`;
}
