import type { Graph, Node, Origin, Port, Quantization, Tensor, TensorType, Value } from '../graph/types.ts';
import { operatorNamed } from './index.ts';

/** Builds a graph node by node, inferring shapes on the way: for the ONNX reader, for passes and for tests. */
export interface GraphBuilder {
  /** `quant`: how the caller has to quantise it; without it, calibration or the model says. */
  input(name: string, type: TensorType, quant?: Quantization): Tensor;
  constant(name: string, value: Value, quant?: Quantization): Tensor;
  /**
   * Adds a node; gives its output. Where every input is constant the node is computed at once, and gives a constant.
   * @throws OperatorError where the inputs do not fit the operator.
   */
  add(
    op: string,
    inputs: readonly (Tensor | null)[],
    attributes: object,
    from?: readonly Origin[],
    name?: string,
  ): Tensor;
  finish(inputs: readonly Port[], outputs: readonly Port[]): Graph;
}

/** The port of a tensor that is laid out as ONNX says. */
export function plainPort(tensor: Tensor): Port {
  return { name: tensor.name, tensor: tensor.name, shape: tensor.shape, permutation: tensor.shape.map((_, i) => i) };
}

export function createGraphBuilder(graphName: string): GraphBuilder {
  const tensors = new Map<string, Tensor>();
  const nodes: Node[] = [];

  const unique = (name: string): string => {
    if (!tensors.has(name)) return name;
    let suffix = 2;
    while (tensors.has(`${name}#${suffix}`)) suffix += 1;
    return `${name}#${suffix}`;
  };
  const keep = (tensor: Tensor): Tensor => {
    tensors.set(tensor.name, tensor);
    return tensor;
  };

  return {
    input: (name, { shape, dtype }, quant) =>
      keep({ name: unique(name), kind: 'activation', shape, dtype, ...(quant === undefined ? {} : { quant }) }),
    constant: (name, { shape, dtype, data }, quant) =>
      keep({ name: unique(name), kind: 'constant', shape, dtype, data, ...(quant === undefined ? {} : { quant }) }),
    add(op, inputs, attributes, from = [], name = op) {
      const operator = operatorNamed(op);
      const type = operator.shape(inputs, attributes);
      if (inputs.length > 0 && inputs.every((input) => input === null || input.data !== undefined)) {
        const value = operator.evaluate(inputs as readonly (Value | null)[], attributes, type);
        const quant = operator.constantQuantization?.(inputs[0]?.quant, attributes);
        return keep({ name: unique(name), kind: 'constant', ...value, ...(quant === undefined ? {} : { quant }) });
      }
      const output = keep({ name: unique(name), kind: 'activation', shape: type.shape, dtype: type.dtype });
      nodes.push({ op, inputs: inputs.map((input) => input?.name ?? null), output: output.name, attributes, from });
      return output;
    },
    finish: (inputs, outputs) => ({ name: graphName, inputs, outputs, tensors, nodes }),
  };
}
