import type { onnx } from 'onnx-proto';
import { elementCount, type Origin, type Tensor, type TensorType, type Value } from '../graph/types.ts';
import type { GraphBuilder } from '../ops/build.ts';
import { OperatorError, type ReadContext } from '../ops/define.ts';
import { operatorNamed } from '../ops/index.ts';
import { attributesOf } from './attributes.ts';
import type { TensorSource } from './tensor.ts';

/** The largest tensor, in elements. */
export const maxTensorElements = 2 ** 28;

/** What computing constants may still cost, for the whole model: a few small nodes could ask for hours and gigabytes. */
export interface Budget {
  elements: number;
  /** Multiply-accumulates. */
  macs: number;
}

/** What the nodes of a file are read with. */
export interface Reading {
  readonly opset: number;
  readonly builder: GraphBuilder;
  readonly source: TensorSource;
  readonly budget: Budget;
  /** The tensor of an ONNX name that has been made. */
  readonly tensorNamed: (name: string) => Tensor;
  /** Whether the float constant of that name is known to hold finite numbers alone. */
  readonly finite: Map<string, boolean>;
  /** How many tensors want the same name. */
  readonly nameUses: Map<string, number>;
}

/** The view that an operator's reader has of its ONNX node. */
export function contextOf(node: onnx.INodeProto, origin: Origin, reading: Reading): ReadContext {
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
  const constantOf = ({ shape, dtype, data }: Tensor, index: number, what: string): Value => {
    if (data === undefined) return unsupported(`${what} (input ${index}, ${inputs[index]}) must be constant`);
    // Infinity may be meant, as a bound or as what is padded with.
    if (dtype === 'float32' && (data as Float32Array).some(Number.isNaN))
      invalid(`a value of ${what} (${inputs[index]}) is not finite: NaN`);
    return { shape, dtype, data };
  };

  return {
    ...attributesOf(node, reading.source, invalid),
    opset: reading.opset,
    operator: node.opType ?? '',
    inputCount,
    outputCount: outputs.length,
    input,
    optionalInput,
    constant: (index, what) => constantOf(input(index), index, what),
    optionalConstant(index, what) {
      const tensor = optionalInput(index);
      return tensor === null ? null : constantOf(tensor, index, what);
    },
    hasOutput: (index) => (outputs[index] ?? '') !== '',
    emit(op, operands, attributes) {
      const operator = operatorNamed(op);
      const type = operator.shape(operands, attributes);
      const computed =
        operands.length > 0 && operands.every((operand) => operand === null || operand.data !== undefined);
      checkSize(type, computed);
      if (computed) spend(reading.budget, type, operator.macs(operands, type, attributes));
      for (const operand of operands) if (operand !== null) checkFinite(operand, reading.finite);
      // Weights that are transposed stay known by their own name.
      const name = (computed && operands[0]?.name.replace(/#\d+$/, '')) || `${label}/${op}`;
      return reading.builder.add(op, operands, attributes, [origin], numbered(name, reading.nameUses));
    },
    addConstant: (value, name, quant) =>
      reading.builder.constant(numbered(name === '' ? label : name, reading.nameUses), value, quant),
    unsupported,
    invalid,
  };
}

function unsupported(reason: string): never {
  throw new OperatorError('unsupported', reason);
}

function invalid(reason: string): never {
  throw new OperatorError('invalid', reason);
}

function checkSize({ shape }: TensorType, isConstant: boolean): void {
  const size = elementCount(shape);
  if (!(size <= maxTensorElements))
    unsupported(`a tensor [${shape}] of ${size} elements; up to ${maxTensorElements} are supported`);
  if (size === 0 && !isConstant) unsupported(`a tensor [${shape}] without elements`);
}

function spend(budget: Budget, { shape }: TensorType, macs: number): void {
  budget.elements -= elementCount(shape);
  budget.macs -= macs;
  if (budget.elements < 0)
    unsupported(`constants that are computed from constants: up to [${shape}] they are too large`);
  if (budget.macs < 0) unsupported('constants that take too many multiplications to compute');
}

function checkFinite({ name, dtype, data }: Tensor, finite: Map<string, boolean>): void {
  if (dtype !== 'float32' || data === undefined) return;
  const known = finite.get(name) ?? (data as Float32Array).every(Number.isFinite);
  finite.set(name, known);
  if (!known) unsupported(`the constant ${name} holds NaN or infinity, which cannot be quantised`);
}

/** Counts on instead of trying, since thousands of nodes may share one constant. */
function numbered(name: string, uses: Map<string, number>): string {
  const count = (uses.get(name) ?? 0) + 1;
  uses.set(name, count);
  return count === 1 ? name : `${name}#${count}`;
}
