import type { TensorData } from '../graph/types.ts';
import type { Operator } from '../ops/define.ts';
import { operatorNamed } from '../ops/index.ts';
import type { Layer, Plan } from './types.ts';

/**
 * Runs a quantised model by the specification of its operators, in integers: what every backend must give, bit for bit.
 * @param inputs int8 steps of each graph input, by tensor name, laid out as the graph has them
 * @returns every tensor's steps by name
 */
export function evaluateQuantized(
  layers: readonly Layer[],
  inputs: ReadonlyMap<string, Int8Array>,
): ReadonlyMap<string, Int8Array> {
  const values = new Map<string, Int8Array>(inputs);
  for (const layer of layers) {
    const operands = layer.tensors.inputs.map((tensor): TensorData | null => {
      if (tensor === null) return null;
      return tensor.data ?? values.get(tensor.name) ?? null;
    });
    const { quantized } = operatorNamed(layer.node.op) as Operator;
    if (quantized === undefined) throw new Error(`layer ${layer.index} has no integer form`);
    values.set(layer.node.output, quantized.evaluate(layer.parameters, operands, layer.tensors));
  }
  return values;
}

/** The outputs of a plan's model, in the order of its ports: of the model as it was, not as it was rewritten. */
export function evaluateOutputs(plan: Plan, inputs: readonly Int8Array[]): readonly Int8Array[] {
  const named = new Map(plan.graph.inputs.map((port, index) => [port.tensor, inputs[index] as Int8Array]));
  const values = evaluateQuantized(plan.source.layers, named);
  return plan.graph.outputs.map((port) => values.get(port.tensor) as Int8Array);
}
