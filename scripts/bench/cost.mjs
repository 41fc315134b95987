/**
 * The cost model of the planner: `npm run fit:cost -- [options]` measures networks in QEMU and fits, for every kernel,
 * instructions and a Cortex-M4's cycles to the work that it does (src/plan/cost/work.ts); `npm run test:cost` compares
 * estimates with counts on models that it was not fitted on.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { modelPrefix } from '../../dist/codegen/model.js';
import { modelFiles } from '../../dist/codegen/project.js';
import { modelOptions, optimize, plan, quantize } from '../../dist/compile.js';
import { readModel, requireGraph } from '../../dist/onnx/read.js';
import { createGraphBuilder, plainPort } from '../../dist/ops/build.js';
import { layerCycles, layerTime, segmentsOf } from '../../dist/plan/cost/cost.js';
import { kernelWork, stageWork } from '../../dist/plan/cost/work.js';
import { leanLayers } from '../../dist/plan/lower.js';
import { withTwoRows } from '../../dist/plan/two-rows.js';
import { compareEstimates } from './cost-compare.mjs';
import { leanProbes, pairsProbes, planarProbes, probes, randomChain } from './cost-corpus.mjs';
import { fitCosts, meanError } from './cost-fit.mjs';
import { measureLayers } from './cost-measure.mjs';
import { models, readModel as readKitModel } from './speed-lib.mjs';

const usage = `npm run fit:cost -- [options]
  --probes N     how many networks of single layers to measure (20), and half as many with kernels of less scratch
  --chains N     how many networks of layers one after the other, in four to six plans each (8)
  --machine TEXT only these: cortex-m4 dsp, cortex-m4 portable, cortex-m55 mve; with --test cortex-m7 dsp, too
  --fit          fit to scripts/bench/cost-profiles.jsonl as it is, without measuring
  --test         no fit: estimates beside counts, on the models of TESSERA_KIT
  --cycles       with --test: cycles of a Cortex-M4, too; minutes for a large model
  --model TEXT   with --test: only the models whose name holds this
  --layers       with --test: every layer
  --json         with --test: print JSON`;
const profilesFile = new URL('cost-profiles.jsonl', import.meta.url);
const instructionsFile = new URL('../../src/plan/cost/table.ts', import.meta.url);
const cyclesFile = new URL('../../src/plan/cost/cycles.ts', import.meta.url);

const tessera = {
  ...{ modelFiles, modelOptions, modelPrefix, optimize, plan, quantize },
  ...{ readModel, requireGraph, createGraphBuilder, plainPort },
  ...{ layerCycles, layerTime, segmentsOf },
};

const { values: options } = parseArgs({
  options: {
    probes: { type: 'string', default: '20' },
    chains: { type: 'string', default: '8' },
    machine: { type: 'string', default: '' },
    fit: { type: 'boolean', default: false },
    test: { type: 'boolean', default: false },
    cycles: { type: 'boolean', default: false },
    model: { type: 'string', default: '' },
    layers: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** What costs are fitted on: a core with its kernels, and how much of the corpus. */
const machines = [
  { core: 'cortex-m4', isas: ['dsp'], share: 1, withCycles: true },
  { core: 'cortex-m55', isas: ['mve', 'dsp'], share: 1, withCycles: false },
  { core: 'cortex-m4', isas: [], share: 0.4, withCycles: true },
];
/** What estimates are tested on: the M7 has the kernels of the M4. */
const testMachines = [...machines, { core: 'cortex-m7', isas: ['dsp'] }];
/** What estimates of instructions may be off: the mean of a model's layers, and its total. */
const mostOfLayers = 0.05;
const mostOfTotal = 0.03;

/** Networks that are measured in one start of QEMU. */
const batch = 10;

if (options.help) process.stdout.write(`${usage}\n`);
else if (options.test) await test();
else {
  if (!options.fit) await measure();
  writeTables();
}

/** The layers of a plan that have one kernel each, with what was counted. */
function rowsOf(made, counted) {
  const segments = segmentsOf(made);
  return counted.flatMap(({ layer: index, ...counts }) => {
    const layer = made.layers[index];
    if (layer.lowering.kind === 'alias' || layer.lowering.calls.length > 1) return [];
    const [call] = layer.lowering.calls;
    const segment = segments.get(index);
    const work = kernelWork(layer, call, segment, made);
    const around = segment === null ? null : stageWork(layer, call, segment, made);
    return [
      {
        kernel: call.symbol,
        ...counts,
        work: Object.fromEntries(work),
        ...(around === null ? {} : { stage: Object.fromEntries(around) }),
      },
    ];
  });
}

async function measure() {
  const kept = existsSync(profilesFile) && options.machine !== '' ? readProfiles() : [];
  const chosen = machines.filter((machine) => machineName(machine).includes(options.machine));
  const rows = kept.filter(({ machine }) => !chosen.some((one) => machineName(one) === machine));
  for (const machine of chosen) {
    const { core, isas, share, withCycles } = machine;
    const plansOf = (times, make) => Array.from({ length: Math.ceil(times * share) }, (_, seed) => make(seed)).flat();
    const layerwise = (graph) => plan(graph, { objective: 'time', input: 'resident', isas });
    const [probed, chained] = [Number(options.probes), Number(options.chains)];
    const plans = [
      ...plansOf(probed, (seed) => layerwise(probes(tessera, seed))),
      ...(isas[0] === 'dsp'
        ? [
            ...plansOf(probed / 2, (seed) => leanPlans(layerwise(leanProbes(tessera, seed)))),
            ...plansOf(probed, (seed) => planarPlan(layerwise(planarProbes(tessera, seed)))),
          ]
        : []),
      ...(isas[0] === 'mve' ? plansOf(probed, (seed) => pairsPlans(pairsProbes(tessera, seed), isas)) : []),
      ...plansOf(chained, (seed) => chainPlans(randomChain(tessera, seed), isas)),
    ];
    for (let at = 0; at < plans.length; at += batch) {
      const some = plans.slice(at, at + batch);
      const counted = await measureLayers(tessera, some, { core, withCycles });
      for (const [i, made] of some.entries()) {
        rows.push(...rowsOf(made, counted[i]).map((row) => ({ machine: machineName(machine), ...row })));
      }
      process.stderr.write(
        `${machineName(machine)}: ${Math.min(at + batch, plans.length)} of ${plans.length} networks\n`,
      );
    }
  }
  writeProfiles(rows);
}

/** A plan with the kernels of less scratch: all the fastest of them, and all those of the least. */
function leanPlans(made) {
  return [0, -1].map((at) => ({ ...made, layers: made.layers.map((layer) => leanLayers(layer).at(at) ?? layer) }));
}

/**
 * A plan with the kernels for planar rows wherever there are any that take no more scratch, whatever they are estimated to
 * cost: what the bytes of a row stand for makes no difference to the time that a kernel takes.
 */
function planarPlan(made) {
  const withForm = (layer) => {
    const calls = layer.lowering.kind === 'alias' ? [] : layer.lowering.calls;
    if (calls.length !== 1) return layer;
    const { smallSymbol, rowsSymbol, ...call } = calls[0];
    const { planarInput, planarOutput } = call;
    if (planarInput === undefined && planarOutput === undefined) return layer;
    const form = planarInput === undefined ? {} : { ...planarInput, fewScratch: undefined };
    const fields = { ...call.fields, ...planarOutput };
    return { ...layer, lowering: { ...layer.lowering, calls: [{ ...call, ...form, fields, pointwise: false }] } };
  };
  return { ...made, layers: made.layers.map(withForm) };
}

/**
 * Plans layer by layer: with the kernels for two rows of outputs wherever there are any, whatever lies in the way, since the
 * time is the same; and without them.
 */
function pairsPlans(graph, isas) {
  const [made, single] = ['speed', 'size'].map((optimize) =>
    plan(graph, { objective: 'time', input: 'resident', optimize, isas }),
  );
  return [withTwoRows({ ...made, joins: [] }), single];
}

/** Plans of a chain: layer by layer, and with stages that go column by column and in wider segments. */
function chainPlans(graph, isas) {
  const least = plan(graph, { objective: 'sram', input: 'resident', isas });
  const limited = [1.2, 1.6].map((times) => Math.ceil(times * least.arenaBytes));
  return [
    plan(graph, { objective: 'time', input: 'resident', isas }),
    least,
    ...(isas[0] === 'dsp'
      ? leanPlans(plan(graph, { objective: 'sram', input: 'resident', optimize: 'size', isas }))
      : []),
    ...limited.map((arenaLimit) => plan(graph, { objective: 'time', arenaLimit, input: 'resident', isas })),
  ];
}

function machineName({ core, isas }) {
  return `${core} ${isas[0] ?? 'portable'}`;
}

/** A line for each kernel on each machine: what its work is called, then for each layer its figures in that order. */
function writeProfiles(rows) {
  const groups = new Map();
  for (const row of rows) {
    const key = JSON.stringify({ machine: row.machine, kernel: row.kernel, streamed: row.stage !== undefined });
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const lines = [...groups].map(([key, own]) => {
    const names = (part) => [...new Set(own.flatMap((row) => Object.keys(row[part] ?? {})))];
    const [work, stage] = [names('work'), names('stage')];
    const layers = own.map((row) => [
      ...[row.instructions, row.cycles ?? 0],
      ...work.map((name) => row.work[name] ?? 0),
      ...stage.map((name) => row.stage[name] ?? 0),
    ]);
    return JSON.stringify({ ...JSON.parse(key), work, stage, layers });
  });
  writeFileSync(profilesFile, lines.map((line) => `${line}\n`).join(''));
}

function readProfiles() {
  const lines = readFileSync(profilesFile, 'utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const { machine, kernel, streamed, work, stage, layers } = JSON.parse(line);
    const named = (names, counts) =>
      Object.fromEntries(names.map((name, i) => [name, counts[i]]).filter(([, count]) => count !== 0));
    return layers.map(([instructions, cycles, ...counts]) => ({
      ...{ machine, kernel, instructions, cycles, work: named(work, counts) },
      ...(streamed ? { stage: named(stage, counts.slice(work.length)) } : {}),
    }));
  });
}

/** Costs of every kernel and of stages, by what was counted: instructions or cycles. */
function fitTable(rows, unit) {
  const counted = rows.filter((row) => row[unit] > 0);
  const kernels = [...new Set(counted.map(({ kernel }) => kernel))].sort();
  const table = {};
  for (const kernel of kernels) {
    const own = counted.filter((row) => row.kernel === kernel && row.stage === undefined);
    // On the core that the kernel is for, where it was measured there.
    const isFor = kernel.endsWith('_mve') || kernel.includes('__mve_') ? 'cortex-m55' : 'cortex-m4';
    const home = own.filter(({ machine }) => machine.startsWith(isFor));
    const used = home.length > 0 ? home : own;
    if (used.length === 0) continue;
    const { costs, errors } = fitCosts(used.map((row) => ({ work: row.work, target: row[unit], scale: row[unit] })));
    process.stderr.write(
      `${unit}, ${kernel}: ${used.length} layers, mean error ${percent(meanError(errors))}, most ${percent(Math.max(...errors.map(Math.abs)))}\n`,
    );
    table[kernel] = costs;
  }
  const streamed = counted.filter(
    ({ stage, kernel, machine }) =>
      stage !== undefined && table[kernel] !== undefined && machine === machineName(machines[0]),
  );
  const { costs, errors } = fitCosts(
    streamed.map((row) => {
      const own = Object.entries(row.work).reduce(
        (sum, [name, count]) => sum + (table[row.kernel][name] ?? 0) * count,
        0,
      );
      return { work: row.stage, target: row[unit] - own, scale: row[unit] };
    }),
  );
  process.stderr.write(`${unit}, stages: ${streamed.length} layers, mean error ${percent(meanError(errors))}\n`);
  return { ...table, stage: costs };
}

function percent(value) {
  return `${(100 * value).toFixed(2)} %`;
}

function writeTable(file, table) {
  const text = readFileSync(file, 'utf8');
  const [, declaration] = /^(export const \w+: [^=]* = )/m.exec(text);
  const entries = Object.entries(table).map(([kernel, costs]) => `'${kernel}': ${JSON.stringify(costs)},`);
  writeFileSync(file, `${text.slice(0, text.indexOf(declaration))}${declaration}{\n${entries.join('\n')}\n};\n`);
}

function writeTables() {
  const rows = readProfiles();
  writeTable(instructionsFile, fitTable(rows, 'instructions'));
  writeTable(cyclesFile, fitTable(rows, 'cycles'));
  const biome = fileURLToPath(new URL('../../node_modules/.bin/biome', import.meta.url));
  execFileSync(biome, ['format', '--write', fileURLToPath(instructionsFile), fileURLToPath(cyclesFile)], {
    stdio: 'ignore',
  });
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
    const { graph } = readKitModel(tessera, kit, model);
    for (const { core, isas } of testMachines.filter((machine) => machineName(machine).includes(options.machine))) {
      const withCycles = options.cycles && core === 'cortex-m4';
      for (const objective of ['time', 'balanced']) {
        const made = plan(graph, { objective, input: 'resident', isas });
        const [errors] = await compareEstimates(tessera, [made], { core, withCycles });
        const result = { model: model.name, machine: machineName({ core, isas }), plan: objective, ...errors };
        results.push(result);
        if (!options.json) print(result);
        if (!isWithin(errors)) process.exitCode = 1;
      }
    }
  }
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  if (process.exitCode === 1) {
    process.stderr.write(
      `an error is above ${percent(mostOfLayers)} of the layers or ${percent(mostOfTotal)} of a total\n`,
    );
  }
}

function isWithin({ instructions }) {
  return instructions.meanOfLayers <= mostOfLayers && Math.abs(instructions.total) <= mostOfTotal;
}

function print({ model, machine, plan: objective, instructions, cycles, layers }) {
  for (const [unit, errors] of Object.entries({ instructions, cycles })) {
    if (errors === null) continue;
    const named = [
      ['total', errors.total],
      ['mean of layers', errors.meanOfLayers],
      ['weighted', errors.weighted],
    ].map(([name, error]) => `${name} ${percent(error).padStart(8)}`);
    const counts = `${String(errors.counted).padStart(10)} ${String(errors.estimated).padStart(10)}`;
    process.stdout.write(
      `${model.padEnd(22)} ${machine.padEnd(19)} ${objective.padEnd(8)} ${unit.padEnd(12)} ${counts}  ${named.join('  ')}\n`,
    );
  }
  if (!options.layers) return;
  const figures = (counted, estimated) =>
    counted === undefined
      ? ''
      : `${String(counted).padStart(10)} ${String(estimated).padStart(10)} ${percent(estimated / counted - 1).padStart(9)}`;
  for (const layer of layers) {
    const what = `${String(layer.layer).padStart(3)} ${layer.kernel.padEnd(38)} ${layer.output.padEnd(14)}`;
    const counts = figures(layer.instructions, layer.estimatedInstructions);
    process.stdout.write(
      `  ${what} ${String(layer.segment).padStart(5)} ${counts} ${figures(layer.cycles, layer.estimatedCycles)}\n`,
    );
  }
}
