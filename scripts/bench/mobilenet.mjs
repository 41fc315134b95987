/**
 * MobileNetV2 (Sandler et al., arXiv 1801.04381, table 2) with random weights: for figures of memory, which do not
 * depend on what the weights are.
 */

import { generator, samePadding } from './random.mjs';

/** Expansion, channels, repeats, stride of the first: the rows of the paper's table. */
const blocks = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

const stemChannels = 32;
const headChannels = 1280;

/** A number of channels in multiples of 8, never less than 90 % of what the width asks for. */
function rounded(channels) {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}

/**
 * The quantised graph. Ranges are those that the clamps leave, or of a few units where there is none.
 * @param {{ createGraphBuilder: Function, plainPort: Function, quantize: Function }} tessera
 * @param {{ width: number, size: number, classes: number }} options width multiplier, pixels of a side
 */
export function mobilenetV2(tessera, { width, size, classes }) {
  const b = tessera.createGraphBuilder(`mobilenet_v2_${Math.round(100 * width)}_${size}`);
  const random = generator(1);
  const constant = (name, shape, spread) =>
    b.constant(name, {
      shape,
      dtype: 'float32',
      data: Float32Array.from(
        { length: shape.reduce((product, n) => product * n, 1) },
        () => (2 * random() - 1) * spread,
      ),
    });
  let layers = 0;
  const convolution = (x, outputs, { kernel, stride = 1, groups = 1, clamped }) => {
    layers += 1;
    const inputs = x.shape.at(-1) / groups;
    const weights = constant(
      `weights${layers}`,
      [outputs, kernel, kernel, inputs],
      2 / Math.sqrt(kernel * kernel * inputs),
    );
    const pads = samePadding(x.shape[1], kernel, stride);
    return b.add('Conv', [x, weights, constant(`bias${layers}`, [outputs], 0.1)], {
      kernel: [kernel, kernel],
      strides: [stride, stride],
      dilations: [1, 1],
      pads: [pads, pads],
      groups,
      ...(clamped ? { clamp: { min: 0, max: 6 } } : {}),
    });
  };

  const input = b.input('image', { shape: [1, size, size, 3], dtype: 'float32' });
  let x = convolution(input, rounded(stemChannels * width), { kernel: 3, stride: 2, clamped: true });
  for (const [expansion, channels, repeats, firstStride] of blocks) {
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const stride = repeat === 0 ? firstStride : 1;
      const outputs = rounded(channels * width);
      const source = x;
      const inner = source.shape.at(-1) * expansion;
      if (expansion > 1) x = convolution(x, inner, { kernel: 1, clamped: true });
      x = convolution(x, inner, { kernel: 3, stride, groups: inner, clamped: true });
      x = convolution(x, outputs, { kernel: 1, clamped: false });
      if (stride === 1 && source.shape.at(-1) === outputs) x = b.add('Add', [source, x], {});
    }
  }
  x = convolution(x, headChannels, { kernel: 1, clamped: true });
  x = b.add('ReduceMean', [x], { axes: [1, 2] });
  x = b.add('Reshape', [x], { shape: [1, headChannels] });
  x = b.add(
    'FullyConnected',
    [x, constant('dense', [classes, headChannels], 0.05), constant('dense_bias', [classes], 0.1)],
    {},
  );
  const graph = b.finish([tessera.plainPort(input)], [tessera.plainPort(x)]);
  const ranges = new Map(
    graph.nodes.map(({ output, attributes }) => [
      output,
      attributes.clamp === undefined ? { min: -4, max: 4 } : { min: 0, max: 6 },
    ]),
  );
  return tessera.quantize(graph, ranges.set('image', { min: -1, max: 1 }));
}
