/**
 * The cost model of the planner: `npm run fit:cost -- [options]` measures networks in QEMU and fits, for every kernel,
 * instructions to the work that it does (src/plan/work.ts); `npm run test:cost` compares estimates with counts on models
 * that it was not fitted on.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { modelPrefix } from '../../dist/codegen/model.js';
import { modelFiles } from '../../dist/codegen/project.js';
import { modelOptions, optimize, plan, quantize } from '../../dist/compile.js';
import { readModel, requireGraph } from '../../dist/onnx/read.js';
import { createGraphBuilder, plainPort } from '../../dist/ops/build.js';
import { layerTime } from '../../dist/plan/cost.js';
import { costKey, workNames, workOf } from '../../dist/plan/work.js';
import { randomChain } from './cost-corpus.mjs';
import { measureSpeed, models, readModel as readKitModel } from './speed-lib.mjs';

const usage = `npm run fit:cost -- [options]
  --networks N   how many random networks to measure (60)
  --core TEXT    only this core: cortex-m4, cortex-m55
  --fit          fit to scripts/bench/cost-profiles.jsonl as it is, without measuring
  --test         no fit: estimates beside counts, on the models of TESSERA_KIT
  --model TEXT   with --test: only the models whose name holds this
  --layers       with --test: every layer
  --json         with --test: print JSON`;
const profilesFile = new URL('cost-profiles.jsonl', import.meta.url);
const tableFile = new URL('../../src/plan/cost-table.ts', import.meta.url);

const tessera = {
  ...{ modelFiles, modelOptions, modelPrefix, optimize, plan, quantize },
  ...{ readModel, requireGraph, createGraphBuilder, plainPort },
};

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: '60' },
    core: { type: 'string', default: '' },
    fit: { type: 'boolean', default: false },
    test: { type: 'boolean', default: false },
    model: { type: 'string', default: '' },
    layers: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
/** The cores that costs are fitted on: one for each instruction set, and the portable kernels on the smallest. */
const machines = [
  { core: 'cortex-m4', isas: ['dsp'] },
  { core: 'cortex-m55', isas: ['mve', 'dsp'] },
  { core: 'cortex-m4', isas: [] },
].filter(({ core }) => core.includes(options.core));

if (options.help) process.stdout.write(`${usage}\n`);
else if (options.test) await test();
else {
  if (!options.fit) await measure(Number(options.networks));
  fitCosts();
}

/** The columns that each layer of a plan computes at a time; null where it is computed whole. */
function segmentsOf(made) {
  const segments = new Map();
  for (const step of made.steps) {
    if (step.kind === 'call') segments.set(step.layer, null);
    else for (const [i, layer] of step.layers.entries()) segments.set(layer, step.segments[i]);
  }
  return segments;
}

/** Counts of layers that have one kernel each, with their work. */
async function profile(model, read, { core, isas, objective }) {
  const measured = await measureSpeed(tessera, model, read, { core, isas, plan: objective, withLayers: true });
  const made = plan(read.graph, { objective, input: 'resident', isas });
  const segments = segmentsOf(made);
  const layers = measured.layers.flatMap(({ layer: index, instructions }) => {
    const layer = made.layers[index];
    if (layer.lowering.kind === 'alias') return [];
    return [{ layer, segment: segments.get(index), instructions }];
  });
  return { layers, instructions: measured.instructions };
}

async function measure(networks) {
  const rows = [];
  for (let seed = 0; seed < networks; seed += 1) {
    const graph = randomChain(tessera, seed);
    const first = plan(graph, { objective: 'time', input: 'resident' });
    const read = {
      graph,
      options: { ...modelOptions(first, new Uint8Array(), 'bench', '0', 'int8'), byteArrays: 'text' },
    };
    // Most have the kernels that most users have.
    const machine = machines[seed % 2 === 0 ? 0 : Math.floor(seed / 2) % machines.length];
    for (const objective of ['time', 'sram']) {
      const { layers } = await profile({ name: `network ${seed}` }, read, { ...machine, objective });
      for (const { layer, segment, instructions } of layers) {
        if (layer.lowering.calls.length > 1) continue;
        const [call] = layer.lowering.calls;
        const work = workOf(layer, call, segment);
        rows.push({ network: seed, core: machine.core, kernel: costKey(call), instructions, ...work });
      }
    }
    process.stderr.write(`network ${seed} of ${networks}\n`);
  }
  writeFileSync(profilesFile, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/**
 * Numbers from 0 on whose sums of work come close to what was counted, by relative error: least squares under
 * constraints, one number after the other (coordinate descent) until none moves.
 */
function leastSquares(rows) {
  const scaled = rows.map((row) => workNames.map((name) => row[name] / row.instructions));
  const costs = workNames.map(() => 0);
  const residuals = rows.map(() => 1);
  const norms = workNames.map((_, i) => scaled.reduce((sum, row) => sum + row[i] ** 2, 0));
  for (let round = 0; round < 20000; round += 1) {
    let moved = 0;
    for (let i = 0; i < workNames.length; i += 1) {
      if (norms[i] === 0) continue;
      const slope = scaled.reduce((sum, row, r) => sum + row[i] * residuals[r], 0);
      const next = Math.max(0, costs[i] + slope / norms[i]);
      const change = next - costs[i];
      if (change === 0) continue;
      costs[i] = next;
      scaled.forEach((row, r) => {
        residuals[r] -= row[i] * change;
      });
      moved = Math.max(moved, Math.abs(change) * Math.sqrt(norms[i] / rows.length));
    }
    if (moved < 1e-7) break;
  }
  return { costs, error: residuals.reduce((sum, r) => sum + Math.abs(r), 0) / rows.length };
}

function fitCosts() {
  const rows = readFileSync(profilesFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const kernels = [...new Set(rows.map(({ kernel }) => kernel))].sort();
  const entries = kernels.map((kernel) => {
    const own = rows.filter((row) => row.kernel === kernel && row.instructions > 0);
    const { costs, error } = leastSquares(own);
    process.stderr.write(`${kernel}: ${own.length} layers, mean error ${(100 * error).toFixed(2)} %\n`);
    const fields = workNames.flatMap((name, i) =>
      costs[i] > 0 ? [`${name}: ${Number(costs[i].toPrecision(3))}`] : [],
    );
    return `  '${kernel}': { ${fields.join(', ')} },`;
  });
  const text = readFileSync(tableFile, 'utf8');
  const start = text.indexOf('export const instructionTable');
  const table = `export const instructionTable: Readonly<Record<string, WorkCosts>> = {\n${entries.join('\n')}\n};\n`;
  writeFileSync(tableFile, text.slice(0, start) + table);
}

async function test() {
  const kit = process.env.TESSERA_KIT;
  if (!kit || !existsSync(kit)) {
    process.stderr.write('TESSERA_KIT is not set to a folder of models (see CONTRIBUTING.md)\n');
    process.exitCode = 2;
    return;
  }
  const results = [];
  for (const model of models.filter(({ name }) => name.includes(options.model))) {
    const read = readKitModel(tessera, kit, model);
    for (const { core, isas } of machines) {
      for (const objective of ['time', 'balanced']) {
        const { layers, instructions } = await profile(model, read, { core, isas, objective });
        const compared = layers.map(({ layer, segment, instructions: counted }) => ({
          layer: layer.index,
          kernel: costKey(layer.lowering.calls[0]),
          counted,
          estimated: Math.round(layerTime(layer, segment)),
        }));
        const estimated = compared.reduce((sum, one) => sum + one.estimated, 0);
        const errors = compared.map((one) => Math.abs(one.estimated / one.counted - 1));
        results.push({
          ...{ model: model.name, core, kernels: isas[0] ?? 'portable', plan: objective, instructions, estimated },
          totalError: estimated / instructions - 1,
          meanLayerError: errors.reduce((sum, error) => sum + error, 0) / errors.length,
          layers: compared,
        });
      }
    }
  }
  if (options.json) {
    process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    return;
  }
  const percent = (value) => `${(100 * value).toFixed(1)} %`.padStart(8);
  for (const row of results) {
    const counts = `${String(row.instructions).padStart(11)} ${String(row.estimated).padStart(11)}`;
    process.stdout.write(
      `${row.model.padEnd(22)} ${row.core} ${row.kernels.padEnd(8)} ${row.plan.padEnd(8)} ${counts} ${percent(row.totalError)} ${percent(row.meanLayerError)}\n`,
    );
    if (!options.layers) continue;
    for (const { layer, kernel, counted, estimated } of row.layers)
      process.stdout.write(
        `  ${String(layer).padStart(3)} ${kernel.padEnd(40)} ${counted} ${estimated} ${percent(estimated / counted - 1)}\n`,
      );
  }
  process.stdout.write(
    'model, core, kernels, plan; instructions counted and estimated; error of the total, mean of layers\n',
  );
}
