/**
 * Our planner on msf-CNN's layer lists (arXiv 2505.11483), counted as that paper counts: the memory of a fused block is
 * its input, its output and the buffers inside; the network's first input and last output are not counted; the memory
 * of a plan is that of its largest block. A planning figure, in kB of 1000 bytes, at overhead 1.00: nothing is computed
 * twice.
 *
 * Usage: npm run build && node scripts/bench/msf-cnn.mjs folder-of-layer-lists [--json]
 * A layer list is a CSV file with the columns layer, kind (conv or depthwise), kernel, stride, in_height,
 * in_width, in_channels, out_height, out_width, out_channels, macs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rowShape } from '../../dist/graph/types.js';
import { createGraphBuilder, plainPort } from '../../dist/ops/build.js';
import { lowerGraph } from '../../dist/plan/lower.js';
import { fitRings, ringBytes } from '../../dist/plan/rings.js';
import { assignQuantization } from '../../dist/quantize/assign.js';

/** Least kB at overhead 1.00 that the paper publishes for each list. */
const published = { 'MBV2-w0.35': 181.4, 'MN2-vww5': 89.6, 'MN2-320K': 247.8 };

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

/** The least largest block over all ways to cut the layers into blocks. */
function leastPeak(graph) {
  const layers = lowerGraph(graph);
  const tensors = (name) => graph.tensors.get(name);
  const rings = fitRings(
    layers,
    { segments: layers.map(() => 1), fetched: graph.inputs.map((port) => port.tensor) },
    tensors,
  );
  const sizes = layers.map((layer) => {
    const { rows, width, channels } = rowShape(layer.tensors.output.shape);
    const whole = rows * width * channels;
    return { whole, ring: Math.min(whole, ringBytes(rings.get(layer.node.output), { width, pixelBytes: channels })) };
  });
  const best = [0];
  for (let end = 1; end <= layers.length; end += 1) {
    let inside = 0;
    best[end] = Number.POSITIVE_INFINITY;
    for (let start = end - 1; start >= 0; start -= 1) {
      const input = start === 0 ? 0 : sizes[start - 1].whole;
      const output = end === layers.length ? 0 : sizes[end - 1].whole;
      best[end] = Math.min(best[end], Math.max(best[start], input + output + inside));
      inside += sizes[start - 1]?.ring ?? 0;
    }
  }
  return best[layers.length];
}

const [folder, ...options] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/bench/msf-cnn.mjs folder-of-layer-lists [--json]');
  process.exit(2);
}
const rows = readdirSync(folder)
  .filter((file) => file.endsWith('.csv'))
  .sort()
  .map((file) => {
    const name = file.replace(/\.csv$/, '');
    const kilobytes = leastPeak(graphOf(name, readLayers(join(folder, file)))) / 1000;
    return { network: name, kilobytes, overhead: 1, published: published[name] ?? null };
  });
if (options.includes('--json')) console.log(JSON.stringify(rows));
else
  for (const { network, kilobytes, published: theirs } of rows) {
    console.log(
      `${network.padEnd(12)} ${kilobytes.toFixed(1).padStart(7)} kB at 1.00${theirs === null ? '' : ` (msf-CNN: ${theirs} kB at 1.00)`}`,
    );
  }
