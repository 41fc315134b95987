/**
 * Our planner on msf-CNN's layer lists (arXiv 2505.11483), counted as that paper counts (see msf-blocks.mjs): planning
 * figures, in kB of 1000 bytes, at overheads of multiply-accumulates, beside those that the paper publishes.
 *
 * Usage: npm run build && node scripts/bench/msf-cnn.mjs folder-of-layer-lists [--json] [--run]
 * A layer list is a CSV file with the columns layer, kind (conv or depthwise), kernel, stride, in_height,
 * in_width, in_channels, out_height, out_width, out_channels, macs. --run also generates every network, with random
 * weights, and runs it in WebAssembly, layer by layer, streamed, and with what is computed twice or in patches.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelFiles } from '../../dist/codegen/project.js';
import { describeModel } from '../../dist/codegen/wasm.js';
import { modelOptions, plan } from '../../dist/compile.js';
import { createGraphBuilder, plainPort } from '../../dist/ops/build.js';
import { lowerGraph } from '../../dist/plan/lower.js';
import { assignQuantization } from '../../dist/quantize/assign.js';
import { buildWasm, instantiateWasm } from '../../dist/simulate/wasm.js';
import { blockPlans } from './msf-blocks.mjs';

/** What the paper publishes for each list: kB at overhead. */
const published = {
  'MBV2-w0.35': [
    [181.4, 1],
    [83.1, 1.019],
    [67.9, 1.097],
    [25.7, 1.253],
    [21.3, 1.298],
    [15.3, 1.382],
    [7.9, 1.68],
  ],
  'MN2-vww5': [
    [89.6, 1],
    [32.8, 1.039],
    [26.1, 1.113],
    [17.8, 1.296],
    [13.4, 1.345],
    [12.0, 1.957],
  ],
  'MN2-320K': [
    [247.8, 1],
    [186.7, 1.194],
    [156.7, 1.369],
    [94.2, 1.455],
    [62.9, 2.02],
    [42.6, 2.695],
  ],
};

function readLayers(file) {
  const [header, ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, name === 'kind' ? cells[i] : Number(cells[i])]));
  });
}

/** The padding on both sides of an axis that gives `output` positions. */
function padding(input, output, kernel, stride) {
  const total = Math.max(0, (output - 1) * stride + kernel - input);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

function graphOf(name, layers) {
  const builder = createGraphBuilder(name);
  const [first] = layers;
  const input = builder.input('input', {
    shape: [1, first.in_height, first.in_width, first.in_channels],
    dtype: 'float32',
  });
  let tensor = input;
  for (const layer of layers) {
    const groups = layer.kind === 'depthwise' ? layer.in_channels : 1;
    const shape = [layer.out_channels, layer.kernel, layer.kernel, layer.in_channels / groups];
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.01);
    const weights = builder.constant(`w${layer.layer}`, { shape, dtype: 'float32', data });
    tensor = builder.add('Conv', [tensor, weights, null], {
      kernel: [layer.kernel, layer.kernel],
      strides: [layer.stride, layer.stride],
      dilations: [1, 1],
      pads: [
        padding(layer.in_height, layer.out_height, layer.kernel, layer.stride),
        padding(layer.in_width, layer.out_width, layer.kernel, layer.stride),
      ],
      groups,
    });
  }
  const graph = builder.finish([plainPort(input)], [plainPort(tensor)]);
  const ranges = new Map([...graph.tensors.keys()].map((key) => [key, { min: -1, max: 1 }]));
  return assignQuantization(graph, ranges);
}

/** Beside each published point: what we need at most at its overhead, and the overhead at which we need less than it. */
function compare(name, program) {
  const plans = blockPlans(program);
  return (published[name] ?? [[null, 1]]).map(([theirs, factor]) => {
    const best = plans.least(factor);
    const below = theirs === null ? null : plans.within(theirs * 1000 - 1);
    return {
      network: name,
      overheadAllowed: factor,
      publishedKilobytes: theirs,
      kilobytes: plans.bytes(best) / 1000,
      overhead: plans.overhead(best),
      overheadBelowPublished: below === null ? null : plans.overhead(below),
      patches: best.filter(({ count }) => count > 1).map(({ start, end, count }) => ({ start, end, count })),
    };
  });
}

/** Generates the network by several plans, and runs each on one input: it says itself whether the output is right. */
async function run(name, graph) {
  const kinds = [
    ['layer by layer', { objective: 'time', input: 'resident' }],
    ['streamed', { objective: 'sram', input: 'stream' }],
    ['at overhead 1.25', { objective: 'sram', input: 'resident', maxOverhead: 1.25 }],
  ];
  for (const [kind, options] of kinds) {
    const made = plan(graph, options);
    const files = modelFiles(made, {
      ...modelOptions(made, new Uint8Array(), 'wasm', '0', 'int8'),
      byteArrays: 'text',
    });
    const model = instantiateWasm(await buildWasm(made, files, 'system'), describeModel(made));
    const isRight = (await model).selfTest();
    console.log(`${name}, ${kind}: arena ${made.arenaBytes} bytes, ${isRight ? 'right' : 'WRONG'}`);
    if (!isRight) process.exitCode = 1;
  }
}

const [folder, ...options] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/bench/msf-cnn.mjs folder-of-layer-lists [--json] [--run]');
  process.exit(2);
}
const networks = readdirSync(folder)
  .filter((file) => file.endsWith('.csv'))
  .sort()
  .map((file) => {
    const name = file.replace(/\.csv$/, '');
    return { name, graph: graphOf(name, readLayers(join(folder, file))) };
  });
const rows = networks.flatMap(({ name, graph }) => compare(name, { graph, layers: lowerGraph(graph) }));
if (options.includes('--json')) console.log(JSON.stringify(rows, null, 2));
else {
  for (const row of rows) {
    const theirs = row.publishedKilobytes === null ? '' : `, msf-CNN ${row.publishedKilobytes} kB`;
    const below =
      row.overheadBelowPublished === null ? '' : `; less than theirs from ${row.overheadBelowPublished.toFixed(3)} on`;
    console.log(
      `${row.network.padEnd(12)} at ${row.overheadAllowed.toFixed(3)}: ${row.kilobytes.toFixed(1).padStart(6)} kB${theirs}${below}`,
    );
  }
}
if (options.includes('--run')) for (const { name, graph } of networks) await run(name, graph);
