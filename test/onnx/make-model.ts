import onnxProto, { type onnx } from 'onnx-proto';

const { onnx: proto } = onnxProto;

/** A model for a test: what is left out is what a plain model has. */
export interface ModelSpec {
  readonly nodes: readonly onnx.INodeProto[];
  readonly inputs?: readonly onnx.IValueInfoProto[];
  readonly outputs?: readonly onnx.IValueInfoProto[];
  readonly initializers?: readonly onnx.ITensorProto[];
  readonly opset?: readonly onnx.IOperatorSetIdProto[] | number;
}

/** The file of a model with the input x and the output y, both float32 [1,2,4,4]. */
export function makeModel(spec: ModelSpec): Uint8Array {
  const opset = spec.opset ?? 17;
  const model: onnx.IModelProto = {
    irVersion: 8,
    opsetImport: typeof opset === 'number' ? [{ domain: '', version: opset }] : [...opset],
    graph: {
      name: 'test',
      node: [...spec.nodes],
      input: [...(spec.inputs ?? [valueInfo('x', [1, 2, 4, 4])])],
      output: [...(spec.outputs ?? [valueInfo('y', [1, 2, 4, 4])])],
      initializer: [...(spec.initializers ?? [])],
    },
  };
  return proto.ModelProto.encode(model).finish();
}

/** A declared input or output; a text among the dimensions is a symbolic one ('' has no name). */
export function valueInfo(name: string, shape: readonly (number | string)[], elemType = 1): onnx.IValueInfoProto {
  const dim = shape.map((size) =>
    typeof size === 'number' ? { dimValue: size } : size === '' ? {} : { dimParam: size },
  );
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: readonly onnx.IAttributeProto[] = [],
  rest: onnx.INodeProto = {},
): onnx.INodeProto {
  return {
    opType,
    input: [...input],
    output: [...output],
    attribute: [...attribute],
    name: `${opType}_${output[0]}`,
    ...rest,
  };
}

export function integers(name: string, ints: readonly number[]): onnx.IAttributeProto {
  return { name, type: 7, ints: [...ints] };
}

export function integer(name: string, i: number): onnx.IAttributeProto {
  return { name, type: 2, i };
}

export function floatTensor(name: string, dims: readonly number[], values: readonly number[]): onnx.ITensorProto {
  return { name, dims: [...dims], dataType: 1, floatData: [...values] };
}
