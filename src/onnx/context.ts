import type { onnx } from 'onnx-proto';
import { elementCount, type Origin, type Tensor, type Value } from '../graph/types.ts';
import type { GraphBuilder } from '../ops/build.ts';
import { OperatorError, type ReadContext } from '../ops/define.ts';
import { operatorNamed } from '../ops/index.ts';
import { attributesOf } from './attributes.ts';
import type { TensorSource } from './tensor.ts';

/** The largest tensor, in elements. */
export const maxTensorElements = 2 ** 28;
/** The most multiply-accumulates that a constant may cost to compute at compile time. */
const maxFoldedMacs = 2 ** 31;

/** What the nodes of a file are read with. */
export interface Reading {
  readonly opset: number;
  readonly builder: GraphBuilder;
  readonly source: TensorSource;
  /** The tensor of an ONNX name. Throws OperatorError where there is none. */
  readonly tensorNamed: (name: string) => Tensor;
  /** Values of tensors that are nodes in the graph although constants alone go into them (QDQ weights). */
  readonly computed: Map<string, () => Value>;
  /** Constants by name that were found to hold NaN or infinity, or not to. */
  readonly finite: Map<string, boolean>;
}

/** The view that an operator's reader has of its ONNX node. */
export function contextOf(node: onnx.INodeProto, origin: Origin, reading: Reading): ReadContext {
  const unsupported = (reason: string): never => {
    throw new OperatorError('unsupported', reason);
  };
  const invalid = (reason: string): never => {
    throw new OperatorError('invalid', reason);
  };
  const inputs = node.input ?? [];
  const outputs = node.output ?? [];
  const inputCount = inputs.reduce((count, name, index) => (name === '' ? count : index + 1), 0);
  const label = outputs.find((name) => name !== '') ?? origin.operator;

  const optionalInput = (index: number): Tensor | null => {
    const name = inputs[index] ?? '';
    return name === '' ? null : reading.tensorNamed(name);
  };
  const input = (index: number): Tensor =>
    optionalInput(index) ?? invalid(`input ${index} is needed, and is not there (${inputCount} given)`);
  const valueOf = (tensor: Tensor, index: number, what: string): Value => {
    if (tensor.data !== undefined) return { shape: tensor.shape, dtype: tensor.dtype, data: tensor.data };
    const compute = reading.computed.get(tensor.name);
    return compute === undefined ? unsupported(`${what} (input ${index}, ${inputs[index]}) must be constant`) : compute();
  };
  const checkFinite = (name: string, value: Pick<Value, 'dtype' | 'data'>): void => {
    if (value.dtype !== 'float32') return;
    const known = reading.finite.get(name) ?? (value.data as Float32Array).every(Number.isFinite);
    reading.finite.set(name, known);
    if (!known) unsupported(`the constant ${name} holds NaN or infinity, which cannot be quantised`);
  };

  return {
    ...attributesOf(node, reading.source, invalid),
    opset: reading.opset,
    operator: node.opType ?? '',
    inputCount,
    outputCount: outputs.length,
    input,
    optionalInput,
    constant: (index, what) => valueOf(input(index), index, what),
    optionalConstant(index, what) {
      const tensor = optionalInput(index);
      return tensor === null ? null : valueOf(tensor, index, what);
    },
    hasOutput: (index) => (outputs[index] ?? '') !== '',
    emit(op, operands, attributes) {
      const operator = operatorNamed(op);
      const type = operator.shape(operands, attributes);
      const size = elementCount(type.shape);
      if (size > maxTensorElements) unsupported(`a tensor [${type.shape}] of ${size} elements; up to ${maxTensorElements} are supported`);
      const constant = operands.every((operand) => operand === null || isConstant(operand, reading));
      if (size === 0 && !constant) unsupported(`a tensor [${type.shape}] without elements`);
      if (constant && operator.macs(operands, type, attributes) > maxFoldedMacs) {
        unsupported(`a constant that takes ${operator.macs(operands, type, attributes)} multiplications to compute`);
      }
      for (const operand of operands) {
        if (operand?.data !== undefined) checkFinite(operand.name, { dtype: operand.dtype, data: operand.data });
      }
      const output = reading.builder.add(op, operands, attributes, [origin], `${label}/${op}`);
      if (constant && output.data === undefined) {
        reading.computed.set(output.name, once(() => operator.evaluate(operands.map((t) => t && valueOf(t, 0, '')), attributes, type)));
      }
      return output;
    },
    addConstant(value, name) {
      const tensor = reading.builder.constant(name === '' ? label : name, value);
      return tensor;
    },
    unsupported,
    invalid,
  };
}

function isConstant(tensor: Tensor, reading: Reading): boolean {
  return tensor.data !== undefined || reading.computed.has(tensor.name);
}

function once<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | undefined;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
}
