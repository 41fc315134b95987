/**
 * The speed of models: `npm run bench:speed -- [options]`. The figures go to the standard output, progress to the error
 * output.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { modelPrefix } from '../../dist/codegen/model.js';
import { modelFiles } from '../../dist/codegen/project.js';
import { modelOptions, optimize, plan, quantize } from '../../dist/compile.js';
import { readModel, requireGraph } from '../../dist/onnx/read.js';
import { hasQemu } from './qemu.mjs';
import { compareWithBaseline, measureSpeed, models, readModel as readKitModel, rowKey, targets } from './speed-lib.mjs';
import { hasOnnxruntime, wasmModels } from './speed-wasm-lib.mjs';

const usage = `npm run bench:speed -- [options]
  --model TEXT      only the models whose name holds this, such as kws
  --target CORE     only this core: ${Object.keys(targets).join(', ')}, wasm
  --objective NAME  plan for balanced (default), sram or time
  --layers          every layer, too
  --cycles          Cortex-M4: cycles, too, estimated from Arm's table of timings; a minute for a large model
  --portable        portable kernels alone
  --json            print an array of {model, target, plan, instructions, estimatedCycles, macs, arenaBytes, flashBytes,
                    layers, competitor}
  --check           fail where instructions exceed those of scripts/bench/speed-baseline.json by more than 1 %
  --update          write what was measured into that file`;
const baselineFile = new URL('speed-baseline.json', import.meta.url);

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        model: { type: 'string', default: '' },
        target: { type: 'string' },
        objective: { type: 'string', default: 'balanced' },
        layers: { type: 'boolean', default: false },
        cycles: { type: 'boolean', default: false },
        portable: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        update: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(`${usage}\n`);
      process.exit(0);
    }
    return values;
  } catch (error) {
    return fail(`${error.message}\n${usage}`);
  }
}

const options = readOptions();
const chosen = models.filter(({ name }) => name.includes(options.model));
const cores = Object.keys(targets).filter((core) => options.target === undefined || core === options.target);
const isWhole = !options.portable && !options.check && !options.update;
const withWasm = options.target === 'wasm' || (options.target === undefined && isWhole && hasOnnxruntime());
const kit = process.env.TESSERA_KIT;
if (!kit)
  fail('TESSERA_KIT is not set: it names the folder of models and test data (CONTRIBUTING.md says what lies in it)');
if (!existsSync(kit)) fail(`TESSERA_KIT: there is no folder ${kit}`);
if (chosen.length === 0) fail(`no such model; there are ${models.map(({ name }) => name).join(', ')}`);
if (cores.length === 0 && !withWasm) fail(`no such core; there are ${Object.keys(targets).join(', ')}, wasm`);
if (!['balanced', 'sram', 'time'].includes(options.objective)) fail(`--objective is balanced, sram or time\n${usage}`);
if (cores.length > 0 && !hasQemu())
  fail('arm-none-eabi-gcc and qemu-system-arm are needed: scripts/setup.sh installs them');

const tessera = {
  ...{ modelFiles, modelOptions, modelPrefix, optimize, plan, quantize },
  ...{ readModel, requireGraph },
};
const rows = [];
for (const model of chosen) {
  const read = readKitModel(tessera, kit, model);
  for (const core of cores) {
    const start = performance.now();
    const isas = options.portable ? [] : targets[core];
    const withLayers = options.layers || options.json;
    const withCycles = options.cycles || options.json;
    rows.push(
      await measureSpeed(tessera, model, read, { core, isas, plan: options.objective, withLayers, withCycles }),
    );
    process.stderr.write(`${model.name}, ${core}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  }
}
const wasm = withWasm ? measureWasm() : options.json ? [] : '';
if (options.json) process.stdout.write(`${JSON.stringify([...rows, ...wasm], null, 2)}\n`);
else process.stdout.write([rows.length > 0 ? table(rows) : '', wasm].filter((text) => text !== '').join('\n'));
if (!options.json) {
  for (const row of rows) {
    if (options.layers) process.stdout.write(`\n${layerTable(row)}`);
    if (row.functions.length > 0) process.stdout.write(`\n${functionTable(row)}`);
  }
}
if (options.update) update();
if (options.check) check();

/** What speed-wasm.mjs prints: rows or a table. */
function measureWasm() {
  const none = options.json ? [] : '';
  if (!wasmModels.some(({ name }) => name.includes(options.model))) return none;
  const program = fileURLToPath(new URL('speed-wasm.mjs', import.meta.url));
  const args = [
    program,
    '--model',
    options.model,
    '--objective',
    options.objective,
    ...(options.json ? ['--json'] : []),
  ];
  const output = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return options.json ? JSON.parse(output) : output;
}

function readBaseline() {
  return existsSync(baselineFile) ? JSON.parse(readFileSync(baselineFile, 'utf8')) : {};
}

function update() {
  const known = { ...readBaseline(), ...Object.fromEntries(rows.map((row) => [rowKey(row), row.instructions])) };
  const sorted = Object.fromEntries(Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(baselineFile, `${JSON.stringify(sorted, null, 2)}\n`);
}

function check() {
  const { worse, better, unknown } = compareWithBaseline(rows, readBaseline());
  for (const line of better) process.stderr.write(`faster: ${line} (write it down with --update)\n`);
  for (const line of unknown) process.stderr.write(`not in the baseline: ${line}\n`);
  for (const line of worse) process.stderr.write(`SLOWER: ${line}\n`);
  if (worse.length > 0) process.exitCode = 1;
}

function count(value) {
  return value === null ? '-' : String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

function columns(lines, isText) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const print = (line) =>
    line
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd();
  return `${lines.map(print).join('\n')}\n`;
}

function table(measured) {
  const header = ['model', 'core', 'plan', 'instructions', 'a MAC', 'cycles (M4)', 'MACs', 'arena', 'flash', 'others'];
  const cells = measured.map((row) => [
    ...[row.model, row.target, row.plan, count(row.instructions), (row.instructions / row.macs).toFixed(2)],
    ...[row.estimatedCycles, row.macs, row.arenaBytes, row.flashBytes].map(count),
    row.target === 'cortex-m55'
      ? ''
      : row.competitor.map(({ name, instructions }) => `${name} ${count(instructions)}`).join('; '),
  ]);
  const text = columns([header, ...cells], (column) => column < 3 || column === header.length - 1);
  return `${text}\nInstructions of one inference in QEMU, not cycles. flash: code and constants of model and kernels.\n`;
}

function functionTable({ model, target, functions }) {
  const known = [...functions].sort((a, b) => b.cycles - a.cycles).slice(0, 12);
  const lines = known.map(({ name, cycles }) => [name, count(cycles)]);
  return `${model}, ${target}\n${columns([['function', 'estimated cycles'], ...lines], (column) => column === 0)}`;
}

function layerTable({ model, target, plan: objective, layers }) {
  const header = ['layer', 'operator', 'input', 'output', 'kernel', 'instructions', 'a MAC', 'MACs'];
  const cells = layers
    .filter(({ kernel }) => kernel !== '')
    .map((layer) => [
      ...[String(layer.layer), layer.op, layer.input, layer.output, layer.kernel, count(layer.instructions)],
      layer.macs === 0 ? '-' : (layer.instructions / layer.macs).toFixed(2),
      count(layer.macs),
    ]);
  return `${model}, ${target}, ${objective}\n${columns([header, ...cells], (column) => column > 0 && column < 5)}`;
}
