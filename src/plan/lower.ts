import { modelError } from '../errors.ts';
import { describeNode, type Graph, tensorOf } from '../graph/types.ts';
import { chooseKernels } from '../kernels/choose.ts';
import type { Isa } from '../kernels/define.ts';
import { OperatorError } from '../ops/define.ts';
import { operatorNamed } from '../ops/index.ts';
import { demandsOf } from './demand.ts';
import type { Layer } from './types.ts';

/**
 * Chooses the kernels of every node of a quantised graph, among the portable ones and those for `isas`.
 * @throws TesseraError (exit 3) that names every node without an integer form, and why.
 */
export function lowerGraph(graph: Graph, isas: readonly Isa[] = []): readonly Layer[] {
  const problems: string[] = [];
  const layers = graph.nodes.flatMap((node, index): Layer[] => {
    const operator = operatorNamed(node.op);
    const tensors = {
      attributes: node.attributes,
      inputs: node.inputs.map((name) => (name === null ? null : tensorOf(graph, name))),
      output: tensorOf(graph, node.output),
    };
    try {
      if (operator.quantized === undefined) {
        throw new OperatorError('unsupported', operator.notes ?? `${node.op} has no integer kernel`);
      }
      const parameters = operator.quantized.parameters(tensors);
      const lowering = chooseKernels(operator.quantized.lower(parameters, tensors), isas);
      const macs = operator.macs(tensors.inputs, tensors.output, node.attributes);
      return [{ index, node, tensors, parameters, lowering, macs, demands: demandsOf({ lowering, tensors }) }];
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      problems.push(`${describeNode(node)}: ${error.message}`);
      return [];
    }
  });
  if (problems.length > 0) throw modelError(`${graph.name}: no integer kernel for\n  ${problems.join('\n  ')}`);
  return layers;
}
