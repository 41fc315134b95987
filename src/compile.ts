import { createHash } from 'node:crypto';
import type { BoundaryType, ModelOptions } from './codegen/model.ts';
import { selfTestByte, selfTestSum } from './codegen/self-test.ts';
import { elementCount, type Graph, tensorOf } from './graph/types.ts';
import { cancelTransposes } from './passes/cancel-transposes.ts';
import { dropConstantChannels } from './passes/drop-constant-channels.ts';
import { foldBatchnorm } from './passes/fold-batchnorm.ts';
import { foldFlatten } from './passes/fold-flatten.ts';
import { foldPad } from './passes/fold-pad.ts';
import { fuseActivations } from './passes/fuse-activations.ts';
import { fuseUnary } from './passes/fuse-unary.ts';
import { removeIdentities } from './passes/remove-identities.ts';
import { choosePlan, type PlanOptions } from './plan/choose.ts';
import { evaluateOutputs } from './plan/evaluate.ts';
import { lowerGraph, requireIntegerForms } from './plan/lower.ts';
import { placeInMemories } from './plan/memories.ts';
import { reorderForMemory } from './plan/order/reorder.ts';
import { withTwoRows } from './plan/two-rows.ts';
import type { Plan } from './plan/types.ts';
import { validatePlan } from './plan/validate/validate.ts';
import { absorbQdq } from './quantize/absorb.ts';
import { assignQuantization, type Range } from './quantize/assign.ts';
import { shareScales } from './quantize/share-scales.ts';

interface Pass {
  readonly name: string;
  readonly run: (graph: Graph) => Graph;
}

/** The passes over a float graph, in order. Each keeps the function. */
export const passes: readonly Pass[] = [
  { name: 'cancel-transposes', run: cancelTransposes },
  { name: 'remove-identities', run: removeIdentities },
  { name: 'fold-pad', run: foldPad },
  { name: 'fold-batchnorm', run: foldBatchnorm },
  { name: 'fuse-activations', run: fuseActivations },
  { name: 'fuse-unary', run: fuseUnary },
  { name: 'fold-flatten', run: foldFlatten },
];

/** The passes that find more to do where QuantizeLinear and DequantizeLinear no longer stand between nodes. */
export const absorbedPasses: readonly Pass[] = [
  { name: 'remove-identities', run: removeIdentities },
  { name: 'fold-pad', run: foldPad },
  { name: 'fuse-unary', run: fuseUnary },
  { name: 'fold-flatten', run: foldFlatten },
];

/** A graph as calibration, evaluation and quantisation see it. */
export function optimize(graph: Graph): Graph {
  return passes.reduce((current, pass) => pass.run(current), graph);
}

/**
 * An optimised graph with a quantisation on every tensor, in the order that needs the least memory.
 * @param ranges what calibration saw, by tensor
 * @param file what the model is called in messages
 * @throws TesseraError (exit 3) that names every node without an integer form
 */
export function quantize(
  graph: Graph,
  ranges: ReadonlyMap<string, Range> = new Map(),
  file: string = graph.name,
): Graph {
  const shared = shareScales(absorbQdq(graph), ranges);
  const simplified = absorbedPasses.reduce((current, pass) => pass.run(current), shared);
  requireIntegerForms(simplified, file);
  return reorderForMemory(dropConstantChannels(assignQuantization(simplified, ranges)));
}

/**
 * A quantised graph, lowered to kernels and planned; every plan is checked before anyone sees it.
 * @param file what the model is called in messages
 */
export function plan(graph: Graph, options: PlanOptions, file: string = graph.name): Plan {
  const chosen = choosePlan(graph, lowerGraph(graph, options.isas, file), options);
  const placed = withTwoRows(placeInMemories(chosen, options.memories ?? [], options.arenaLimit) ?? chosen);
  validatePlan(placed);
  return placed;
}

/** What the generated files say of where they come from. */
export function modelOptions(
  plan: Plan,
  modelBytes: Uint8Array,
  target: string,
  version: string,
  boundary: BoundaryType,
): ModelOptions {
  let start = 0;
  const inputs = plan.graph.inputs.map((port) => {
    const length = elementCount(tensorOf(plan.graph, port.tensor).shape);
    const input = Int8Array.from({ length }, (_, i) => selfTestByte(start + i));
    start += length;
    return input;
  });
  const selfTest = selfTestSum(evaluateOutputs(plan, inputs));
  return {
    front: { version, target, modelHash: createHash('sha256').update(modelBytes).digest('hex') },
    boundary,
    selfTest,
  };
}
