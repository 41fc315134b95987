/**
 * Networks with random weights that kernels' costs are fitted on: many shapes of the layers that networks for
 * microcontrollers are made of. None is a model that estimates are tested on.
 */

/** A linear congruential generator (Numerical Recipes): the same everywhere. */
function generator(seed) {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * A chain of layers, quantised.
 * @param {{ createGraphBuilder: Function, plainPort: Function, quantize: Function }} tessera
 * @param {number} seed
 */
export function randomChain(tessera, seed) {
  const random = generator(seed + 1);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const b = tessera.createGraphBuilder(`chain_${seed}`);
  let constants = 0;
  const constant = (shape, spread) => {
    constants += 1;
    const data = Float32Array.from({ length: shape.reduce((a, n) => a * n, 1) }, () => (2 * random() - 1) * spread);
    return b.constant(`constant${constants}`, { shape, dtype: 'float32', data });
  };
  const clamp = () => pick([{}, { clamp: { min: 0, max: 6 } }, { clamp: { min: 0, max: null } }]);
  const convolution = (x, outputs, [kernelH, kernelW], stride, groups) => {
    const inputs = x.shape.at(-1) / groups;
    const pad = (size, kernel) => {
      const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    };
    const weights = constant([outputs, kernelH, kernelW, inputs], 2 / Math.sqrt(kernelH * kernelW * inputs));
    return b.add('Conv', [x, weights, constant([outputs], 0.1)], {
      kernel: [kernelH, kernelW],
      strides: [stride, stride],
      dilations: [1, 1],
      pads: [pad(x.shape[1], kernelH), pad(x.shape[2], kernelW)],
      groups,
      ...clamp(),
    });
  };
  const channels = () => pick([8, 16, 24, 32, 40, 48, 64, 96, 128, 160, 192]);
  // Half of the networks are small from the start, half go down from larger maps in strides.
  const strided = seed % 4 >= 2;
  const side = pick(strided ? [20, 24, 32, 40, 48] : [5, 6, 7, 8, 10, 12, 16, 20, 24, 25, 32, 40]);
  const input = b.input('x', {
    shape: [1, side, pick(strided ? [side] : [side, side, 3, 5, 10]), pick([1, 3, 3, 8])],
    dtype: 'float32',
  });
  let x = convolution(
    input,
    channels(),
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
        x = convolution(x, pick([8, 16, 24, 32, 48, 64, 64]), [3, 3], stride, 1);
        break;
      case 'residual':
        x = convolution(x, here, [1, 1], 1, 1);
        x = b.add('Add', [before, x], clamp());
        break;
      default: {
        if (x.shape[1] < 4 || x.shape[2] < 4) break;
        const window = {
          kernel: [2, 2],
          strides: [2, 2],
          dilations: [1, 1],
          pads: [
            [0, 0],
            [0, 0],
          ],
        };
        const counted = [
          [0, 0],
          [0, 0],
        ];
        x = random() < 0.5 ? b.add('MaxPool', [x], window) : b.add('AveragePool', [x], { ...window, counted });
      }
    }
  }
  x = b.add('ReduceMean', [x], { axes: [1, 2] });
  x = b.add('Reshape', [x], { shape: [1, x.shape.at(-1)] });
  const dense = (outputs) => {
    x = b.add('FullyConnected', [x, constant([outputs, x.shape[1]], 0.1), constant([outputs], 0.1)], clamp());
  };
  if (random() < 0.5) dense(pick([16, 64, 128, 256]));
  dense(pick([2, 10, 12, 100]));
  x = b.add('Softmax', [x], { axis: 1 });
  const graph = b.finish([tessera.plainPort(input)], [tessera.plainPort(x)]);
  const ranges = new Map(
    graph.nodes.map(({ output, attributes }) => [
      output,
      attributes.clamp?.max ? { min: 0, max: 6 } : { min: attributes.clamp ? 0 : -4, max: 4 },
    ]),
  );
  return tessera.quantize(graph, ranges.set('x', { min: -1, max: 1 }));
}
