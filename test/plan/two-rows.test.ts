import { describe, expect, it } from 'vitest';
import { plan, quantize } from '../../src/compile.ts';
import { elementCount, type Graph, type Tensor } from '../../src/graph/types.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import type { KernelCall } from '../../src/ops/define.ts';
import { callShapes } from '../../src/plan/cost/work-shapes.ts';
import { roomForTwo } from '../../src/plan/joined.ts';
import type { Layer, Plan } from '../../src/plan/types.ts';
import { differences } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';

interface Options {
  readonly height?: number;
  readonly width?: number;
  readonly channels?: number;
  readonly stride?: number;
  readonly inputs?: number;
}

/** Channels made of a few, a depthwise convolution of them, and few again: with few inputs the peak is at the depthwise layer. */
function separable({ height = 12, width = 10, channels = 32, stride = 1, inputs = 8 }: Options = {}): Graph {
  const random = randomFrom(3);
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
  const input = b.input('image', { shape: [1, height, width, inputs], dtype: 'float32' });
  const expanded = convolution(input, channels, 1);
  const filtered = convolution(expanded, channels, 3, { groups: channels, strides: [stride, stride] });
  const graph = b.finish([plainPort(input)], [plainPort(convolution(filtered, 8, 1))]);
  return quantize(graph, new Map([...graph.tensors.keys()].map((name) => [name, { min: -3, max: 4 }])));
}

const isas = ['mve'] as const;
const fastest = { objective: 'time', input: 'resident', isas } as const;
const two = 'tsr_depthwise_s8s8__mve_3x3_two';
const one = 'tsr_depthwise_s8s8__mve_3x3';

const depthwiseOf = ({ layers }: Plan): Layer => layers[1] as Layer;
const kernelCalls = (made: Plan): readonly KernelCall[] => {
  const { lowering } = depthwiseOf(made);
  return lowering.kind === 'alias' ? [] : lowering.calls;
};
const callsOf = (made: Plan) =>
  kernelCalls(made).map(({ symbol, firstRow, count, rowsAtOnce = 1, fields, inputs }) => ({
    ...{ symbol, firstRow, count, rowsAtOnce, pairs: fields.pairs, rows: inputs[0]?.rows },
  }));
const symbolsOf = (made: Plan) => callsOf(made).map(({ symbol }) => symbol);

describe('pairs of rows', () => {
  it('are computed in as few calls as a kernel allows, and a last row by itself', () => {
    const rows = { multiply: 1, add: -1, divide: 1, dilation: 1 };
    const all = { firstRow: 0, symbol: two };
    expect(callsOf(plan(separable({ channels: 16 }), fastest))).toEqual([
      { ...all, count: 12, rowsAtOnce: 12, pairs: 6, rows: { ...rows, count: 14 } },
    ]);
    expect(callsOf(plan(separable({ channels: 16, height: 48 }), fastest))).toMatchObject([
      { ...all, count: 48, rowsAtOnce: 16, pairs: 8, rows: { ...rows, count: 18 } },
    ]);
    expect(callsOf(plan(separable({ height: 29, inputs: 80 }), fastest))).toMatchObject([
      { ...all, count: 28, rowsAtOnce: 14, pairs: 7, rows: { ...rows, count: 16 } },
      { firstRow: 28, symbol: one, count: 1, rowsAtOnce: 1, pairs: 0, rows: { ...rows, count: 3 } },
    ]);
  });

  it('are counted as they are called', () => {
    const made = plan(separable({ channels: 16, height: 48 }), fastest);
    const [call] = kernelCalls(made) as [KernelCall];
    const shapes = callShapes(depthwiseOf(made), call, null, null).map(({ count, rows, above, below }) => ({
      count,
      rows,
      above,
      below,
    }));
    expect(shapes).toEqual([
      { count: 1, rows: 17, above: 1, below: 0 },
      { count: 1, rows: 18, above: 0, below: 0 },
      { count: 1, rows: 17, above: 0, below: 1 },
    ]);
  });

  it('wait for room where the output lies over the input', () => {
    const made = plan(separable(), fastest);
    const [input, output] = [depthwiseOf(made).node.inputs[0], depthwiseOf(made).node.output];
    const join = made.joins.find((other) => other.input === input && other.output === output);
    expect(join?.distance).toBe(2 * 320);
    // Nowhere else is there more in the arena: two rows take one more.
    expect(symbolsOf(made)).toEqual([one]);
    expect(made.overlapping.get(1)).toBe(1);
    // Channels that one call turns at once are read before any is written.
    expect(symbolsOf(plan(separable({ channels: 16 }), fastest))).toEqual([two]);
  });

  it('need as much room as the rows that are read and written take', () => {
    const [call] = kernelCalls(plan(separable(), fastest)) as [KernelCall];
    expect(roomForTwo(call, 320, 320)).toBe(3 * 320);
    expect(roomForTwo(call, 320, 330)).toBe(12 * 330 - 9 * 320);
  });

  it('are not for other strides, narrow rows, and where code is to be small', () => {
    expect(symbolsOf(plan(separable({ channels: 16, stride: 2 }), fastest))).toEqual([one]);
    expect(symbolsOf(plan(separable({ channels: 16, width: 3 }), fastest))).toEqual([one]);
    expect(symbolsOf(plan(separable({ channels: 16 }), { ...fastest, optimize: 'size' }))).toEqual([one]);
    expect(symbolsOf(plan(separable({ channels: 16 }), { ...fastest, isas: ['dsp'] }))).not.toContain(two);
  });

  it('change no byte', async () => {
    const random = randomFrom(11);
    const models = [12, 16, 20, 32].flatMap((channels) =>
      [6, 11, 36].flatMap((height) =>
        [8, 80].map((inputs) => {
          const graph = separable({ height, channels, inputs, width: 4 + ((height + channels) % 9) });
          const samples = [randomSteps(graph, random)];
          return { name: `${channels} channels, ${height} rows`, plan: plan(graph, fastest), samples };
        }),
      ),
    );
    expect(models.filter((model) => symbolsOf(model.plan).includes(two)).length).toBeGreaterThan(14);
    expect(await differences(models, [nativeBackend({ compiler: 'gcc', mode: 'sanitized' })])).toEqual([]);
  }, 60_000);
});
