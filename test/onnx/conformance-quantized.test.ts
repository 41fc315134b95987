import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { quantizeValue } from '../../src/arithmetic/fixed-point.ts';
import { optimize, quantize } from '../../src/compile.ts';
import { type Graph, tensorOf, type Value } from '../../src/graph/types.ts';
import { operatorNamed } from '../../src/ops/index.ts';
import { evaluateQuantized } from '../../src/plan/evaluate.ts';
import { lowerGraph } from '../../src/plan/lower.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import { kit, kitPath } from '../kit.ts';
import { differences, type PlannedModel } from '../support/batch.ts';
import { nativeBackend } from '../support/native.ts';
import { distinctPlans, laidOut, randomSteps } from '../support/quantized.ts';
import { randomFrom } from '../support/random.ts';
import { wasmBackend } from '../support/wasm.ts';
import { type ConformanceCase, caseNames, demanded, expectedOutputs, loadCase, readCase } from './conformance.ts';

const stepsAllowed = 2;
const mostLeftOut = 0.1;

const list = (name: string): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Record<string, string>;
/** Case -> why Tessera does not do it, in float or in integers. */
const leftOut: Readonly<Record<string, string>> = { ...list('left-out.json'), ...list('left-out-quantized.json') };

const isFloat = (value: Value | undefined): boolean => value?.dtype === 'float32';

/** A case of the demanded operators whose data are floats; null for any other. */
function floatCase(one: ConformanceCase): ConformanceCase | null {
  if (!one.operators.every((operator) => demanded.has(operator))) return null;
  const first = (one.model.graph?.input ?? []).slice(0, 1);
  const floats = first.every(({ type }) => type?.tensorType?.elemType === 1) && first.length > 0;
  return floats && expectedOutputs(one).every(isFloat) ? one : null;
}

interface QuantizedRun {
  readonly graph: Graph;
  readonly inputs: readonly Int8Array[];
  /** The most output steps between the integers and ONNX's own outputs. */
  readonly steps: number;
}

function runQuantized(one: ConformanceCase): QuantizedRun {
  const read = readCase(one);
  if (typeof read === 'string') throw new Error(read);
  const optimized = optimize(read.graph);
  const values = laidOut(
    optimized,
    read.graph.inputs.map((port) => read.values.get(port.tensor) as Value),
  );
  const graph = quantize(optimized, calibrate(optimized, [values], 'min-max'));
  const steps = (tensor: string, real: ArrayLike<number>): Int8Array => {
    const { scales = [], zeroPoints = [] } = tensorOf(graph, tensor).quant ?? {};
    return Int8Array.from(real, (value) => quantizeValue(value, scales[0] as number, zeroPoints[0] as number));
  };
  const inputs = graph.inputs.map((port) => steps(port.tensor, values.get(port.tensor)?.data as Float32Array));
  const actual = evaluateQuantized(
    lowerGraph(graph),
    new Map(graph.inputs.map((port, i) => [port.tensor, inputs[i] as Int8Array])),
  );
  const outputs = expectedOutputs(one);
  let most = 0;
  graph.outputs.forEach((port, index) => {
    const { shape } = tensorOf(graph, port.tensor);
    const value = outputs[index] as Value;
    const expected = operatorNamed('Transpose').evaluate(
      [value],
      { permutation: port.permutation },
      { shape, dtype: 'float32' },
    );
    const right = steps(port.tensor, expected.data as Float32Array);
    actual.get(port.tensor)?.forEach((q, i) => {
      most = Math.max(most, Math.abs(q - (right[i] as number)));
    });
  });
  return { graph, inputs, steps: most };
}

const folder = kit === null ? null : kitPath('onnx-node');
const cases = folder === null ? [] : caseNames(folder).flatMap((name) => floatCase(loadCase(folder, name)) ?? []);
const run = cases.filter(({ name }) => leftOut[name] === undefined);

if (kit === null) console.log("left out: ONNX's own operator tests in integers (TESSERA_KIT is not set)");
else console.log(`ONNX's own operator tests in integers: ${run.length} of ${cases.length} cases`);

describe.skipIf(kit === null)("ONNX's own operator tests, in integers", () => {
  it('leaves few out', () => {
    expect(cases.length - run.length).toBeLessThanOrEqual(mostLeftOut * cases.length);
    const names = new Set(cases.map(({ name }) => name));
    expect(Object.keys(list('left-out-quantized.json')).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each(run.map((one) => [one.name, one] as const))(`%s is within ${stepsAllowed} output steps`, (_, one) => {
    expect(runQuantized(one).steps).toBeLessThanOrEqual(stepsAllowed);
  });

  it('gives the same bytes in C, in WebAssembly and by specification', async () => {
    const backends = [
      nativeBackend({ compiler: 'gcc', mode: 'sanitized' }),
      nativeBackend({ compiler: 'clang', mode: 'sanitized' }),
      wasmBackend({ compiler: 'system', optimization: 'target' }),
    ];
    const models = run.flatMap((one, index): PlannedModel[] => {
      const { graph, inputs } = runQuantized(one);
      const samples = [inputs, randomSteps(graph, randomFrom(index))];
      return distinctPlans(graph).map(({ kind, plan }) => ({ name: `${one.name} ${kind}`, plan, samples }));
    });
    expect(await differences(models, backends)).toEqual([]);
  }, 300_000);
});
