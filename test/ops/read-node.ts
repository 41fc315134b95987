import type { onnx } from 'onnx-proto';
import type { Value } from '../../src/graph/types.ts';
import { readModel } from '../../src/onnx/read.ts';
import { evaluateGraph } from '../../src/ops/evaluate.ts';
import { makeModel, node, valueInfo } from '../onnx/make-model.ts';

/** A model of one ONNX node on the input x. */
export interface NodeSpec {
  readonly op: string;
  readonly opset?: number;
  /** The shape of x, which counts 0, 1, 2, ... */
  readonly shape: readonly number[];
  readonly attributes?: readonly onnx.IAttributeProto[];
  /** The node's further inputs, constants; null is left out. */
  readonly parameters?: readonly (onnx.ITensorProto | null)[];
  readonly outputs?: number;
}

export function text(name: string, s: string): onnx.IAttributeProto {
  return { name, type: 3, s: new TextEncoder().encode(s) };
}

export function floats(values: readonly number[]): onnx.ITensorProto {
  return { dims: [values.length], dataType: 1, floatData: [...values] };
}

export function longs(values: readonly number[]): onnx.ITensorProto {
  return { dims: [values.length], dataType: 7, int64Data: [...values] };
}

export interface NodeResult {
  /** The operators of the graph that the node became, without those that move data. */
  readonly operators: readonly string[];
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const moving = new Set(['Transpose', 'Reshape']);

/** Reads the model and computes its first output in float. @throws Error that says why the model is refused. */
export function runNode(spec: NodeSpec): NodeResult {
  const parameters = spec.parameters ?? [];
  const name = (i: number): string => `parameter${i}`;
  const outputs = Array.from({ length: spec.outputs ?? 1 }, (_, i) => `y${i}`);
  const bytes = makeModel({
    opset: spec.opset ?? 19,
    nodes: [
      node(spec.op, ['x', ...parameters.map((p, i) => (p === null ? '' : name(i)))], outputs, spec.attributes ?? []),
    ],
    inputs: [valueInfo('x', spec.shape)],
    outputs: outputs.map((output) => ({ name: output })),
    initializers: parameters.flatMap((p, i) => (p === null ? [] : [{ ...p, name: name(i) }])),
  });
  const { graph, problems } = readModel(bytes, { file: 'test.onnx' });
  if (graph === null) throw new Error(problems.map(({ reason }) => reason).join('; '));
  const count = spec.shape.reduce((product, size) => product * size, 1);
  const x: Value = { shape: spec.shape, dtype: 'float32', data: Float32Array.from({ length: count }, (_, i) => i) };
  const values = evaluateGraph(graph, new Map(graph.inputs.map((port) => [port.tensor, x])));
  const value = values.get(graph.outputs[0]?.tensor ?? '');
  if (value === undefined) throw new Error('the output was not computed');
  const operators = graph.nodes.map(({ op }) => op).filter((op) => !moving.has(op));
  return { operators, shape: value.shape, data: Array.from(value.data, Number) };
}
