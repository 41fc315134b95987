import { type EndReport, runEnds } from './ends.ts';
import { layerColumns } from './layer-columns.ts';
import { memoryMapText } from './memory-map.ts';
import {
  cyclesAre,
  estimatedCycles,
  type LayerReport,
  type PlanReport,
  type PortReport,
  type StepReport,
} from './plan.ts';
import { regionsText } from './regions.ts';
import { refusalsText } from './structure.ts';
import { type Column, count, plural, shapeText, tableText } from './table.ts';

/** How a port stands to the arena, in words. */
function portText(
  { name, shape, scale, zeroPoint, bytes, encoding, isInArena }: PortReport,
  how: 'fetched' | 'handed over',
): string {
  const value =
    encoding === 'pixels' ? 'pixels 0 to 255, step = pixel - 128' : `value = (step - ${zeroPoint}) * ${scale}`;
  return `${name} ${shapeText(shape)}, ${count(bytes)} bytes ${isInArena ? 'in the arena' : `${how} row by row, not in the arena`}; ${value}`;
}

/** The account of a plan that a person reads. `ends`: why each step ends where it ends, where that is to be said. */
export function planText(report: PlanReport, ends: readonly EndReport[] = []): string {
  const arenaInputs = report.inputs.filter((port) => port.isInArena).length;
  const counted =
    arenaInputs === report.inputs.length
      ? 'inputs included'
      : arenaInputs === 0
        ? 'inputs not included'
        : `${arenaInputs} of ${report.inputs.length} inputs included`;
  const head = [
    ...report.inputs.map((port) => `input   ${portText(port, 'fetched')}`),
    ...report.outputs.map((port) => `output  ${portText(port, 'handed over')}`),
    `SRAM    ${count(report.arenaBytes)} bytes of arena, ${counted}; without stack. These buffers need ${count(report.allocationBound)} at the least.`,
    ...(report.regions.length > 1 ? [`        in ${regionsText(report.regions)}`] : []),
    `flash   ${count(report.constantBytes)} bytes of weights and other constants, without code`,
    `work    ${count(report.macs)} MACs in ${plural(report.layers.length, 'layer')}, ${plural(report.steps.length, 'step')}`,
    ...estimateText(report),
    ...report.rewritings.map((text) => `        ${text}`),
    ...(report.planar.length > 0
      ? [`rows    channel by channel, which is faster here, of ${report.planar.join(', ')}`]
      : []),
  ].join('\n');
  const steps = runsOf(report.steps).map((run) =>
    [runText(report, run), ...runEnds(ends.slice(run.first, run.first + run.steps.length))].join('\n'),
  );
  const refused = refusalsText(report.layers);
  return `${[head, steps.join('\n\n'), ...refused, `Buffers over time: bytes from the start of the ${report.regions.length > 1 ? 'memory' : 'arena'}, and the steps that they live through\n${memoryMapText(report)}`].join('\n\n')}\n`;
}

/** What the cost model expects of one inference. */
function estimateText({ core, layers }: PlanReport): readonly string[] {
  if (core === null) return [];
  const instructions = layers.reduce((sum, { estimatedInstructions }) => sum + estimatedInstructions, 0);
  const cycles = estimatedCycles(layers);
  const text = `time    ${count(instructions)} instructions estimated`;
  return [cycles === null ? text : `${text}; ${count(cycles)} cycles estimated (${cyclesAre})`];
}

/** Steps that are printed as one: a stage, or the layers between stages. */
interface Run {
  readonly first: number;
  readonly steps: readonly StepReport[];
}

function runsOf(steps: readonly StepReport[]): readonly Run[] {
  const runs: Run[] = [];
  steps.forEach((step, index) => {
    const last = runs.at(-1);
    if (last !== undefined && step.kind === 'call' && last.steps[0]?.kind === 'call') {
      runs[runs.length - 1] = { first: last.first, steps: [...last.steps, step] };
    } else runs.push({ first: index, steps: [step] });
  });
  return runs;
}

const instructionsColumn: Column<LayerReport> = {
  title: 'instructions (estimate)',
  align: 'right',
  text: (layer) => count(layer.estimatedInstructions),
};
const cyclesColumn: Column<LayerReport> = {
  title: 'cycles (estimate)',
  align: 'right',
  text: ({ estimatedCycles: cycles }) => (cycles === null ? '-' : count(cycles)),
};

function runText(report: PlanReport, { first, steps }: Run): string {
  const layers = steps.flatMap((step) => step.layers.map((layer) => report.layers[layer] as LayerReport));
  const rings = steps.flatMap((step) => step.rings);
  const fetched = steps.flatMap((step) => step.fetched);
  const handed = steps.flatMap((step) => step.handed);
  const over = handed.length === 0 ? '' : `, handing over ${handed.join(', ')}`;
  const last = first + steps.length - 1;
  const title =
    steps[0]?.kind === 'call'
      ? `${last === first ? `Step ${first}` : `Steps ${first} to ${last}`}: layer by layer, each whole${over}`
      : `Step ${first}: a stage of ${plural(layers.length, 'layer')}, row by row${fetched.length === 0 ? '' : `, fetching ${fetched.join(', ')}`}${over}`;
  const table = tableText(
    [
      ...layerColumns,
      ...(report.core === null ? [] : [instructionsColumn]),
      ...(layers.every((layer) => layer.estimatedCycles === null) ? [] : [cyclesColumn]),
      { title: 'scratch', align: 'right', text: (layer) => count(layer.scratchBytes) },
      { title: 'kernel', align: 'left', text: (layer) => layer.kernels.join(', ') || 'none: the same bytes' },
    ],
    layers,
  );
  if (rings.length === 0) return `${title}\n${table}`;
  const ringTable = tableText(
    [
      { title: 'ring', align: 'left', text: (ring) => ring.tensor },
      { title: 'slots', align: 'right', text: (ring) => `${ring.slots} of ${ring.rows}` },
      { title: 'window', align: 'right', text: (ring) => (ring.window === 0 ? '-' : plural(ring.window, 'column')) },
      { title: 'row bytes', align: 'right', text: (ring) => count(ring.rowBytes) },
      { title: 'bytes', align: 'right', text: (ring) => count(ring.bytes) },
    ],
    rings,
  );
  return `${title}\n${table}\n${ringTable}`;
}
