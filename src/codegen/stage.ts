import { rowShape, type Tensor, tensorOf } from '../graph/types.ts';
import type { AxisMap } from '../ops/define.ts';
import { callsAt, stepCount } from '../plan/rows.ts';
import { accumulates } from '../plan/stage.ts';
import type { Layer, StageStep } from '../plan/types.ts';
import { baseOf, type LayerContext, layerName } from './layers.ts';

/** The rows of an input that must have been made before step y of a layer, as a C expression; null where none. */
function rowsBefore(layer: Layer, input: number, y: string, context: LayerContext): string | null {
  const { rows } = rowShape((layer.tensors.inputs[input] as Tensor).shape);
  const maps = new Map<string, AxisMap | 'whole'>();
  if (layer.lowering.kind !== 'calls') return null;
  for (const call of layer.lowering.calls) {
    for (const access of call.inputs) if (access.input === input) maps.set(JSON.stringify(access.rows), access.rows);
  }
  if (maps.size === 0) return null;
  if (maps.size > 1 || layer.lowering.calls.some((call) => call.count !== stepCount(layer))) {
    // Calls for different rows need different inputs: the condition is a table over the steps.
    return rowTable(layer, input, y, context);
  }
  const map = [...maps.values()][0] as AxisMap | 'whole';
  if (map === 'whole') return `${rows}`;
  if (map.multiply === 0) return `${Math.min(rows, Math.floor(map.add / map.divide) + 1)}`;
  const offset = map.add + (map.count - 1) * map.dilation * map.divide;
  const scaled = map.multiply === 1 ? y : `${y} * ${map.multiply}`;
  const sum = offset === 0 ? scaled : `${scaled} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
  const last = map.divide === 1 ? sum : `tsr_floor_div(${sum}, ${map.divide})`;
  const steps = stepCount(layer);
  const most = Math.floor(((steps - 1) * map.multiply + offset) / map.divide);
  const plain = map.divide === 1 && offset + 1 === 0 ? scaled : `${last} + 1`;
  return most < rows ? plain : `tsr_min(${plain}, ${rows})`;
}

function rowTable(layer: Layer, input: number, y: string, context: LayerContext): string {
  const { rows } = rowShape((layer.tensors.inputs[input] as Tensor).shape);
  const table = Array.from({ length: stepCount(layer) }, (_, step) => {
    let before = 0;
    for (const call of callsAt(layer, step)) {
      for (const access of call.inputs) {
        if (access.input !== input) continue;
        if (access.rows === 'whole') return rows;
        const { multiply, add, divide, count, dilation } = access.rows;
        before = Math.max(before, Math.min(rows, Math.floor((step * multiply + add) / divide) + (count - 1) * dilation + 1));
      }
    }
    return before;
  });
  return `${context.pool.add({ type: 'uint16', values: table }, `rows_before_${layer.index}_${input}`)}[${y}]`;
}

/**
 * The C of a stage: one loop in which the deepest layer that has its rows computes its next one, until the last layers
 * are complete. `made_i` counts the steps of layer i.
 */
export function stageText(context: LayerContext, stage: StageStep, name: string): string {
  const { plan } = context;
  const members = stage.layers.map((index) => plan.layers[index] as Layer);
  const makers = new Map(members.map((layer) => [layer.node.output, layer]));
  const fetchIndex = new Map(stage.fetched.map((tensor, index) => [tensor, index]));
  const lines: string[] = [];
  for (const layer of members) lines.push(`int32_t made_${layer.index} = 0;`);
  stage.fetched.forEach((_, index) => {
    lines.push(`int32_t fetched_${index} = 0;`);
  });
  lines.push('for (;;) {');
  const branches = [...members].reverse().map((layer) => {
    const y = `made_${layer.index}`;
    const conditions = [`${y} < ${stepCount(layer)}`];
    layer.tensors.inputs.forEach((tensor, input) => {
      if (tensor === null) return;
      const maker = makers.get(tensor.name);
      const fetched = fetchIndex.get(tensor.name);
      if (maker === undefined && fetched === undefined) return;
      if (maker !== undefined && accumulates(maker)) {
        conditions.push(`made_${maker.index} == ${stepCount(maker)}`);
        return;
      }
      const before = rowsBefore(layer, input, y, context);
      const made = maker === undefined ? `fetched_${fetched}` : `made_${maker.index}`;
      if (before !== null) conditions.push(before === y ? `${made} > ${y}` : `${made} >= ${before}`);
    });
    return `if (${conditions.join(' && ')}) {\n      ${layerName(context, layer)}(arena, ${y});\n      ++${y};\n    }`;
  });
  stage.fetched.forEach((tensorName, index) => {
    const tensor = tensorOf(plan.graph, tensorName);
    const { rows, width, channels } = rowShape(tensor.shape);
    const slots = plan.storage.get(tensorName)?.slots ?? rows;
    const input = plan.graph.inputs.findIndex((port) => port.tensor === tensorName);
    const target = `${baseOf(context, tensor)} + fetched_${index} % ${slots} * ${width * channels}`;
    branches.push(
      `if (fetched_${index} < ${rows}) {\n      source->read_row(source->context, ${input}, fetched_${index}, ${target});\n      ++fetched_${index};\n    }`,
    );
  });
  lines.push(`  ${branches.join(' else ')} else {\n      return;\n    }`, '}');
  const signature = stage.fetched.length > 0 ? 'int8_t *arena, const tsr_source *source' : 'int8_t *arena';
  const bodies = lines.map((line) => `  ${line}`).join('\n');
  const what = `/* Layers ${members[0]?.index} to ${members.at(-1)?.index}, row by row: of those that have their rows the deepest goes first. */`;
  return `${what}\nstatic void ${name}(${signature}) {\n${bodies}\n}`;
}
