import { optimize, plan, quantize } from '../../src/compile.ts';
import type { Graph, Value } from '../../src/graph/types.ts';
import type { Isa } from '../../src/kernels/define.ts';
import { programFor } from '../../src/plan/boundary.ts';
import { createFindings } from '../../src/plan/findings.ts';
import { rewritingsOf } from '../../src/plan/improve.ts';
import { leanLayers, lowerGraph } from '../../src/plan/lower.ts';
import { areApart, type Rewriting, rewrite } from '../../src/plan/rewrite/rewrite.ts';
import { searchOf } from '../../src/plan/search.ts';
import { withTwoRows } from '../../src/plan/two-rows.ts';
import type { Plan } from '../../src/plan/types.ts';
import { validatePlan } from '../../src/plan/validate/validate.ts';
import { assignQuantization } from '../../src/quantize/assign.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import { dicedKinds, distinctPlans, distorted, laidOut, randomSteps, requantized } from '../support/quantized.ts';
import { createDice, type Dice, randomFrom } from '../support/random.ts';
import { type RandomGraph, randomGraph, separableSeeds } from './generate.ts';

/** A random graph, quantised, and its plans by kind. */
export interface RandomPlans {
  readonly seed: number;
  readonly graph: Graph;
  readonly saturating: readonly string[];
  readonly plans: readonly { readonly kind: string; readonly plan: Plan }[];
  readonly samples: readonly (readonly Int8Array[])[];
}

/** A quantised random graph. */
export interface QuantizedRandomGraph {
  readonly graph: Graph;
  /** The tensors whose values leave the range that they are quantised for. */
  readonly saturating: readonly string[];
}

/** Quantises a random graph: some as it is, some after the passes; ranges are distorted, some moves requantise. */
export function quantizedRandomGraph({ seed, graph, sampleInputs }: RandomGraph): QuantizedRandomGraph {
  const random = randomFrom(seed ^ 0x51ed270b);
  const dice = createDice(random);
  const optimized = dice.chance(0.5);
  const passed = optimized ? optimize(graph) : graph;
  const values = sampleInputs.map((sample) =>
    laidOut(
      passed,
      graph.inputs.map((port) => sample.get(port.tensor) as Value),
    ),
  );
  const observed = calibrate(passed, values, 'min-max');
  const stated = requantized(passed, 0.2, dice, observed);
  const quantized = (optimized ? quantize : assignQuantization)(stated, distorted(observed, dice));
  const saturating = [...quantized.tensors.values()].filter(({ name, quant }) => {
    const [scale, zeroPoint] = [quant?.scales[0] ?? 1, quant?.zeroPoints[0] ?? 0];
    const { min, max } = observed.get(name) ?? { min: 0, max: 0 };
    return min < (-130 - zeroPoint) * scale || max > (129 - zeroPoint) * scale;
  });
  return { graph: quantized, saturating: saturating.map(({ name }) => name) };
}

/** Every machine runs the kernels of all: away from their own, by portable stand-ins for its instructions. */
const isaSets: readonly (readonly Isa[])[] = [[], ['dsp'], ['mve', 'dsp'], ['simd128']];

/** A plan of the graph with some rewritings and lean kernels, whether they are of use or not; none where nothing can be rewritten. */
function rewrittenPlans(graph: Graph, isas: readonly Isa[], dice: Dice): RandomPlans['plans'] {
  const source = programFor(graph, lowerGraph(graph, isas), dice.pick(['resident', 'stream']));
  const input = dice.chance(0.5) ? 'stream' : 'resident';
  const all = rewritingsOf(source, input);
  const chosen: Rewriting[] = [];
  const kinds = ['groups', 'patches', 'views', 'twice'] as const;
  for (const kind of dice.chance(0.5) ? kinds : [...kinds].reverse()) {
    const apart = all.filter((one) => one.kind === kind && chosen.every((other) => areApart(other, one)));
    if (apart.length > 0) chosen.push(dice.pick(apart));
  }
  const program = chosen.length === 0 ? null : rewrite(source, chosen, { isas, known: new Map() });
  if (program === null) return [];
  const layers = program.layers.map((layer) => dice.pick([layer, layer, ...leanLayers(layer)]));
  const search = searchOf({ ...program, layers }, input, createFindings());
  const made = search.planOf(search.within(search.least) ?? []);
  const pairs = withTwoRows(made);
  validatePlan(pairs);
  return [{ kind: 'rewritten', plan: pairs }];
}

/** The fastest plans with parts of what the fastest of all takes more than the least. */
function plansBetween(graph: Graph, isas: readonly Isa[]): RandomPlans['plans'] {
  const options = { input: 'stream', output: 'stream', isas } as const;
  const bytesOf = (objective: 'time' | 'sram'): number => plan(graph, { ...options, objective }).arenaBytes;
  const [most, least] = [bytesOf('time'), bytesOf('sram')];
  return [0.2, 0.4, 0.7].map((part) => {
    const arenaLimit = Math.round(least + part * (most - least));
    return { kind: `with ${arenaLimit} bytes`, plan: plan(graph, { ...options, objective: 'time', arenaLimit }) };
  });
}

export function randomPlans(seed: number): RandomPlans {
  const { graph, saturating } = quantizedRandomGraph(randomGraph(seed));
  const random = randomFrom(seed ^ 0x2545f491);
  const isas = isaSets[seed % isaSets.length] ?? [];
  return {
    seed,
    graph,
    saturating,
    plans: [
      ...distinctPlans(graph, isas, dicedKinds(createDice(randomFrom(seed ^ 0x1f83d9ab)))),
      ...(separableSeeds.includes(seed % 8) ? plansBetween(graph, isas) : []),
      ...rewrittenPlans(graph, isas, createDice(randomFrom(seed ^ 0x3c6ef372))),
    ],
    samples: [randomSteps(graph, random), randomSteps(graph, random)],
  };
}
