import { readdirSync } from 'node:fs';
import type { Graph, Value } from '../../src/graph/types.ts';
import { elementCount, tensorOf } from '../../src/graph/types.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import type { OperatorCase } from '../ops/cases/types.ts';
import { requantized } from './quantized.ts';
import { createDice, randomFrom } from './random.ts';

const folder = new URL('../ops/cases/', import.meta.url);

/** The cases of every file of test/ops/cases. */
export async function allOperatorCases(): Promise<readonly OperatorCase[]> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && name !== 'types.ts')
    .sort();
  const modules = await Promise.all(
    files.map(
      async (name) => (await import(new URL(name, folder).href)) as { readonly cases?: readonly OperatorCase[] },
    ),
  );
  return modules.flatMap(({ cases }, i) => {
    if (cases === undefined) throw new Error(`test/ops/cases/${files[i]} exports no cases`);
    return cases;
  });
}

/** A case in float and quantised. */
export interface QuantizedGraphs {
  readonly float: Graph;
  /** `own`: moves requantise, to scales of their own, as a QDQ model can have it. */
  readonly variants: readonly { readonly name: 'calibrated' | 'own'; readonly graph: Graph }[];
}

const samples = 4;

/** Builds a case and quantises it by the values that it takes for inputs from -2 to 2. */
export function quantizedGraphs(one: OperatorCase, seed: number): QuantizedGraphs {
  const random = randomFrom(seed);
  const b = createGraphBuilder('case');
  const outputs = one.build(b, random).map(plainPort);
  const made = b.finish([], []);
  const inputs = [...made.tensors.values()].filter(
    ({ name, kind }) => kind === 'activation' && !made.nodes.some(({ output }) => output === name),
  );
  const float: Graph = { ...made, inputs: inputs.map(plainPort), outputs };
  const ranges = calibrate(
    float,
    Array.from({ length: samples }, () => randomInputs(float, random)),
    'min-max',
  );
  const calibrated = assignQuantization(float, ranges);
  const own = requantized(float, 1, createDice(random), ranges);
  return {
    float,
    variants: [
      { name: 'calibrated', graph: calibrated },
      ...(own === float ? [] : [{ name: 'own' as const, graph: assignQuantization(own, ranges) }]),
    ],
  };
}

function randomInputs(graph: Graph, random: () => number): Map<string, Value> {
  return new Map(
    graph.inputs.map(({ tensor }): [string, Value] => {
      const { shape } = tensorOf(graph, tensor);
      const data = Float32Array.from({ length: elementCount(shape) }, () => 4 * random() - 2);
      return [tensor, { shape, dtype: 'float32', data }];
    }),
  );
}
