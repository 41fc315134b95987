import { describe, expect, it } from 'vitest';
import { runtimeFile } from '../../src/codegen/project.ts';
import { plan } from '../../src/compile.ts';
import { rowShape, type Tensor, tensorOf } from '../../src/graph/types.ts';
import type { GraphBuilder } from '../../src/ops/build.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import type { Plan } from '../../src/plan/types.ts';
import { validatePlan } from '../../src/plan/validate/validate.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import { differences } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';

/** Three convolutions and an addition: a plan with rings. */
function streamedPlan(): Plan {
  const random = randomFrom(3);
  const b = createGraphBuilder('broken');
  const conv = (x: Tensor, builder: GraphBuilder): Tensor => {
    const data = Float32Array.from({ length: 4 * 9 * 4 }, () => random() - 0.5);
    const weights = builder.constant('weights', { shape: [4, 3, 3, 4], dtype: 'float32', data });
    const pads = [
      [1, 1],
      [1, 1],
    ];
    return builder.add('Conv', [x, weights, null], {
      kernel: [3, 3],
      strides: [1, 1],
      dilations: [1, 1],
      pads,
      groups: 1,
    });
  };
  const x = b.input('x', { shape: [1, 12, 10, 4], dtype: 'float32' });
  const first = conv(x, b);
  const added = b.add('Add', [first, conv(conv(first, b), b)], {});
  const y = b.add('Unary', [added], { chain: [{ function: 'tanh', parameters: [] }] });
  const graph = b.finish([plainPort(x)], [plainPort(y)]);
  const data = Float32Array.from({ length: 480 }, () => 2 * random() - 1);
  const ranges = calibrate(graph, [new Map([['x', { shape: x.shape, dtype: 'float32', data }]])], 'min-max');
  return plan(assignQuantization(graph, ranges), { objective: 'sram', maxOverhead: 1, input: 'stream' });
}

const run = (made: Plan, replaced?: ReadonlyMap<string, string>) => {
  const samples = [randomSteps(made.graph, randomFrom(5))];
  const backend = nativeBackend({ compiler: 'gcc', mode: 'plain', ...(replaced === undefined ? {} : { replaced }) });
  return differences([{ name: 'broken', plan: made, samples }], [backend]);
};

/** The file with one text in it replaced by another. */
function patched(path: string, from: string, to: string): ReadonlyMap<string, string> {
  const text = runtimeFile(path);
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
  return new Map([[path, text.replace(from, to)]]);
}

/** The plan with the ring of one tensor a row shorter; null for a tensor without one. */
function withShorterRing(made: Plan, name: string): Plan | null {
  const storage = made.storage.get(name);
  if (storage === undefined || storage.slots < 2 || storage.slots >= rowShape(tensorOf(made.graph, name).shape).rows)
    return null;
  return { ...made, storage: new Map([...made.storage, [name, { ...storage, slots: storage.slots - 1 }]]) };
}

describe('what is broken is noticed', () => {
  const made = streamedPlan();
  const shorter = [...made.storage.keys()].flatMap((name) => withShorterRing(made, name) ?? []);

  it('finds nothing where nothing is broken', async () => {
    expect(await run(made)).toEqual([]);
  });

  it.each([
    ['lookup/tsr_lookup_s8__portable.c', '+ 128', '+ 127'],
    ['lookup/tsr_lookup_s8__portable.c', 'x = 0', 'x = 1'],
    ['add/tsr_add_s8s8__portable.c', 'x = 0', 'x = 1'],
    ['conv/tsr_conv_s8s8__portable.c', 'rows[', 'rows[0 * '],
    ['tsr.h', '(high + offset)', '(high + offset + 1)'],
  ])('a kernel that is wrong by a little: %s with %s as %s', async (path, from, to) => {
    const found = await run(made, patched(path, from, to));
    expect(found.length).toBeGreaterThan(0);
  });

  it('a ring that is a row too short, by the validator', () => {
    expect(shorter.length).toBeGreaterThan(0);
    for (const plan of shorter) expect(() => validatePlan(plan)).toThrow(/the plan is wrong/);
  });

  it('a ring that is a row too short, by its bytes', async () => {
    for (const plan of shorter) expect((await run(plan)).length).toBeGreaterThan(0);
  });

  it('an arena that is too small', async () => {
    const regions = made.regions.map((region) => ({ ...region, bytes: region.bytes - 4 }));
    expect((await run({ ...made, regions, arenaBytes: made.arenaBytes - 4 })).length).toBeGreaterThan(0);
  });
});
