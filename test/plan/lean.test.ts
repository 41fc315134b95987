import { describe, expect, it } from 'vitest';
import { quantize } from '../../src/compile.ts';
import { elementCount, type Graph, type Tensor } from '../../src/graph/types.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { choosePlan, paretoPlans } from '../../src/plan/choose.ts';
import { timeOf } from '../../src/plan/cost/cost.ts';
import { explainEnds } from '../../src/plan/explain.ts';
import { leanLayers, lowerGraph } from '../../src/plan/lower.ts';
import type { Plan } from '../../src/plan/types.ts';
import { validatePlan } from '../../src/plan/validate/validate.ts';
import { differences } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';

/** A chain of 3 x 3 convolutions with more and more channels: the last need the most scratch, the first the most time. */
function chain(): Graph {
  const random = randomFrom(5);
  const b = createGraphBuilder('chain');
  const convolution = (x: Tensor, outputs: number, stride: number): Tensor => {
    const shape = [outputs, 3, 3, x.shape[3] as number];
    const data = Float32Array.from({ length: elementCount(shape) }, () => random() - 0.5);
    const weights = b.constant(`w${outputs}`, { shape, dtype: 'float32', data });
    const pad = [1, 1];
    const window = { kernel: [3, 3], strides: [stride, stride], dilations: [1, 1], pads: [pad, pad] };
    return b.add('Conv', [x, weights, null], { ...window, groups: 1, clamp: { min: null, max: null } });
  };
  const input = b.input('image', { shape: [1, 16, 16, 4], dtype: 'float32' });
  const output = convolution(convolution(convolution(convolution(input, 8, 1), 16, 2), 64, 2), 12, 1);
  const graph = b.finish([plainPort(input)], [plainPort(output)]);
  return quantize(graph, new Map([...graph.tensors.keys()].map((name) => [name, { min: -4, max: 4 }])));
}

const graph = chain();
const isas = ['dsp'] as const;
const layers = lowerGraph(graph, isas);
const options = { input: 'stream', output: 'stream', isas } as const;
const leanOf = (plan: Plan): readonly number[] =>
  plan.layers.filter(({ fast }) => fast !== undefined).map(({ index }) => index);

describe('lean kernels', () => {
  const fastest = choosePlan(graph, layers, { ...options, objective: 'time' });
  const least = choosePlan(graph, layers, { ...options, objective: 'sram', maxOverhead: 1 });

  it('are not taken where memory does not matter', () => {
    expect(leanOf(fastest)).toEqual([]);
  });

  it('make the least plan smaller than any with fast kernels alone', () => {
    const without = layers.map((layer) => {
      if (layer.lowering.kind === 'alias') return layer;
      const calls = layer.lowering.calls.map(({ lean, ...call }) => call);
      return { ...layer, lowering: { ...layer.lowering, calls } };
    });
    const fast = choosePlan(graph, without, { ...options, objective: 'sram', maxOverhead: 1 });
    expect(leanOf(fast)).toEqual([]);
    expect(leanOf(least).length).toBeGreaterThan(0);
    expect(least.arenaBytes).toBeLessThan(fast.arenaBytes);
  });

  it('are taken for the layers that need most scratch, and not for others where a little memory is to be had', () => {
    const some = paretoPlans(graph, layers, { ...options, maxOverhead: 1 }).map(leanOf);
    const convolutions = layers.filter(({ node }) => node.op === 'Conv').map(({ index }) => index);
    expect(some).toContainEqual(convolutions.slice(-1));
    expect(some).toContainEqual(convolutions);
  });

  it('are counted in the time of a plan', () => {
    const slower = least.layers.filter(({ fast }) => fast !== undefined);
    const fast = least.layers.map(({ fast, ...layer }) => ({ ...layer, lowering: fast ?? layer.lowering }));
    expect(slower.length).toBeGreaterThan(0);
    expect(timeOf(least)).toBeGreaterThan(timeOf({ ...least, layers: fast }));
    expect(slower.flatMap(leanLayers)).toEqual([]);
  });

  it('are known where the ends of steps are explained', () => {
    for (const plan of paretoPlans(graph, layers, { ...options, maxOverhead: 1 })) {
      validatePlan(plan);
      expect(explainEnds(plan, options.input)).toHaveLength(plan.steps.length);
    }
  });

  it('give the same bytes', async () => {
    const samples = [randomSteps(graph, randomFrom(3)), randomSteps(graph, randomFrom(4))];
    const planned = paretoPlans(graph, layers, { ...options, maxOverhead: 1 }).map((plan, index) => ({
      ...{ name: `plan ${index}`, plan, samples },
    }));
    expect(await differences(planned, [nativeBackend({ compiler: 'gcc', mode: 'sanitized' })])).toEqual([]);
  }, 60_000);
});
