import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import onnxProto, { type onnx } from 'onnx-proto';
import { checkGraph } from '../../src/graph/check.ts';
import type { Graph, Value } from '../../src/graph/types.ts';
import { decodeModel, decodeTensor } from '../../src/onnx/decode.ts';
import { problemsError } from '../../src/onnx/problems.ts';
import { readModel } from '../../src/onnx/read.ts';
import { readTensor } from '../../src/onnx/tensor.ts';
import { evaluateGraph } from '../../src/ops/evaluate.ts';
import { onnxReaders, operatorNamed } from '../../src/ops/index.ts';

/** Operators all of whose inputs are activations; of any other, inputs but the first are parameters. */
const activationsOnly = new Set([
  'Add',
  'And',
  'Concat',
  'Div',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'MatMul',
  'Max',
  'Mean',
  'Min',
  'Mod',
  'Mul',
  'Or',
  'Pow',
  'Sub',
  'Sum',
  'Where',
  'Xor',
]);

/** Operators that must be there; cases of others are run where they are. */
export const demanded = new Set([
  'Conv',
  'Gemm',
  'MatMul',
  'BatchNormalization',
  'Relu',
  'Clip',
  'LeakyRelu',
  'PRelu',
  'Sigmoid',
  'Tanh',
  'HardSigmoid',
  'HardSwish',
  'Add',
  'Sub',
  'Mul',
  'AveragePool',
  'MaxPool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'ReduceMean',
  'Pad',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
  'Concat',
  'Slice',
  'Split',
  'Resize',
  'Softmax',
  'Identity',
  'Dropout',
  'Constant',
  'Cast',
  'QuantizeLinear',
  'DequantizeLinear',
]);

/** What the suite of ONNX itself allows relatively; absolutely 1e-5, since values near zero are sums that cancel. */
const relativeTolerance = 1e-3;
const absoluteTolerance = 1e-5;

export interface ConformanceCase {
  readonly name: string;
  readonly model: onnx.IModelProto;
  readonly inputs: readonly onnx.ITensorProto[];
  readonly outputs: readonly onnx.ITensorProto[];
  /** The ONNX operators, with their domain where it is not the default one. */
  readonly operators: readonly string[];
}

/** A case of ONNX's backend node tests: model.onnx and test_data_set_0/{input,output}_<i>.pb. */
export function loadCase(folder: string, name: string): ConformanceCase {
  const path = join(folder, name);
  const model = decodeModel(new Uint8Array(readFileSync(join(path, 'model.onnx'))), name);
  const tensors = (kind: string): readonly onnx.ITensorProto[] => {
    const found: onnx.ITensorProto[] = [];
    for (let i = 0; ; i += 1) {
      const file = join(path, 'test_data_set_0', `${kind}_${i}.pb`);
      if (!existsSync(file)) return found;
      found.push(decodeTensor(new Uint8Array(readFileSync(file))));
    }
  };
  const operators = (model.graph?.node ?? []).map(({ opType, domain }) =>
    domain ? `${domain}.${opType}` : (opType ?? ''),
  );
  return { name, model, inputs: tensors('input'), outputs: tensors('output'), operators: [...new Set(operators)] };
}

export function caseNames(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

export function isRegistered(operator: string): boolean {
  return onnxReaders.has(operator);
}

/** The values of the case's outputs. */
export function expectedOutputs({ outputs }: ConformanceCase): readonly Value[] {
  return outputs.map(decoded);
}

/**
 * Reads the case's model, its parameters bound as initializers.
 * @returns the graph and the values of its inputs by tensor, or why there is none.
 */
export function readCase({
  name,
  model,
  inputs,
  operators,
}: ConformanceCase): { readonly graph: Graph; readonly values: ReadonlyMap<string, Value> } | string {
  const graphInputs = model.graph?.input ?? [];
  const isParameter = (index: number): boolean =>
    index > 0 && !operators.every((operator) => activationsOnly.has(operator));
  const bound = inputs.flatMap((tensor, index) =>
    isParameter(index) ? [{ ...tensor, name: graphInputs[index]?.name ?? '' }] : [],
  );
  const withParameters: onnx.IModelProto = {
    ...model,
    graph: { ...model.graph, initializer: [...(model.graph?.initializer ?? []), ...bound] },
  };
  const result = readModel(onnxProto.onnx.ModelProto.encode(withParameters).finish(), { file: name });
  if (result.graph === null) return problemsError(result.problems, name).message;
  const { graph } = result;
  checkGraph(graph, operatorNamed);
  const values = new Map<string, Value>();
  for (const [index, tensor] of inputs.entries()) {
    const port = graph.inputs.find((input) => input.name === graphInputs[index]?.name);
    if (port !== undefined) values.set(port.tensor, decoded(tensor));
  }
  return { graph, values };
}

/**
 * Evaluates the case's model in float and compares.
 * @returns what differs, or why it could not be run; null where all outputs agree.
 */
export function runCase(one: ConformanceCase): string | null {
  const read = readCase(one);
  if (typeof read === 'string') return read;
  const { graph, values } = read;
  const outputs = expectedOutputs(one);
  const computed = evaluateGraph(graph, values);
  const differences = graph.outputs.map((port, index) => {
    const expected = outputs[index];
    const actual = computed.get(port.tensor);
    if (expected === undefined || actual === undefined) return `output ${port.name} is not there`;
    return difference(actual, expected);
  });
  return differences.find((text) => text !== null) ?? null;
}

function decoded(tensor: onnx.ITensorProto): Value {
  return readTensor(tensor, { warn: () => {} });
}

function difference(actual: Value, expected: Value): string | null {
  if (actual.dtype !== expected.dtype) return `type ${actual.dtype}; ${expected.dtype} is right`;
  if (String(actual.shape) !== String(expected.shape)) return `shape [${actual.shape}]; [${expected.shape}] is right`;
  const isFloat = expected.dtype === 'float32';
  for (const [i, value] of expected.data.entries()) {
    const [right, found] = [Number(value), Number(actual.data[i])];
    const close = isFloat
      ? Math.abs(found - right) <= absoluteTolerance + relativeTolerance * Math.abs(right)
      : found === right;
    if (!close && !Object.is(found, right)) return `element ${i} is ${found}; ${right} is right`;
  }
  return null;
}
