import { describe, expect, it } from 'vitest';
import { quantize } from '../../src/compile.ts';
import { elementCount, type Graph, type Tensor, tensorOf } from '../../src/graph/types.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { choosePlan, paretoPlans } from '../../src/plan/choose.ts';
import { createFindings } from '../../src/plan/findings.ts';
import { rewritingsOf } from '../../src/plan/improve.ts';
import { lowerGraph } from '../../src/plan/lower.ts';
import { areApart, type Rewriting, rewrite } from '../../src/plan/rewrite/rewrite.ts';
import { searchOf } from '../../src/plan/search.ts';
import type { InputMode } from '../../src/plan/stages.ts';
import type { Plan, Program, RewritingNote, Storage } from '../../src/plan/types.ts';
import { validatePlan } from '../../src/plan/validate/validate.ts';
import { differences, type PlannedModel } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';
import { wasmBackend } from '../support/wasm.ts';

const backends = [
  nativeBackend({ compiler: 'gcc', mode: 'sanitized' }),
  wasmBackend({ compiler: 'system', optimization: 'low' }),
];

/** A network of an early part whose images are large, a gated block as in squeeze-and-excitation, and a concatenation. */
function gatedNetwork(): Graph {
  const random = randomFrom(11);
  const b = createGraphBuilder('gated');
  let count = 0;
  const convolution = (
    x: Tensor,
    outputs: number,
    taps: number,
    options: { groups?: number; stride?: number } = {},
  ) => {
    const { groups = 1, stride = 1 } = options;
    const shape = [outputs, taps, taps, (x.shape[3] as number) / groups];
    const data = Float32Array.from({ length: elementCount(shape) }, () => (random() - 0.5) / taps);
    count += 1;
    const weights = b.constant(`w${count}`, { shape, dtype: 'float32', data });
    const pad = [(taps - 1) / 2, (taps - 1) / 2];
    const window = { kernel: [taps, taps], strides: [stride, stride], dilations: [1, 1], pads: [pad, pad] };
    return b.add('Conv', [x, weights, null], { ...window, groups, clamp: { min: 0, max: 4 } });
  };
  const input = b.input('image', { shape: [1, 24, 24, 3], dtype: 'float32' });
  const early = convolution(convolution(convolution(input, 12, 3), 12, 3, { groups: 12 }), 8, 3, { stride: 2 });
  const wide = convolution(convolution(early, 48, 1), 48, 3, { groups: 48 });
  const gate = convolution(b.add('ReduceMean', [wide], { axes: [1, 2] }), 48, 1);
  const y = convolution(b.add('Mul', [wide, gate], {}), 8, 1);
  const sum = b.add('Add', [early, y], {});
  const joined = b.add('Concat', [convolution(sum, 6, 1), convolution(sum, 10, 3)], { axis: 3 });
  const output = convolution(joined, 4, 3, { stride: 2 });
  const graph = b.finish([plainPort(input)], [plainPort(output)]);
  return quantize(graph, new Map([...graph.tensors.keys()].map((name) => [name, { min: -1, max: 4 }])));
}

const graph = gatedNetwork();
const source: Program = { graph, layers: lowerGraph(graph) };

function planOf(rewritings: readonly Rewriting[], input: InputMode): Plan {
  const program = rewrite(source, rewritings, { isas: [], known: new Map() });
  if (program === null) throw new Error('the kernels cannot do that');
  const search = searchOf(program, input, createFindings());
  const made = search.planOf(search.within(search.least) ?? []);
  validatePlan(made);
  return made;
}

const withKind = (kind: RewritingNote['kind'], input: InputMode): readonly Rewriting[] =>
  rewritingsOf(source, input).filter((one) => one.kind === kind);

describe('rewritten programs', () => {
  it('give the same bytes, each by itself and several together', async () => {
    const samples = [randomSteps(graph, randomFrom(3)), randomSteps(graph, randomFrom(4))];
    const models: PlannedModel[] = [];
    for (const input of ['resident', 'stream'] as const) {
      const kinds = (['views', 'groups', 'twice', 'patches'] as const).map((kind) => withKind(kind, input));
      expect(kinds.map((found) => found.length > 0)).toEqual([true, true, true, true]);
      for (const one of kinds.flatMap((found) => [found[0], found.at(-1)])) {
        const made = planOf([one as Rewriting], input);
        models.push({ name: `${one?.text}, ${input}`, plan: made, samples });
      }
      const together: Rewriting[] = [];
      for (const one of kinds.flat()) if (together.every((other) => areApart(other, one))) together.push(one);
      expect(together.length).toBeGreaterThan(2);
      models.push({ name: `all, ${input}`, plan: planOf(together, input), samples });
    }
    expect(await differences(models, backends)).toEqual([]);
  }, 180_000);

  it('compute nothing again but where they say so', () => {
    const macs = source.layers.reduce((sum, layer) => sum + layer.macs, 0);
    for (const one of rewritingsOf(source, 'resident')) {
      expect(planOf([one], 'resident').macs).toBe(macs + one.extraMacs);
      if (one.kind === 'views' || one.kind === 'groups') expect(one.extraMacs).toBe(0);
    }
  });

  it('never take patches of an input that is fetched row by row', () => {
    const entries = (input: InputMode) =>
      withKind('patches', input).filter((one) => one.replaced.has(source.layers[0]?.node.output ?? ''));
    expect(entries('resident').length).toBeGreaterThan(0);
    expect(entries('stream')).toEqual([]);
  });

  it('are chosen where they save memory, within the overhead that is allowed', () => {
    const least = (maxOverhead?: number): Plan =>
      choosePlan(graph, source.layers, { objective: 'sram', input: 'stream', maxOverhead });
    const [free, costly] = [least(), least(2)];
    const macs = source.layers.reduce((sum, layer) => sum + layer.macs, 0);
    expect(free.rewritings.map(({ kind }) => kind)).toContain('groups');
    expect(free.macs).toBe(macs);
    expect(costly.arenaBytes).toBeLessThan(free.arenaBytes);
    expect(costly.macs).toBeGreaterThan(macs);
    expect(costly.macs).toBeLessThanOrEqual(2 * macs);
    const front = paretoPlans(graph, source.layers, { input: 'stream' });
    expect(Math.min(...front.map(({ arenaBytes }) => arenaBytes))).toBeLessThanOrEqual(costly.arenaBytes);
  });
});

/** A plan with another storage for one tensor. */
const moved = (made: Plan, name: string, change: (storage: Storage) => Storage): Plan => ({
  ...made,
  storage: new Map([...made.storage, [name, change(made.storage.get(name) as Storage)]]),
});

describe('the validator', () => {
  const groups = withKind('groups', 'stream')[0] as Rewriting;

  it('notices a part that lies elsewhere than its whole says', () => {
    const made = planOf([groups], 'stream');
    const parts = made.layers.flatMap(({ lowering, node }) =>
      lowering.kind === 'alias' && lowering.views !== undefined ? (node.inputs as string[]) : [],
    );
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) {
      const shifted = moved(made, part, (storage) => ({ ...storage, offset: storage.offset + 1 }));
      expect(() => validatePlan(shifted)).toThrow('the plan is wrong');
      const wider = moved(made, part, (storage) => ({ ...storage, pixelBytes: storage.pixelBytes + 1 }));
      expect(() => validatePlan(wider)).toThrow('the plan is wrong');
    }
  });

  it('notices an output that begins too far up in a dying input', () => {
    const made = planOf([], 'stream');
    const shared = made.layers.filter(({ index }) => made.overlapping.has(index));
    for (const { node } of shared) {
      const buffer = made.storage.get(node.output)?.buffer as number;
      const { bytes } = made.buffers[buffer] as Plan['buffers'][number];
      if (elementCount(tensorOf(graph, node.output).shape) < 64) continue;
      const higher = made.buffers.map((one, index) =>
        index === buffer ? { ...one, offset: one.offset + 4 * Math.floor(bytes / 8) } : one,
      );
      expect(() => validatePlan({ ...made, buffers: higher, arenaBytes: 2 * made.arenaBytes })).toThrow(
        'the plan is wrong',
      );
    }
  });
});
