import { optimize } from '../../src/compile.ts';
import type { Graph, Value } from '../../src/graph/types.ts';
import type { Plan } from '../../src/plan/types.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import { distinctPlans, distorted, laidOut, randomSteps, requantized } from '../support/quantized.ts';
import { createDice, randomFrom } from '../support/random.ts';
import { type RandomGraph, randomGraph } from './generate.ts';

/** A random graph, quantised, and its plans by kind. */
export interface RandomPlans {
  readonly seed: number;
  readonly graph: Graph;
  readonly plans: readonly { readonly kind: string; readonly plan: Plan }[];
  readonly samples: readonly (readonly Int8Array[])[];
}

/** Quantises a random graph: some as it is, some after the passes; ranges are distorted, some moves requantise. */
export function quantizedRandomGraph({ seed, graph, sampleInputs }: RandomGraph): Graph {
  const random = randomFrom(seed ^ 0x51ed270b);
  const dice = createDice(random);
  const passed = dice.chance(0.5) ? optimize(graph) : graph;
  const values = sampleInputs.map((sample) => laidOut(passed, graph.inputs.map((port) => sample.get(port.tensor) as Value)));
  const ranges = distorted(calibrate(passed, values, 'min-max'), dice);
  return assignQuantization(requantized(passed, 0.2, dice), ranges);
}

export function randomPlans(seed: number): RandomPlans {
  const graph = quantizedRandomGraph(randomGraph(seed));
  const random = randomFrom(seed ^ 0x2545f491);
  return { seed, graph, plans: distinctPlans(graph), samples: [randomSteps(graph, random), randomSteps(graph, random)] };
}
