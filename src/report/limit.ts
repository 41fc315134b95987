import { elementCount, tensorOf } from '../graph/types.ts';
import type { InputMode } from '../plan/choose.ts';
import type { Layer, Plan } from '../plan/types.ts';
import { liveBytes } from './memory-map.ts';
import { type BufferReport, type LayerReport, reportPlan } from './plan.ts';
import { count, plural, shapeText } from './table.ts';

/** What is said of a model that does not fit its SRAM. */
export interface LimitText {
  readonly message: string;
  readonly hint: string;
}

/** Buffers and layers that are listed one by one. */
const mostListed = 12;

/**
 * Says of a model that cannot be planned within a limit which layers bind, and what would have to change.
 * @param least the plan with the least arena that there is
 * @param streamed with a resident input: the same with the input fetched row by row; null where that is no choice
 */
export function limitText(
  file: string,
  limit: number,
  input: InputMode,
  least: Plan,
  streamed: Plan | null,
): LimitText {
  const report = reportPlan(least);
  const live = report.steps.map((_, index) => liveBytes(report.buffers, index));
  const busiest = live.indexOf(Math.max(...live));
  const layers = (report.steps[busiest]?.layers ?? []).map((index) => report.layers[index] as LayerReport);
  const buffers = report.buffers
    .filter(({ first, last }) => first <= busiest && busiest <= last)
    .sort((a, b) => b.bytes - a.bytes);
  const binding = layers.length === 1 ? 'Layer' : `Step ${busiest}, a stage,`;
  const message = [
    `${file} does not fit ${count(limit)} bytes of SRAM: the least arena is ${count(report.arenaBytes)} bytes, with the input ${input === 'stream' ? 'fetched row by row' : 'resident'}`,
    `${binding} ${layers.length === 1 ? (layers[0] as LayerReport).index : `layers ${layers[0]?.index} to ${layers.at(-1)?.index},`} binds: ${count(live[busiest] as number)} bytes live at once`,
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
    ...(streamed !== null && streamed.arenaBytes < least.arenaBytes
      ? [`fetch the input row by row (--input stream): the least arena is then ${count(streamed.arenaBytes)} bytes`]
      : []),
    `allow ${count(report.arenaBytes)} bytes (--sram ${report.arenaBytes})`,
    `make the model smaller where it binds: ${causeText(least, buffers)}`,
  ];
  return { message, hint: `To make it fit, ${ways.join('; or ')}.` };
}

function listed(lines: readonly string[], noun: string): readonly string[] {
  if (lines.length <= mostListed) return lines;
  return [...lines.slice(0, mostListed), `  and ${plural(lines.length - mostListed, noun)} more`];
}

function layerText({ nodes, operator, shape }: LayerReport): string {
  const names = nodes.map(({ name, operator: onnx }) => name || onnx).join(' + ');
  return `${names === '' ? operator : `${names} (${operator})`}, output ${shapeText(shape)}`;
}

function bufferText({ graph }: Plan, { name, kind }: BufferReport): string {
  const tensor = graph.tensors.get(name);
  const what = { input: 'input, whole', output: 'output, whole', tensor: 'whole', ring: 'rows in a ring', scratch: '' }[
    kind
  ];
  return tensor === undefined ? name : `${name} ${shapeText(tensor.shape)}, ${what}`;
}

/** What the bytes of the busiest step go with. */
function causeText(plan: Plan, buffers: readonly BufferReport[]): string {
  const [largest] = buffers;
  if (largest === undefined) return 'it needs nothing';
  const tensor = plan.graph.tensors.get(largest.name);
  if (largest.kind === 'ring')
    return `rows of ${largest.name} take width x channels bytes each; fewer of either help at once`;
  if (tensor !== undefined && largest.kind === 'input')
    return `its input ${shapeText(tensor.shape)} alone takes ${count(largest.bytes)} bytes`;
  const consumer = plan.layers.find(
    (layer: Layer) => layer.node.inputs.includes(largest.name) && layer.lowering.kind === 'calls',
  );
  const size =
    tensor === undefined
      ? ''
      : ` (${shapeText(tensorOf(plan.graph, largest.name).shape)}, ${count(elementCount(tensor.shape))} bytes)`;
  return `${largest.name}${size} is the largest buffer${consumer === undefined ? '' : `, read by layer ${consumer.index} (${consumer.node.op})`}; fewer pixels or channels there help at once`;
}
