import {
  type DataType,
  elementCount,
  type Graph,
  type Port,
  type Tensor,
  type TensorData,
  type TensorType,
} from './types.ts';

/** What the check needs of an operator: the registry's entries have it. */
export interface ShapeRule {
  shape(inputs: readonly (TensorType | null)[], attributes: object): TensorType;
}

const arrays: Readonly<Record<DataType, { new (length: number): TensorData }>> = {
  float32: Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

/**
 * Checks that a graph is legal: run after the reader and after every pass.
 * @param operatorNamed the registry's look-up; the graph itself knows no operators.
 * @throws Error (a bug of ours, never the user's) that names the first node or tensor that is wrong.
 */
export function checkGraph(graph: Graph, operatorNamed: (name: string) => ShapeRule): void {
  const fail = (reason: string): never => {
    throw new Error(`graph ${graph.name}: ${reason}`);
  };
  const known = (name: string, user: string): Tensor =>
    graph.tensors.get(name) ?? fail(`${user} refers to the tensor ${name}, which is not there`);

  for (const [name, tensor] of graph.tensors) checkTensor(name, tensor, fail);

  const ready = new Set(
    [...graph.tensors.values()].filter((tensor) => tensor.kind !== 'activation').map(({ name }) => name),
  );
  for (const port of graph.inputs) {
    const tensor = known(port.tensor, `input ${port.name}`);
    if (tensor.kind !== 'activation') fail(`input ${port.name} is a ${tensor.kind}`);
    if (ready.has(port.tensor)) fail(`two inputs are the tensor ${port.tensor}`);
    ready.add(port.tensor);
    checkPort(port, tensor, fail);
  }
  for (const node of graph.nodes) {
    const label = `${node.op} ${node.output}`;
    const inputs = node.inputs.map((name) => (name === null ? null : known(name, label)));
    for (const input of inputs) {
      if (input !== null && !ready.has(input.name)) fail(`${label} uses ${input.name} before it is made`);
    }
    const output = known(node.output, label);
    if (ready.has(node.output)) fail(`${label} makes a tensor that is there already`);
    ready.add(node.output);
    const inferred = operatorNamed(node.op).shape(inputs.map(asInFloat), node.attributes);
    if (String(inferred.shape) !== String(output.shape)) {
      fail(`${label} has the shape [${output.shape}], and the operator gives [${inferred.shape}]`);
    }
    if (output.quant === undefined && inferred.dtype !== output.dtype) {
      fail(`${label} is ${output.dtype}, and the operator gives ${inferred.dtype}`);
    }
  }
  for (const port of graph.outputs) {
    const tensor = known(port.tensor, `output ${port.name}`);
    if (!ready.has(port.tensor)) fail(`output ${port.name} is never made`);
    checkPort(port, tensor, fail);
  }
  for (const tensor of graph.tensors.values()) {
    if (!ready.has(tensor.name)) fail(`the tensor ${tensor.name} is never made`);
  }
}

/** A quantised graph has int8 (or a bias int32) where operators, as they are defined in float, have float32. */
function asInFloat(tensor: Tensor | null): TensorType | null {
  return tensor?.quant === undefined ? tensor : { shape: tensor.shape, dtype: 'float32' };
}

type Fail = (reason: string) => never;

function checkTensor(name: string, tensor: Tensor, fail: Fail): void {
  const { kind, shape, dtype, data, quant } = tensor;
  if (name !== tensor.name) fail(`the tensor ${tensor.name} is kept under the name ${name}`);
  if (shape.some((size) => !Number.isInteger(size) || size < 0)) fail(`the tensor ${name} has the shape [${shape}]`);
  if (kind === 'activation' && data !== undefined) fail(`the activation ${name} has data`);
  if (kind === 'constant' && data === undefined) fail(`the constant ${name} has no data`);
  if (data !== undefined) {
    if (data.length !== elementCount(shape)) fail(`${name} has ${data.length} elements and the shape [${shape}]`);
    if (!(data instanceof arrays[dtype])) fail(`${name} is ${dtype} and its data are a ${data.constructor.name}`);
  }
  if (quant !== undefined) {
    const { scales, zeroPoints, axis } = quant;
    const wanted = axis === undefined ? 1 : shape[axis];
    if (scales.length !== wanted || zeroPoints.length !== wanted) {
      fail(`${name} has ${scales.length} scales and ${zeroPoints.length} zero points; ${wanted} are needed`);
    }
    if (!scales.every((scale) => scale > 0 && Number.isFinite(scale))) fail(`${name} has a scale that is not positive`);
    if (!zeroPoints.every(Number.isInteger)) fail(`${name} has a zero point that is no integer`);
  }
}

function checkPort(port: Port, tensor: Tensor, fail: Fail): void {
  const axes = [...port.permutation].sort((a, b) => a - b);
  if (axes.length !== port.shape.length || axes.some((axis, i) => axis !== i)) {
    fail(`${port.name} has the permutation [${port.permutation}] and the shape [${port.shape}]`);
  }
  const laidOut = port.permutation.map((axis) => port.shape[axis]);
  if (String(laidOut) !== String(tensor.shape)) {
    fail(`${port.name} is [${port.shape}] with the axes [${port.permutation}], and its tensor is [${tensor.shape}]`);
  }
}
