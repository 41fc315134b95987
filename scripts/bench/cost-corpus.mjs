/**
 * Networks with random weights that kernels' costs are fitted on. None is a model that estimates are tested on.
 *
 * `probes` have layers side by side, each with an input of its own, drawn so that every loop of every kernel is gone
 * through often enough to tell its cost; `randomChain` has layers one after the other, so that plans have stages.
 */
import { generator, samePadding } from './random.mjs';

/** What a maker of networks works with. */
function workshop(tessera, name, seed) {
  const random = generator(seed * 2654435761);
  // The first numbers of neighbouring seeds are alike.
  for (let i = 0; i < 4; i += 1) random();
  const pick = (list) => list[Math.floor(random() * list.length)];
  const between = (least, most) => least + Math.floor(random() * (most - least + 1));
  const b = tessera.createGraphBuilder(name);
  let constants = 0;
  /** How wide the range of a tensor is, beside what comes out: less than 1 where outputs saturate. */
  const spreads = new Map();
  const constant = (shape, spread) => {
    constants += 1;
    const data = Float32Array.from({ length: shape.reduce((a, n) => a * n, 1) }, () => (2 * random() - 1) * spread);
    return b.constant(`constant${constants}`, { shape, dtype: 'float32', data });
  };
  const clamp = () => pick([{}, { clamp: { min: 0, max: 6 } }, { clamp: { min: 0, max: null } }]);
  const convolution = (
    x,
    outputs,
    [kernelH, kernelW],
    stride,
    groups,
    { padded = true, coarse = 1, dilation = 1 } = {},
  ) => {
    const inputs = x.shape.at(-1) / groups;
    const pads = [
      [x.shape[1], kernelH],
      [x.shape[2], kernelW],
    ].map(([size, kernel]) => (padded ? samePadding(size, kernel, stride) : [0, 0]));
    const weights = constant([outputs, kernelH, kernelW, inputs], 2 / Math.sqrt(kernelH * kernelW * inputs));
    const attributes = {
      kernel: [kernelH, kernelW],
      strides: [stride, stride],
      dilations: [dilation, dilation],
      pads,
      groups,
    };
    const y = b.add('Conv', [x, weights, constant([outputs], 0.1)], { ...attributes, ...clamp() });
    spreads.set(y.name, coarse * (coarse === 1 ? pick([1, 1, 1, 0.25, 8]) : 1));
    return y;
  };
  const pool = (op, x, [kernelH, kernelW], stride) => {
    const window = { kernel: [kernelH, kernelW], strides: [stride, stride], dilations: [1, 1] };
    const none = [
      [0, 0],
      [0, 0],
    ];
    return b.add(op, [x], { ...window, pads: none, ...(op === 'AveragePool' ? { counted: none } : {}) });
  };
  const dense = (x, outputs) =>
    b.add('FullyConnected', [x, constant([outputs, x.shape[1]], 0.1), constant([outputs], 0.1)], clamp());
  const finish = (inputs, outputs) => {
    const graph = b.finish(inputs.map(tessera.plainPort), outputs.map(tessera.plainPort));
    const ranges = new Map(inputs.map(({ name: input }) => [input, { min: -1, max: 1 }]));
    for (const { output, attributes } of graph.nodes) {
      const most = (attributes.clamp?.max ? 6 : 4) * (spreads.get(output) ?? 1);
      ranges.set(output, { min: attributes.clamp ? pick([0, 0, -most]) : -most, max: most });
    }
    return tessera.quantize(graph, ranges);
  };
  return { b, random, pick, between, constant, clamp, convolution, pool, dense, finish };
}

const channelCounts = [4, 8, 12, 16, 20, 24, 32, 36, 40, 48, 56, 64, 72, 80, 96, 112, 128, 160, 192, 256];

/** What probes are of, each as often as it stands here. */
const kinds = [
  ...['pointwise', 'pointwise', 'pointwise', 'pointwise', 'odd', 'first', 'first', 'conv', 'conv', 'conv', 'dense'],
  ...['narrow', 'narrow', 'depthwise3', 'depthwise3', 'narrow3', 'narrow3', 'narrow3', 'scaled', 'scaled'],
  ...['depthwise5', 'depthwise5', 'depthwise7', 'depthwise7', 'depthwise7', 'depthwise'],
  ...['binary', 'unary', 'pool', 'mean', 'mean', 'softmax', 'resize', 'other', 'narrowFirst', 'narrowFirst'],
  ...['dilated', 'dilated', 'prelu', 'concat', 'divide', 'greatest', 'slice'],
  ...['grouped', 'grouped', 'grouped', 'grouped', 'grouped', 'grouped', 'grouped', 'grouped'],
];

/** Those that have kernels of less scratch, too. */
const leanKinds = [
  ...['pointwise', 'pointwise', 'pointwise', 'odd', 'dense', 'dense'],
  ...['conv', 'conv', 'conv', 'conv', 'narrow', 'narrow'],
];

/** Convolutions before depthwise ones: between them rows may be channel-planar. */
const planarKinds = [
  ...['separable', 'separable', 'separable', 'separable', 'separable', 'separable', 'separable', 'separable'],
  ...['separableFirst', 'separableFirst'],
];

/**
 * Depthwise layers whose rows of outputs may be computed two by two, first layers of wide rows, and windows of small columns
 * that have sizes which loops know.
 */
const pairsKinds = [
  ...['pairs', 'pairs', 'pairs', 'pairs', 'pairs', 'pairs', 'wideFirst', 'wideFirst'],
  ...['knownColumns', 'knownColumns', 'knownColumns'],
];

/**
 * Layers side by side.
 * @param {{ createGraphBuilder: Function, plainPort: Function, quantize: Function }} tessera
 * @param {number} seed
 */
export function probes(tessera, seed) {
  return probesOf(tessera, seed, kinds);
}

/** The same, of layers that have kernels of less scratch. */
export function leanProbes(tessera, seed) {
  return probesOf(tessera, seed + 500, leanKinds);
}

/** The same, of pairs of layers whose rows between them may be channel-planar. */
export function planarProbes(tessera, seed) {
  return probesOf(tessera, seed + 2500, planarKinds);
}

/** The same, of layers whose rows of outputs may be computed two by two. */
export function pairsProbes(tessera, seed) {
  return probesOf(tessera, seed + 3500, pairsKinds);
}

function probesOf(tessera, seed, chosen) {
  const { b, random, pick, between, constant, convolution, pool, dense, finish } = workshop(
    tessera,
    `probes_${seed}`,
    seed + 1,
  );
  const inputs = [];
  const input = (...shape) => {
    inputs.push(b.input(`x${inputs.length}`, { shape: [1, ...shape], dtype: 'float32' }));
    return inputs.at(-1);
  };
  const flat = (size) => b.add('Reshape', [input(1, 1, size)], { shape: [1, size] });
  const side = () => pick([1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16]);
  /** Fewer channels where maps are large, so that no probe takes long. */
  const channels = (pixels, least = 4) => {
    const most = Math.max(least, 12000 / pixels);
    return pick(channelCounts.filter((count) => count >= least && count <= most).concat(least));
  };
  const kernelOf = (kernel) => [kernel, kernel];
  const makers = {
    pointwise: () => {
      const [h, w] = [side(), side()];
      const x = input(h, w, channels(h * w));
      return convolution(x, channels(h * w), [1, 1], h > 2 && w > 2 && random() < 0.1 ? 2 : 1, 1);
    },
    odd: () => convolution(input(side(), side(), between(1, 40)), between(1, 40), [1, 1], 1, 1),
    first: () => {
      const [h, w, stride] = [between(6, 20), between(6, 32), pick([1, 2])];
      const kernel = pick([
        [3, 3],
        [3, 3],
        [3, 3],
        [5, 5],
        [10, 4],
        [7, 7],
      ]);
      return convolution(input(h, w, pick([1, 3, 3, 3])), pick([8, 10, 16, 24, 32, 48]), kernel, stride, 1);
    },
    knownColumns: () => {
      const [height, width, inputs] = pick([
        [10, 4, 1],
        [10, 4, 1],
        [3, 3, 8],
        [4, 4, 4],
      ]);
      const x = input(between(6, 16), between(4, 24), inputs);
      return convolution(x, pick([8, 16, 32, 64]), [height, width], pick([1, 2]), 1);
    },
    conv: () => {
      const [h, w] = [pick([1, 3, 4, 5, 6, 7, 8, 10, 12]), pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 21])];
      const kernel = pick([
        [3, 3],
        [3, 3],
        [3, 3],
        [5, 5],
        [1, 3],
        [3, 1],
      ]);
      const padded = random() < 0.7 || h < kernel[0] || w < kernel[1];
      const x = input(h, w, pick([4, 6, 8, 12, 16, 24, 32, 48, 64]));
      return convolution(x, pick([4, 8, 16, 24, 32, 48, 64]), kernel, pick([1, 1, 2]), 1, { padded });
    },
    grouped: () => {
      const [h, w, groups] = [pick([1, 3, 4, 5, 6, 8]), between(1, 14), pick([2, 2, 3, 4, 4, 8, 16])];
      const kernel = pick([
        [1, 1],
        [3, 3],
        [3, 3],
      ]);
      const [of, to] = [pick([1, 2, 3, 4, 4, 8, 8, 12, 16, 24]), pick([2, 4, 4, 6, 8, 8, 12, 16, 24])];
      const padded = random() < 0.8 || h < kernel[0] || w < kernel[1];
      const stride = kernel[0] === 1 ? 1 : pick([1, 1, 2]);
      return convolution(input(h, w, groups * of), groups * to, kernel, stride, groups, {
        padded,
        coarse: pick([1, 1, 30]),
      });
    },
    dense: () => dense(flat(pick(channelCounts) + pick([0, 0, 0, 1, 2])), pick([2, 10, 12, 64, 100, 128])),
    depthwise3: () => depthwise(3, 3, 28),
    depthwise5: () => depthwise(5, 6, 26, { strides: [1, 1, 2] }),
    depthwise7: () => depthwise(7, 16, 26, { strides: [1, 2, 2] }),
    depthwise: () => depthwise(pick([5, 7, 7]), 1, 10),
    separable: () => {
      const [h, w] = [between(3, 12), pick([3, 4, 5, 5, 6, 6, between(4, 12), between(8, 28), between(8, 28)])];
      const x = input(h, w, channels(h * w));
      return filtered(convolution(x, channels(h * w), [1, 1], 1, 1, { coarse: pick([1, 1, 30]) }));
    },
    separableFirst: () => {
      const stride = pick([1, 2]);
      const x = input(stride * between(3, 10), stride * between(8, 24), pick([1, 3, 3, 8]));
      return filtered(convolution(x, pick([4, 8, 16, 24]), kernelOf(3), stride, 1));
    },
    pairs: () => {
      const [h, w] = [2 * between(1, 12), pick([between(4, 12), between(4, 30), between(24, 60)])];
      const count = pick([4, 8, 8, 16, 24, 32, 40, 48, 64, 72, 112].filter((n) => n === 4 || n * h * w <= 12000));
      return convolution(input(h, w, count), count, kernelOf(3), 1, count, { padded: h === 2 || random() < 0.8 });
    },
    wideFirst: () => {
      const [stride, x] = [pick([1, 2]), input(between(4, 8), between(20, 100), 3)];
      return convolution(x, pick([4, 8]), kernelOf(3), stride, 1);
    },
    scaled: () => depthwise(3, 1, 16, { coarse: 0.004, strides: [1] }),
    // One to four output columns, as segments of streams have them.
    narrow: () => narrow(pick([8, 16, 32, 48]), 1),
    narrowFirst: () => {
      const [stride, columns] = [pick([1, 2]), between(1, 3)];
      const x = input(between(6, 20), stride * (columns - 1) + 3, 3);
      return convolution(x, pick([8, 16, 24, 32]), kernelOf(3), stride, 1, { padded: false });
    },
    narrow3: () => narrow(null, pick([1, 1, 1, 0.004])),
    binary: () => {
      const shape = [side(), side(), pick([1, 2, 3, 8, 10, 16, 24, 32, 64])];
      return b.add(pick(['Add', 'Add', 'Add', 'Mul']), [input(...shape), input(...shape)], {});
    },
    unary: () =>
      b.add('Unary', [input(side(), side(), pick([1, 5, 8, 16, 32, 64]))], {
        chain: [{ function: 'sigmoid', parameters: [] }],
      }),
    pool: () => {
      const [kernel, stride] = [pick([2, 2, 3]), pick([1, 2, 2])];
      const x = input(between(3, 12), between(3, 14), pick([3, 4, 8, 16, 24, 32, 64]));
      return pool(pick(['MaxPool', 'AveragePool']), x, kernelOf(kernel), stride);
    },
    mean: () =>
      b.add('ReduceMean', [input(side(), pick([1, 1, side()]), pick([4, 8, 16, 24, 32, 64, 128, 256]))], {
        axes: [1, 2],
      }),
    resize: () => {
      const x = input(between(2, 10), between(2, 10), pick([1, 3, 8, 16, 32]));
      const axes = [x.shape[1], x.shape[2]].map((size) => ({ input: size, output: 2 * size, scale: 2 }));
      const attributes = { mode: pick(['nearest', 'nearest', 'linear']), nearest: 'floor', coordinates: 'asymmetric' };
      return b.add('Resize', [x], { ...attributes, axes });
    },
    other: () => {
      const shape = [side(), side(), pick([1, 2, 3, 8, 10, 16, 24, 32, 64])];
      const x = input(...shape);
      if (random() < 0.5) return b.add(pick(['Min', 'Max']), [x, input(...shape)], {});
      const edge = [0, pick([0, 1]), pick([0, 1]), 0];
      return b.add('Pad', [x], { mode: 'constant', before: edge, after: [0, 1, 1, 0], value: 0 });
    },
    // What has portable kernels alone on most machines.
    dilated: () => {
      const x = input(between(5, 14), between(5, 20), pick([4, 6, 8, 16, 24]));
      const [outputs, groups] = pick([
        [pick([8, 16, 32]), 1],
        [x.shape[3], x.shape[3]],
      ]);
      return convolution(x, outputs, kernelOf(3), 1, groups, { dilation: 2 });
    },
    prelu: () => {
      const x = input(side(), side(), pick([4, 8, 16, 32]));
      return b.add('PRelu', [x, constant([x.shape[3]], 0.4)], {});
    },
    concat: () => {
      const [h, w] = [side(), side()];
      const parts = [input(h, w, pick([3, 4, 8, 16, 32])), input(h, w, pick([3, 4, 8, 16]))];
      return b.add('Concat', parts, { axis: 3 });
    },
    divide: () => {
      const x = input(side(), side(), pick([2, 4, 8, 16, 32]));
      const positive = { shape: [1, 1, 1, x.shape[3]], dtype: 'float32' };
      const data = Float32Array.from({ length: x.shape[3] }, () => 1 + random());
      return b.add('Div', [x, b.constant('divisors', { ...positive, data })], {});
    },
    greatest: () => b.add('ReduceMax', [input(side(), side(), pick([4, 8, 16, 32]))], { axes: [1, 2] }),
    slice: () => {
      const x = input(between(2, 14), between(2, 14), pick([4, 8, 16]));
      return b.add('Slice', [x], { starts: [0, 0, 0, 0], ends: x.shape, steps: [1, pick([1, 2]), 2, 1] });
    },
    softmax: () => b.add('Softmax', [flat(between(2, 40))], { axis: 1 }),
  };
  function narrow(outputs, coarse) {
    const [stride, columns, padded] = [pick([1, 1, 2]), between(1, 4), random() < 0.4];
    const width = padded ? stride * columns : stride * (columns - 1) + 3;
    const count = pick([4, 8, 16, 24, 40, 64]);
    const x = input(between(3, 10), width, count);
    return convolution(x, outputs ?? count, kernelOf(3), stride, outputs === null ? count : 1, { padded, coarse });
  }
  function filtered(x) {
    return convolution(x, x.shape[3], kernelOf(3), pick([1, 1, 2]), x.shape[3], { padded: random() < 0.85 });
  }
  function depthwise(kernel, least, most, { coarse = 1, strides = [1, 2] } = {}) {
    const [h, w] = [between(least, Math.min(most, 20)), between(least, most)];
    const padded = random() < 0.75 || h < kernel || w < kernel;
    const count = pick([4, 8, 12, 16, 24, 32, 48, 64, 96].filter((n) => n * h * w <= 12000));
    const stride = h > 2 && w > 2 ? pick(strides) : 1;
    return convolution(input(h, w, count), count, kernelOf(kernel), stride, count, { padded, coarse });
  }
  const outputs = chosen.map((kind) => makers[kind]());
  return finish(inputs, outputs);
}

/**
 * A chain of layers.
 * @param {{ createGraphBuilder: Function, plainPort: Function, quantize: Function }} tessera
 * @param {number} seed
 */
export function randomChain(tessera, seed) {
  const { b, random, pick, clamp, convolution, pool, dense, finish } = workshop(tessera, `chain_${seed}`, seed + 1001);
  const channels = () => pick([8, 16, 24, 32, 40, 48, 64, 96, 128]);
  // Half of the networks are small from the start, half go down from larger maps in strides.
  const strided = seed % 2 === 1;
  const side = pick(strided ? [20, 24, 32, 40] : [5, 6, 7, 8, 10, 12, 16, 20, 24]);
  const width = pick(strided ? [side] : [side, side, 3, 5, 10]);
  const input = b.input('x', { shape: [1, side, width, pick([1, 3, 3, 8])], dtype: 'float32' });
  let x = convolution(
    input,
    pick([8, 16, 24, 32]),
    pick([
      [3, 3],
      [3, 3],
      [5, 5],
      [10, 4],
    ]),
    pick([1, 2]),
    1,
  );
  const length = 5 + Math.floor(random() * 6);
  for (let i = 0; i < length; i += 1) {
    const here = x.shape.at(-1);
    const before = x;
    const stride = x.shape[1] > 4 && x.shape[2] > 4 && random() < (strided ? 0.6 : 0.3) ? 2 : 1;
    switch (pick(['pointwise', 'pointwise', 'pointwise', 'depthwise', 'depthwise', 'dense', 'residual', 'pool'])) {
      case 'pointwise':
        x = convolution(x, channels(), [1, 1], random() < 0.1 ? stride : 1, 1);
        break;
      case 'depthwise':
        x = convolution(
          x,
          here,
          pick([
            [3, 3],
            [3, 3],
            [5, 5],
            [7, 7],
          ]),
          stride,
          here,
        );
        break;
      case 'dense':
        x = convolution(x, pick([8, 16, 24, 32]), [3, 3], stride, 1);
        break;
      case 'residual':
        x = convolution(x, here, [1, 1], 1, 1);
        x = b.add('Add', [before, x], clamp());
        break;
      default:
        if (x.shape[1] >= 4 && x.shape[2] >= 4) x = pool(pick(['MaxPool', 'AveragePool']), x, [2, 2], 2);
    }
  }
  x = b.add('ReduceMean', [x], { axes: [1, 2] });
  x = b.add('Reshape', [x], { shape: [1, x.shape.at(-1)] });
  if (random() < 0.5) x = dense(x, pick([16, 64, 128]));
  x = b.add('Softmax', [dense(x, pick([2, 10, 12, 100]))], { axis: 1 });
  return finish([input], [x]);
}
