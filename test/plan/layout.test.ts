import { describe, expect, it } from 'vitest';
import { plan, quantize } from '../../src/compile.ts';
import { elementCount, type Graph, type Tensor } from '../../src/graph/types.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { paretoPlans } from '../../src/plan/choose.ts';
import { timeOf } from '../../src/plan/cost/cost.ts';
import { given } from '../../src/plan/improve.ts';
import { leanLayers } from '../../src/plan/lower.ts';
import { layerwisePlan } from '../../src/plan/search.ts';
import type { Plan } from '../../src/plan/types.ts';
import { validatePlan } from '../../src/plan/validate/validate.ts';
import { reportPlan } from '../../src/report/plan.ts';
import { planText } from '../../src/report/plan-text.ts';
import { differences } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';

interface Options {
  readonly width?: number;
  readonly stride?: number;
  /** What else becomes of the tensor between the two layers. */
  readonly besides?: 'nothing' | 'an output' | 'a second reader' | 'a slice';
}

/** An expansion to 24 channels, a depthwise convolution of it, and a projection. */
function separable({ width = 20, stride = 1, besides = 'nothing' }: Options = {}): Graph {
  const random = randomFrom(7);
  const b = createGraphBuilder('separable');
  const convolution = (x: Tensor, outputs: number, taps: number, more: object = {}): Tensor => {
    const groups = 'groups' in more ? outputs : 1;
    const shape = [outputs, taps, taps, (x.shape[3] as number) / groups];
    const data = Float32Array.from({ length: elementCount(shape) }, () => random() - 0.5);
    const weights = b.constant('w', { shape, dtype: 'float32', data });
    const pad = [taps >> 1, taps >> 1];
    const window = { kernel: [taps, taps], strides: [1, 1], dilations: [1, 1], pads: [pad, pad], groups };
    return b.add('Conv', [x, weights, null], { ...window, ...more });
  };
  const input = b.input('image', { shape: [1, 16, width, 8], dtype: 'float32' });
  const expanded = convolution(input, 24, 1);
  const filtered = convolution(expanded, 24, 3, { groups: 24, strides: [stride, stride] });
  const outputs = [convolution(filtered, 12, 1)];
  if (besides === 'an output') outputs.push(expanded);
  if (besides === 'a second reader') outputs.push(convolution(expanded, 4, 1));
  if (besides === 'a slice') {
    const attributes = { starts: [0, 4, 0, 0], ends: [1, 8, width, 24], steps: [1, 1, 1, 1] };
    outputs.push(b.add('Slice', [expanded], attributes));
  }
  const graph = b.finish([plainPort(input)], outputs.map(plainPort));
  return quantize(graph, new Map([...graph.tensors.keys()].map((name) => [name, { min: -3, max: 4 }])));
}

const isas = ['dsp'] as const;
const fastest = { objective: 'time', input: 'resident', isas } as const;

const planarOf = ({ storage }: Plan): readonly string[] =>
  [...storage].flatMap(([name, { layout }]) => (layout === 'planar' ? [name] : []));
const symbolsOf = ({ layers }: Plan): readonly string[] =>
  layers.flatMap(({ lowering }) => (lowering.kind === 'alias' ? [] : lowering.calls.map(({ symbol }) => symbol)));

describe('the layout of rows', () => {
  const graph = separable();
  const made = plan(graph, fastest);
  const { layers } = made.source;
  const between = layers[0]?.node.output as string;

  it('is planar between a convolution and a depthwise one, where kernels are faster so', () => {
    expect(planarOf(made)).toEqual([between]);
    expect(symbolsOf(made)).toEqual(['tsr_conv_s8s8__dsp', 'tsr_depthwise_s8s8__dsp_3x3_planar', 'tsr_conv_s8s8__dsp']);
    const interleaved = plan(graph, { ...fastest, optimize: 'size' });
    expect(planarOf(interleaved)).toEqual([]);
    expect(timeOf(made)).toBeLessThan(timeOf(interleaved));
    expect(made.arenaBytes).toBeLessThanOrEqual(interleaved.arenaBytes);
  });

  it('is planar with stride 2 as well', () => {
    const strided = plan(separable({ stride: 2 }), fastest);
    expect(symbolsOf(strided)[1]).toBe('tsr_depthwise_s8s8__dsp_3x3_stride2_planar');
  });

  it('is interleaved for machines without such kernels', () => {
    for (const other of [[], ['mve'], ['simd128']] as const) {
      expect(planarOf(plan(graph, { ...fastest, isas: other }))).toEqual([]);
    }
  });

  it('is interleaved where somebody else sees the tensor', () => {
    for (const besides of ['an output', 'a second reader', 'a slice'] as const) {
      expect(planarOf(plan(separable({ besides }), fastest)), besides).toEqual([]);
    }
  });

  it('is planar in rings of whole rows, and not where rows are cut', () => {
    const plans = paretoPlans(graph, layers, { input: 'stream', isas, maxOverhead: 1 });
    const ringed = plans.filter(({ storage }) => (storage.get(between)?.slots as number) < 16);
    const isCut = ({ steps }: Plan): boolean =>
      steps.some((step) => step.kind === 'stage' && step.segments.some((segment) => segment < 20));
    expect(ringed.filter(isCut).map(planarOf)).toContainEqual([]);
    expect(ringed.filter((one) => !isCut(one)).map(planarOf)).toContainEqual([between]);
    expect(plans.filter(isCut).flatMap(planarOf)).toEqual([]);
  });

  it('is interleaved where the convolution takes a kernel of less scratch', () => {
    const kernels = layers.map((layer) => leanLayers(layer).at(-1) ?? layer);
    const lean = layerwisePlan(given({ ...made.source, layers: kernels }));
    validatePlan(lean);
    expect(symbolsOf(lean)[0]).toBe('tsr_conv_s8s8__dsp_lean');
    expect(planarOf(lean)).toEqual([]);
  });

  it('stands in the account of a plan', () => {
    expect(reportPlan(made, 'cortex-m4').planar).toEqual([between]);
    expect(planText(reportPlan(made, 'cortex-m4'))).toContain(
      `channel by channel, which is faster here, of ${between}`,
    );
  });

  it('is looked at by the validator', () => {
    const storage = made.storage.get(between);
    if (storage === undefined) throw new Error('no storage');
    const changed = (layout: 'interleaved' | 'planar', name = between): Plan => ({
      ...made,
      storage: new Map([...made.storage, [name, { ...(made.storage.get(name) ?? storage), layout }]]),
    });
    expect(() => validatePlan(changed('interleaved'))).toThrow('writes rows of another layout');
    const output = made.graph.outputs[0]?.tensor as string;
    expect(() => validatePlan(changed('planar', output))).toThrow('planar for the caller');
    const filtered = made.layers[1]?.node.output as string;
    expect(() => validatePlan(changed('planar', filtered))).toThrow('writes rows of another layout');
    const cut: Plan = {
      ...made,
      storage: new Map([...made.storage, [between, { ...storage, window: 3 }]]),
    };
    expect(() => validatePlan(cut)).toThrow('do not lie in one piece');
  });

  it('changes no byte', async () => {
    const models = ([1, 2] as const).flatMap((stride) =>
      [20, 21, 22, 23, 8].flatMap((width) => {
        const source = separable({ stride, width });
        const samples = [1, 2].map((seed) => randomSteps(source, randomFrom(seed)));
        const whole = plan(source, fastest);
        const streamed = plan(source, { ...fastest, input: 'stream', arenaLimit: Math.ceil(0.6 * whole.arenaBytes) });
        return [whole, streamed].map((one, at) => ({
          ...{ name: `stride ${stride} width ${width} plan ${at}`, plan: one, samples },
        }));
      }),
    );
    expect(models.filter((model) => planarOf(model.plan).length > 0).length).toBeGreaterThan(9);
    expect(await differences(models, [nativeBackend({ compiler: 'gcc', mode: 'sanitized' })])).toEqual([]);
  });
});
