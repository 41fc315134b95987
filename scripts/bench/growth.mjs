/**
 * How long planning takes as graphs grow: `npm run build && node scripts/bench/growth.mjs [nodes ...]`.
 * Random graphs of blocks with branches, residual sums, concatenations and gates, planned for the least SRAM; seconds of
 * one core, from the quantised graph to the checked plan.
 */
import { quantize } from '../../dist/compile.js';
import { createGraphBuilder, plainPort } from '../../dist/ops/build.js';
import { choosePlan } from '../../dist/plan/choose.js';
import { lowerGraph } from '../../dist/plan/lower.js';
import { validatePlan } from '../../dist/plan/validate/validate.js';

const sizes = process.argv.slice(2).map(Number);
const wanted = sizes.length > 0 ? sizes : [60, 125, 250, 500, 1000];

/** A linear congruential generator (Numerical Recipes): numbers from 0 to 1, the same everywhere. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A graph of about so many nodes: images of 16 x 16 with 4 to 24 channels. */
function randomGraph(nodes) {
  const random = generator(nodes);
  const integer = (least, most) => least + Math.floor(random() * (most - least + 1));
  const b = createGraphBuilder(`growth_${nodes}`);
  let made = 0;
  const add = (op, inputs, attributes) => {
    made += 1;
    return b.add(op, inputs, attributes);
  };
  const convolution = (x, outputs, taps, groups = 1) => {
    const shape = [outputs, taps, taps, x.shape[3] / groups];
    const data = Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, () => random() - 0.5);
    const weights = b.constant(`w${made}`, { shape, dtype: 'float32', data });
    const pad = [(taps - 1) / 2, (taps - 1) / 2];
    const window = { kernel: [taps, taps], strides: [1, 1], dilations: [1, 1], pads: [pad, pad] };
    return add('Conv', [x, weights, null], { ...window, groups, clamp: { min: 0, max: 6 } });
  };
  const blocks = [
    (x) => add('Add', [x, convolution(convolution(x, 2 * x.shape[3], 1), x.shape[3], 3)], {}),
    (x) => add('Add', [convolution(x, x.shape[3], 1), convolution(x, x.shape[3], 3)], {}),
    (x) => convolution(add('Concat', [convolution(x, 4, 1), convolution(x, 8, 3)], { axis: 3 }), integer(1, 6) * 4, 1),
    (x) => convolution(convolution(x, x.shape[3], 3, x.shape[3]), integer(1, 6) * 4, 1),
    (x) => {
      const wide = convolution(convolution(x, 2 * x.shape[3], 1), 2 * x.shape[3], 3, 2 * x.shape[3]);
      const gate = convolution(add('ReduceMean', [wide], { axes: [1, 2] }), wide.shape[3], 1);
      return convolution(add('Mul', [wide, gate], {}), x.shape[3], 1);
    },
  ];
  const input = b.input('image', { shape: [1, 16, 16, 3], dtype: 'float32' });
  const heads = [convolution(input, 8, 3)];
  while (made < nodes - 8) {
    const at = integer(0, heads.length - 1);
    const y = blocks[integer(0, blocks.length - 1)](heads[at]);
    // Branches that live side by side, three at most, and meet again.
    if (heads.length < 3 && random() < 0.1) heads.push(y);
    else heads[at] = y;
    if (heads.length > 1 && random() < 0.1) heads.splice(0, 2, add('Concat', [heads[0], heads[1]], { axis: 3 }));
  }
  const outputs = heads.map((head) => plainPort(add('ReduceMean', [head], { axes: [1, 2] })));
  return b.finish([plainPort(input)], outputs);
}

console.log(`${'nodes'.padStart(6)}  ${'seconds'.padStart(8)}  ${'arena'.padStart(9)}  bound`);
for (const nodes of wanted) {
  const float = randomGraph(nodes);
  const ranges = new Map([...float.tensors.keys()].map((name) => [name, { min: -4, max: 4 }]));
  const start = process.cpuUsage();
  const graph = quantize(float, ranges);
  const plan = choosePlan(graph, lowerGraph(graph), { objective: 'sram', input: 'stream' });
  validatePlan(plan);
  const { user, system } = process.cpuUsage(start);
  const seconds = ((user + system) / 1e6).toFixed(2);
  const { layers, arenaBytes, allocationBound } = plan;
  console.log(
    `${String(plan.source.layers.length).padStart(6)}  ${seconds.padStart(8)}  ${String(arenaBytes).padStart(9)}  ${allocationBound}${layers === plan.source.layers ? '' : `, ${plan.rewritings.length} rewritings`}`,
  );
}
