/**
 * The accuracy of int8 beside float, on the models of the kit: `npm run bench:accuracy -- [--json] [--range all]`.
 * The figures go to the standard output, progress to the error output.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { largest } from '../../dist/api/accuracy.js';
import { defaults } from '../../dist/api/options.js';
import { compileModel, simulate } from '../../dist/api/pipeline.js';
import { graphInput, inOnnxOrder } from '../../dist/api/samples.js';
import { loadNpy } from '../../dist/numpy/load.js';
import { evaluateGraph } from '../../dist/ops/evaluate.js';
import { rangeMethods } from '../../dist/quantize/calibrate.js';
import { measureFloat, measureQdq, models } from './lib.mjs';

const usage = `npm run bench:accuracy -- [options]
  --json           print an array of {model, samples, metric, float, int8, reference, agreement}
  --range METHOD   ${rangeMethods.join(', ')} (default: ${defaults.range}), or all, to compare them
  --model TEXT     only the models whose name holds this, such as kws`;

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    const options = {
      json: { type: 'boolean' },
      range: { type: 'string' },
      model: { type: 'string' },
      help: { type: 'boolean' },
    };
    const { json = false, range = defaults.range, model = '', help = false } = parseArgs({ options }).values;
    if (help) {
      process.stdout.write(`${usage}\n`);
      process.exit(0);
    }
    if (range !== 'all' && !rangeMethods.includes(range)) throw new Error(`there is no range method ${range}`);
    return {
      json,
      ranges: range === 'all' ? rangeMethods : [range],
      chosen: models.filter(({ name }) => name.includes(model)),
    };
  } catch (error) {
    return fail(`${error.message}\n${usage}`);
  }
}

const { json, ranges, chosen } = readOptions();
const kit = process.env.TESSERA_KIT;
if (!kit)
  fail('TESSERA_KIT is not set: it names the folder of models and test data (CONTRIBUTING.md says what lies in it)');
if (!existsSync(kit)) fail(`TESSERA_KIT: there is no folder ${kit}`);
if (chosen.length === 0) fail(`no such model; there are ${models.map(({ name }) => name).join(', ')}`);

const tessera = { compileModel, simulate, evaluateGraph, graphInput, inOnnxOrder, largest, loadNpy };
const isTerminal = process.stderr.isTTY === true;
const jobs = chosen.flatMap((model) => [
  ...ranges.map((range) => ({
    label: `${model.name} float->int8, ${range}`,
    run: async (onProgress) => {
      const measured = await measureFloat(tessera, kit, model, { range, onProgress });
      return ranges.length === 1 ? measured : { ...measured, model: `${measured.model}, ${range}` };
    },
  })),
  { label: `${model.name} qdq`, run: (onProgress) => measureQdq(tessera, kit, model, { onProgress }) },
]);

const rows = [];
for (const { label, run } of jobs) {
  const start = performance.now();
  const onProgress = (text) => isTerminal && process.stderr.write(`\r${label}: ${text}   `);
  rows.push(await run(onProgress));
  process.stderr.write(
    `${isTerminal ? '\r' : ''}${label}: ${((performance.now() - start) / 1000).toFixed(1)} s          \n`,
  );
}

if (json) {
  const fields = rows.map(({ steps, ...published }) => published);
  process.stdout.write(`${JSON.stringify(fields, null, 2)}\n`);
} else {
  process.stdout.write(table(rows));
}

function table(measurements) {
  const header = ['model', 'samples', 'metric', 'float', 'int8', 'reference', 'agreement', 'steps from reference'];
  const percent = (value) => (100 * value).toFixed(2);
  const cells = measurements.map((m) => [
    ...[m.model, m.samples, m.metric],
    ...[m.float, m.int8, m.reference, m.agreement].map(percent),
    m.steps === null ? '' : m.steps.toFixed(3),
  ]);
  const lines = [header, ...cells].map((line) => line.map(String));
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const print = (line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ');
  return `${lines.map(print).join('\n')}\n\nint8: ${ranges.length === 1 ? `${ranges[0]} ranges, ` : ''}run in WebAssembly; reference: onnxruntime. Accuracies in per cent.\n`;
}
