import { describe, expect, it } from 'vitest';
import { headerText } from '../../src/codegen/model.ts';
import { modelOptions, plan } from '../../src/compile.ts';
import { elementCount, type Graph, rowShape, type Tensor, tensorOf } from '../../src/graph/types.ts';
import { createGraphBuilder, type GraphBuilder, plainPort } from '../../src/ops/build.ts';
import { handedOutputs } from '../../src/plan/boundary.ts';
import { type Objective, objectives, paretoPlans } from '../../src/plan/choose.ts';
import { evaluateOutputs } from '../../src/plan/evaluate.ts';
import { lowerGraph } from '../../src/plan/lower.ts';
import type { Plan, StageStep, Step, Storage } from '../../src/plan/types.ts';
import { validatePlan } from '../../src/plan/validate/validate.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import { differences, type PlannedModel } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';

const random = randomFrom(17);

function conv(b: GraphBuilder, x: Tensor, outputs: number): Tensor {
  const inputs = x.shape.at(-1) as number;
  const data = Float32Array.from({ length: outputs * 9 * inputs }, () => random() - 0.5);
  const weights = b.constant('weights', { shape: [outputs, 3, 3, inputs], dtype: 'float32', data });
  const pads = [
    [1, 1],
    [1, 1],
  ];
  return b.add('Conv', [x, weights, null], { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], pads, groups: 1 });
}

function quantized(b: GraphBuilder, x: Tensor, outputs: readonly Tensor[]): Graph {
  const graph = b.finish([plainPort(x)], outputs.map(plainPort));
  const data = Float32Array.from({ length: elementCount(x.shape) }, () => 2 * random() - 1);
  const ranges = calibrate(graph, [new Map([[x.name, { shape: x.shape, dtype: 'float32', data }]])], 'min-max');
  return assignQuantization(graph, ranges);
}

/** An image of which each pixel becomes four, as in super-resolution: nothing in the model is as large as its output. */
function enlarging(): Graph {
  const b = createGraphBuilder('enlarging');
  const x = b.input('x', { shape: [1, 12, 14, 4], dtype: 'float32' });
  const features = conv(b, conv(b, x, 8), 16);
  const axes = [12, 14].map((input) => ({ input, output: 2 * input, scale: 2 }));
  return quantized(b, x, [
    b.add('Resize', [features], { mode: 'linear', coordinates: 'half_pixel', nearest: 'floor', axes }),
  ]);
}

/** Three outputs: a map that others read, one of them twice over, and the means of another. */
function branching(): Graph {
  const b = createGraphBuilder('branching');
  const x = b.input('x', { shape: [1, 12, 10, 4], dtype: 'float32' });
  const map = conv(b, x, 4);
  const added = b.add('Add', [map, conv(b, map, 4)], {});
  const means = b.add('ReduceMean', [added], { axes: [1, 2], keepDims: false });
  return quantized(b, x, [map, added, means]);
}

/** Heads of a detector: maps that the model gives as lists. */
function reshaping(): Graph {
  const b = createGraphBuilder('reshaping');
  const x = b.input('x', { shape: [1, 16, 16, 4], dtype: 'float32' });
  const map = conv(b, conv(b, x, 8), 24);
  const list = b.add('Reshape', [map], { shape: [1, 16 * 16 * 6, 4] });
  return quantized(b, x, [b.add('Reshape', [list], { shape: [1, 16 * 16 * 24] }), conv(b, x, 2)]);
}

const bytesOf = (graph: Graph): number =>
  graph.outputs.reduce((sum, { tensor }) => sum + elementCount(tensorOf(graph, tensor).shape), 0);

const modelOf = (name: string, made: Plan): PlannedModel => ({
  name,
  plan: made,
  samples: [randomSteps(made.graph, randomFrom(3))],
});

/** A plan with one of its stages changed. */
function withStage(made: Plan, change: (stage: StageStep) => StageStep): Plan {
  const steps = made.steps.map((step): Step => (step.kind === 'stage' ? change(step) : step));
  return { ...made, steps };
}

describe('outputs that are handed over', () => {
  it('need never be whole in memory', () => {
    const graph = enlarging();
    const arena = (objective: Objective, output: 'resident' | 'stream'): number =>
      plan(graph, { objective, input: 'stream', output }).arenaBytes;
    const bytes = bytesOf(graph);
    expect(arena('sram', 'resident')).toBeGreaterThan(bytes);
    // Some rows of it and of what it is made of.
    expect(arena('sram', 'stream')).toBeLessThan(bytes / 3);
    expect(arena('balanced', 'stream')).toBeLessThan(arena('balanced', 'resident'));
  });

  it.each([
    ['enlarging', enlarging],
    ['branching', branching],
    ['reshaping', reshaping],
  ])('give the same bytes by every kind of plan: %s', async (name, build) => {
    const graph = build();
    const all = [
      ...objectives.flatMap((objective) =>
        (['resident', 'stream'] as const).map((input) => plan(graph, { objective, input, output: 'stream' })),
      ),
      ...paretoPlans(graph, lowerGraph(graph), { input: 'stream', output: 'stream' }).slice(0, 4),
    ];
    const plans = [...new Map(all.map((made) => [JSON.stringify([made.steps, made.rewritings]), made])).values()];
    for (const made of plans) expect(handedOutputs(made).size).toBe(graph.outputs.length);
    const models = plans.map((made, index) => modelOf(`${name} ${index}`, made));
    // What is expected comes from the model as it is, whose outputs stay.
    const stays = plan(graph, { objective: 'time', input: 'resident' });
    for (const { plan: made, samples } of models) {
      for (const inputs of samples) expect(evaluateOutputs(made, inputs)).toEqual(evaluateOutputs(stays, inputs));
    }
    expect(await differences(models, [nativeBackend({ compiler: 'gcc', mode: 'sanitized' })])).toEqual([]);
  });

  it('come in rows of the map where the model ends by reshaping', () => {
    const made = plan(reshaping(), { objective: 'sram', input: 'stream', output: 'stream' });
    expect(made.arenaBytes).toBeLessThan(16 * 16 * 24);
    const header = headerText(made, 'm', modelOptions(made, new Uint8Array(), 'host', '1', 'int8'));
    expect(header).toMatch(/: 1x6144 int8, as in the ONNX file;/);
    expect(header).toContain('#define M_OUTPUT0_ROWS 16\n#define M_OUTPUT0_ROW_BYTES 384\n');
  });

  it('are made in rows by every plan, layer by layer too', () => {
    for (const objective of objectives) {
      const made = plan(enlarging(), { objective, input: 'resident', output: 'stream' });
      const [output = ''] = handedOutputs(made);
      const { slots, rowBytes, buffer } = made.storage.get(output) as Storage;
      expect(slots).toBe(1);
      expect(made.buffers[buffer as number]?.bytes).toBe(rowBytes);
    }
  });

  it('take no more memory than outputs that stay, whatever is planned for', () => {
    for (const graph of [enlarging(), branching()]) {
      for (const objective of ['sram', 'time'] as const) {
        const [stays, goes] = (['resident', 'stream'] as const).map((output) =>
          plan(graph, { objective, input: 'resident', output }),
        );
        expect(goes?.arenaBytes).toBeLessThanOrEqual(stays?.arenaBytes ?? 0);
      }
    }
  });

  it('have no place in the header, but the size of their rows', () => {
    const made = plan(branching(), { objective: 'sram', input: 'resident', output: 'stream' });
    const header = headerText(made, 'm', modelOptions(made, new Uint8Array(), 'host', '1', 'float'));
    expect(header).toContain('void m_run(void *arena, const tsr_sink *sink);');
    expect(header).toContain('#define M_OUTPUT0_ROWS 12\n#define M_OUTPUT0_ROW_BYTES 40\n');
    expect(header).not.toMatch(/m_(read_)?output/);
  });

  it('stay where they are no work of the model', () => {
    const b = createGraphBuilder('through');
    const x = b.input('x', { shape: [1, 8, 8, 2], dtype: 'float32' });
    const graph = quantized(b, x, [x, conv(b, x, 2)]);
    const made = plan(graph, { objective: 'sram', input: 'stream', output: 'stream' });
    expect([...handedOutputs(made)]).toEqual([graph.outputs[1]?.tensor]);
    expect(made.arenaBytes).toBeGreaterThanOrEqual(128);
  });
});

describe('a plan that hands outputs over wrongly', () => {
  const made = plan(branching(), { objective: 'sram', input: 'stream', output: 'stream' });
  const [output = ''] = handedOutputs(made);
  const storage = made.storage.get(output);
  if (storage === undefined) throw new Error('there is no such output');

  it('is not made', () => {
    expect(storage.slots).toBeLessThan(rowShape(tensorOf(made.graph, output).shape).rows);
    expect(() => validatePlan(made)).not.toThrow();
  });

  it.each([
    ['never', withStage(made, (stage) => ({ ...stage, handed: [] })), /never handed over/],
    ['but thinks that they stay', { ...made, handed: new Set<string>() }, /was to stay/],
    [
      'in two pieces',
      { ...made, storage: new Map([...made.storage, [output, { ...storage, slots: storage.slots - 1, window: 3 }]]) },
      /do not lie in one piece/,
    ],
  ])('is refused: %s', (_, wrong, message) => {
    expect(() => validatePlan(wrong as Plan)).toThrow(message);
  });
});
