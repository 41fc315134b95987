/**
 * The speed of models in WebAssembly, beside onnxruntime-web: `node scripts/bench/speed-wasm.mjs [options]`. The figures go
 * to the standard output, progress to the error output.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compileModel } from '../../dist/api/pipeline.js';
import { modelPrefix } from '../../dist/codegen/model.js';
import { modelFiles } from '../../dist/codegen/project.js';
import { wasmSource } from '../../dist/codegen/wasm.js';
import { modelOptions, plan } from '../../dist/compile.js';
import { compileWasm } from '../../dist/simulate/clang.js';
import { hasOnnxruntime, leastRatios, measureWasmSpeed, wasmModels } from './speed-wasm-lib.mjs';

const usage = `node scripts/bench/speed-wasm.mjs [options]
  --model TEXT      only the models whose name holds this, such as kws
  --objective NAME  plan for balanced (default), sram or time
  --rounds N        rounds in which all are measured by turns (default: 40)
  --json            print an array of {model, target, plan, nanoseconds, macs, arenaBytes, flashBytes, competitor}
  --check           fail where a ratio is below what is asked: ${Object.entries(leastRatios)
    .map(([name, least]) => `${least} (${name})`)
    .join(', ')}`;

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        model: { type: 'string', default: '' },
        objective: { type: 'string', default: 'balanced' },
        rounds: { type: 'string', default: '40' },
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(`${usage}\n`);
      process.exit(0);
    }
    return { ...values, rounds: Number(values.rounds) };
  } catch (error) {
    return fail(`${error.message}\n${usage}`);
  }
}

const options = readOptions();
const kit = process.env.TESSERA_KIT;
const chosen = wasmModels.filter(({ name }) => name.includes(options.model));
if (!kit)
  fail('TESSERA_KIT is not set: it names the folder of models and test data (CONTRIBUTING.md says what lies in it)');
if (!existsSync(kit)) fail(`TESSERA_KIT: there is no folder ${kit}`);
if (!hasOnnxruntime()) fail('onnxruntime-web is not installed: npm ci installs it');
if (chosen.length === 0) fail(`no such model; there are ${wasmModels.map(({ name }) => name).join(', ')}`);
if (!['balanced', 'sram', 'time'].includes(options.objective)) fail(`--objective is balanced, sram or time\n${usage}`);
if (!Number.isInteger(options.rounds) || options.rounds < 1) fail(`--rounds is a number from 1 on\n${usage}`);

const tessera = { compileModel, compileWasm, modelFiles, modelOptions, modelPrefix, plan, wasmSource };
const rows = [];
for (const model of chosen) {
  const start = performance.now();
  rows.push(await measureWasmSpeed(tessera, kit, model, { plan: options.objective, rounds: options.rounds }));
  process.stderr.write(`${model.name}, wasm: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}
process.stdout.write(options.json ? `${JSON.stringify(rows, null, 2)}\n` : table(rows));

const tooSlow = rows.flatMap(({ model, competitor }) =>
  competitor
    .filter(({ name, ratio }) => ratio < leastRatios[name])
    .map(({ name, ratio }) => `${model}: ${ratio.toFixed(2)} times ${name}, ${leastRatios[name]} is asked\n`),
);
if (options.check && tooSlow.length > 0) {
  process.stderr.write(tooSlow.join(''));
  process.exitCode = 1;
}

function table(measured) {
  const names = Object.keys(leastRatios);
  const header = [
    'model',
    'microseconds',
    'GMAC/s',
    'arena bytes',
    'module bytes',
    ...names.map((name) => `x ${name}`),
  ];
  const lines = [
    header,
    ...measured.map((row) => [
      row.model,
      (row.nanoseconds / 1e3).toFixed(1),
      (row.macs / row.nanoseconds).toFixed(1),
      String(row.arenaBytes),
      String(row.flashBytes),
      ...names.map((name) => {
        const found = row.competitor.find((one) => one.name === name);
        return `${found.ratio.toFixed(2)} (${(found.nanoseconds / 1e3).toFixed(0)} us)`;
      }),
    ]),
  ];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const print = (line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  return `${lines.map(print).join('\n')}\n\nMedians; ratios are medians of rounds in which all ran by turns. Int8 in and out; onnxruntime-web: one thread, SIMD.\n`;
}
