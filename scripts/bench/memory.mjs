/**
 * The SRAM of models by plan, beside what others need: `npm run bench:memory -- [--json] [--model TEXT]`.
 * The figures go to the standard output, progress to the error output.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deepestStack, readCallGraph } from '../../dist/api/stack.js';
import { modelPrefix } from '../../dist/codegen/model.js';
import { modelFiles } from '../../dist/codegen/project.js';
import { optimize, plan, quantize } from '../../dist/compile.js';
import { readModel, requireGraph } from '../../dist/onnx/read.js';
import { createGraphBuilder, plainPort } from '../../dist/ops/build.js';
import { timeOf } from '../../dist/plan/cost/cost.js';
import { leastPeak } from '../../dist/plan/least.js';
import { measureMemory, models } from './memory-lib.mjs';
import { hasArmCompiler } from './stack.mjs';

const usage = `npm run bench:memory -- [options]
  --json         print an array of {model, plan, input, kernels, arenaBytes, stackBytes, dataBytes, macs,
                 macsRatio, timeRatio, allocationBound, planBound, competitor}
  --model TEXT   only the models whose name holds this, such as kws`;

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    const options = { json: { type: 'boolean' }, model: { type: 'string' }, help: { type: 'boolean' } };
    const { json = false, model = '', help = false } = parseArgs({ options }).values;
    if (help) {
      process.stdout.write(`${usage}\n`);
      process.exit(0);
    }
    return { json, chosen: models.filter(({ name }) => name.includes(model)) };
  } catch (error) {
    return fail(`${error.message}\n${usage}`);
  }
}

const { json, chosen } = readOptions();
const kit = process.env.TESSERA_KIT;
if (!kit)
  fail('TESSERA_KIT is not set: it names the folder of models and test data (CONTRIBUTING.md says what lies in it)');
if (!existsSync(kit)) fail(`TESSERA_KIT: there is no folder ${kit}`);
if (chosen.length === 0) fail(`no such model; there are ${models.map(({ name }) => name).join(', ')}`);

const tessera = {
  ...{ modelFiles, modelPrefix, optimize, plan, quantize, readModel, requireGraph },
  ...{ createGraphBuilder, plainPort, leastPeak, timeOf, readCallGraph, deepestStack },
};
const withStack = hasArmCompiler();
if (!withStack)
  process.stderr.write('arm-none-eabi-gcc is not installed (scripts/setup.sh does it): stack and data are left out\n');
const isTerminal = process.stderr.isTTY === true;

const rows = [];
for (const model of chosen) {
  const start = performance.now();
  const onProgress = (text) => isTerminal && process.stderr.write(`\r${model.name}: ${text}          `);
  rows.push(...measureMemory(tessera, kit, model, { withStack, onProgress }));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stderr.write(`${isTerminal ? '\r' : ''}${model.name}: ${seconds} s                    \n`);
}
process.stdout.write(json ? `${JSON.stringify(rows, null, 2)}\n` : table(rows));

function table(measured) {
  const count = (value) => (value === null ? '-' : String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ','));
  const header = [
    'model',
    'plan',
    'input',
    'kernels',
    'arena',
    'bound',
    'plan bound',
    'stack',
    'data',
    'MACs',
    'ratio',
    'time',
    'allowed',
    'others',
  ];
  const cells = measured.map((row) => {
    const model = models.find(({ name }) => name === row.model);
    const most = row.plan.startsWith('overhead') ? model.overhead.most : model.most;
    const aim = (row.plan === 'sram' || row.plan.startsWith('overhead')) && row.input === 'streamed' && most !== null;
    return [
      ...[row.model, row.plan, row.input, row.kernels],
      ...[row.arenaBytes, row.allocationBound, row.planBound, row.stackBytes, row.dataBytes, row.macs].map(count),
      row.macsRatio.toFixed(3),
      row.timeRatio.toFixed(2),
      aim ? `${count(most)} ${row.arenaBytes <= most ? 'met' : 'MISSED'}` : '',
      row.plan === 'sram' && row.input === 'streamed' && row.kernels === 'portable'
        ? row.competitor.map(({ name, bytes }) => `${name} ${count(bytes)}`).join('; ')
        : '',
    ];
  });
  const lines = [header, ...cells];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const isText = (column) => column < 4 || column === header.length - 1;
  const print = (line) =>
    line
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd();
  return `${lines.map(print).join('\n')}\n
Bytes. arena: activations, rings and scratch, outputs counted; with a streamed input its rows in rings only.
time: estimated instructions, as a multiple of those of layer by layer with the same kernels.
stack, data: of the generated run function on a Cortex-M4, as its compiler states them (-O2).
`;
}
