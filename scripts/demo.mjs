/**
 * Compiles an example model for WebAssembly and asks the result about samples that it has never seen:
 * `npm run demo -- [example]`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { writeFolder } from '../dist/cli/write-folder.js';
import { compileModel, makeProject } from '../dist/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const name = process.argv[2] ?? 'part-sorter';
const folder = join(root, 'examples', name);
if (!existsSync(join(folder, 'example.json'))) {
  const names = readdirSync(join(root, 'examples')).filter((entry) =>
    existsSync(join(root, 'examples', entry, 'example.json')),
  );
  process.stderr.write(`there is no example ${name}; there are ${names.join(', ')}\n`);
  process.exit(2);
}

const example = JSON.parse(readFileSync(join(folder, 'example.json'), 'utf8'));
const { makeSamples } = await import(pathToFileURL(join(folder, example.data)).href);
const percent = (part) => `${(100 * part).toFixed(1)} %`;
const number = (value) => value.toLocaleString('en');
const say = (text) => process.stdout.write(`${text}\n`);

say(`Calibrating ${name} on ${example.calibration.count} samples and compiling it to int8 WebAssembly ...`);
const calibration = makeSamples(example.calibration);
const isPixels = calibration.x instanceof Uint8Array;
const compilation = compileModel(join(folder, example.model), {
  // As for a microcontroller: on this machine the default would rather be fast.
  objective: 'sram',
  calibrate: { shape: calibration.shape, data: calibration.x },
  name: name.replaceAll('-', '_'),
  ...(isPixels ? { preprocessing: { scale: [example.inputScale].flat(), mean: [example.inputMean].flat() } } : {}),
});
const project = await makeProject(compilation);
const out = join(root, 'build', name);
await writeFolder(out, project);
for (const [path, content] of project)
  say(`  ${relative(root, join(out, path))}  ${number(Buffer.byteLength(content))} bytes`);

// From here on only what was written is used, as a web page or a server would.
const { load } = await import(pathToFileURL(join(out, 'model.mjs')).href);
const model = await load();
if (!model.selfTest()) throw new Error('the self-test of the compiled model fails');
const { x, shape, y } = makeSamples(example.evaluation);
const size = x.length / shape[0];
let right = 0;
const start = performance.now();
for (let i = 0; i < shape[0]; i += 1) {
  const [scores] = model.run(x.subarray(i * size, (i + 1) * size));
  if (scores.indexOf(Math.max(...scores)) === y[i]) right += 1;
}
const milliseconds = (performance.now() - start) / shape[0];

const largest = Math.max(
  ...compilation.plan.layers.map((layer) => layer.tensors.output.shape.reduce((a, b) => a * b, 1)),
);
say(`
int8 accuracy   ${percent(right / shape[0])} of ${shape[0]} held-out samples, ${example.classes.length} classes (float: ${percent(example.floatAccuracy)})
SRAM            ${number(model.arenaBytes)} bytes, input included (its largest tensor alone: ${number(largest)} bytes)
work            ${number(model.macs)} multiply-accumulates, ${milliseconds.toFixed(1)} ms in WebAssembly on this machine
The plan, layer by layer: ${relative(root, join(out, 'plan.txt'))}`);
