import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { quantizeValue } from '../../src/arithmetic/fixed-point.ts';
import { kernelFiles } from '../../src/codegen/model.ts';
import { type Graph, tensorOf, type Value } from '../../src/graph/types.ts';
import { kernelVariants } from '../../src/kernels/choose.ts';
import { evaluateGraph } from '../../src/ops/evaluate.ts';
import { operators } from '../../src/ops/index.ts';
import { evaluateQuantized } from '../../src/plan/evaluate.ts';
import { lowerGraph } from '../../src/plan/lower.ts';
import { differences, type PlannedModel } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { allOperatorCases, quantizedGraphs } from '../support/operator-cases.ts';
import { dequantized, distinctPlans, randomSteps, realValues } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';
import { wasmBackend } from '../support/wasm.ts';

/** Output steps that integers may be away from float, which takes the same quantised inputs and constants. */
const stepsAllowed = 2;

const cases = await allOperatorCases();
const quantized = cases.map((one, index) => ({ name: one.name, index, ...quantizedGraphs(one, index + 1) }));
const variants = quantized.flatMap(({ name, index, variants: graphs }) =>
  graphs.map((variant) => ({ name: `${name} (${variant.name} scales)`, index, graph: variant.graph })),
);

/** The most output steps between integers and float, for random inputs, where float has a value. */
function stepsFromFloat(graph: Graph, random: () => number): number {
  const steps = randomSteps(graph, random);
  const inputs = new Map(graph.inputs.map(({ tensor }, i) => [tensor, steps[i] as Int8Array]));
  const actual = evaluateQuantized(lowerGraph(graph), inputs);
  const real = new Map(
    graph.inputs.map(({ tensor }, i): [string, Value] => {
      const type = tensorOf(graph, tensor);
      return [tensor, { shape: type.shape, dtype: 'float32', data: realValues(type, steps[i] as Int8Array) }];
    }),
  );
  const expected = evaluateGraph(dequantized(graph), real);
  let most = 0;
  for (const { tensor } of graph.outputs) {
    const { scales = [1], zeroPoints = [0] } = tensorOf(graph, tensor).quant ?? {};
    const right = expected.get(tensor)?.data as Float32Array;
    actual.get(tensor)?.forEach((q, i) => {
      const value = right[i] as number;
      if (Number.isNaN(value)) return;
      most = Math.max(most, Math.abs(q - quantizeValue(value, scales[0] as number, zeroPoints[0] as number)));
    });
  }
  return most;
}

describe('operators in integers', () => {
  it(`are within ${stepsAllowed} output steps of float`, () => {
    const tooFar = variants.flatMap(({ name, graph, index }) => {
      const random = randomFrom(7919 * (index + 1));
      const steps = Math.max(stepsFromFloat(graph, random), stepsFromFloat(graph, random));
      return steps > stepsAllowed ? [`${name}: ${steps} steps`] : [];
    });
    expect(tooFar).toEqual([]);
  }, 120_000);

  it('gives the same bytes in C, in WebAssembly and by specification, by every kind of plan', async () => {
    const backends = [
      nativeBackend({ compiler: 'gcc', mode: 'sanitized' }),
      nativeBackend({ compiler: 'clang', mode: 'sanitized' }),
      wasmBackend({ compiler: 'system', optimization: 'target' }),
    ];
    // Of a case in two variants one will do: there are several cases of every operator.
    const chosen = quantized.map(({ index }) => {
      const both = variants.filter((variant) => variant.index === index);
      return both[index % both.length] as (typeof variants)[number];
    });
    const models = chosen.flatMap(({ name, graph, index }) => {
      const random = randomFrom(index);
      const samples = [randomSteps(graph, random), randomSteps(graph, random)];
      return distinctPlans(graph).map(({ kind, plan }): PlannedModel => ({ name: `${name}, ${kind}`, plan, samples }));
    });
    expect(await differences(models, backends)).toEqual([]);
  }, 600_000);
});

describe('the registry', () => {
  it('has a case for every operator that has an integer form', () => {
    const tested = new Set(quantized.flatMap(({ float }) => float.nodes.map(({ op }) => op)));
    const missing = operators.filter((operator) => operator.quantized !== undefined && !tested.has(operator.name));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('has a case for every portable kernel', () => {
    const reached = new Set(
      variants.flatMap(({ graph }) => distinctPlans(graph).flatMap(({ plan }) => kernelFiles(plan))),
    );
    const runtime = new URL('../../runtime-c/', import.meta.url);
    const kernels = readdirSync(runtime, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('__portable.c') || path.endsWith('__portable_whole.c'),
    );
    expect(kernels.filter((path) => !reached.has(path))).toEqual([]);
  });

  it('has every other kernel among those for instruction sets', () => {
    const symbols = kernelVariants.flatMap(({ leanSymbols = [], ...one }) => [
      ...[one.symbol, one.smallSymbol, one.rowsSymbol, one.planarSymbol, one.twoRowsSymbol],
      ...leanSymbols,
    ]);
    const listed = new Set(symbols.flatMap((symbol) => (symbol === undefined ? [] : [`${symbol}.c`])));
    const files = readdirSync(new URL('../../runtime-c/', import.meta.url), { recursive: true, encoding: 'utf8' })
      .map((path) => path.split('/').at(-1) as string)
      .filter((file) => /^tsr_\w+__(dsp|mve|simd128)\w*\.c$/.test(file));
    expect(files.filter((file) => !listed.has(file))).toEqual([]);
    expect(files.length).toBe(listed.size);
  });
});
