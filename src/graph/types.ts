/** Element types that a tensor of the graph can have. */
export type DataType = 'float32' | 'int8' | 'uint8' | 'int32' | 'int64' | 'bool';

/** The elements of a tensor in row-major order; int64 lies in BigInt64Array, bool in Uint8Array (0 or 1). */
export type TensorData = Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

/**
 * Affine quantisation: real = (q - zeroPoint) * scale.
 * One scale for the whole tensor, or one per index of `axis` (weights and biases only).
 */
export interface Quantization {
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  /** The axis that the scales run along; absent where there is one scale. */
  readonly axis?: number;
}

/** What a tensor is, without its name: element type and static shape. */
export interface TensorType {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** A tensor's type and elements: what operators compute on. */
export interface Value extends TensorType {
  readonly data: TensorData;
}

/**
 * An edge of the graph. A constant has `data`; an activation is made by one node or is a graph input;
 * a state lives from call to call. `quant` is set on every tensor of a quantised graph.
 */
export interface Tensor extends TensorType {
  readonly name: string;
  readonly kind: 'constant' | 'activation' | 'state';
  readonly data?: TensorData;
  readonly quant?: Quantization;
}

/** The ONNX node or nodes that a node of the graph came from: for errors, C comments and profile rows. */
export interface Origin {
  readonly name: string;
  readonly operator: string;
}

/**
 * An operation with one output (the reader turns Split into Slices). `op` names an entry of the registry in src/ops;
 * `attributes` have the type that the entry states. An optional input that is left out is null.
 */
export interface Node {
  readonly op: string;
  readonly inputs: readonly (string | null)[];
  readonly output: string;
  readonly attributes: object;
  readonly from: readonly Origin[];
}

/**
 * An input or output of the model. `name` and `shape` are those of the ONNX file; the tensor in the graph may be
 * laid out channels last, and then its axis i is the axis `permutation[i]` of the ONNX shape.
 */
export interface Port {
  readonly name: string;
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly permutation: readonly number[];
  /**
   * `pixels`: the caller gives bytes from 0 to 255, and each element's step is its pixel less 128. Which real value that
   * is, the quantisation of the tensor says.
   */
  readonly encoding?: 'pixels';
}

/** A network: nodes in topological order, tensors by name. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
}

/** The number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The tensor of that name. A name that is not there is a bug of ours: graphs are checked when they are made. */
export function tensorOf(graph: Graph, name: string): Tensor {
  const tensor = graph.tensors.get(name);
  if (tensor === undefined) throw new Error(`graph ${graph.name} has no tensor ${name}`);
  return tensor;
}

/** How a node is named to a user: the ONNX names and operators that it came from. */
export function describeNode(node: Node): string {
  const origins = node.from.map((origin) =>
    origin.name === '' ? origin.operator : `${origin.operator} ${origin.name}`,
  );
  return origins.length === 0 ? node.op : origins.join(' + ');
}

/** A tensor seen as images of rows of pixels: what a row kernel works on. */
export interface RowShape {
  readonly batch: number;
  readonly rows: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * The row view of a channels-last shape: [N,H,W,C] as it is; [N,L,C] has L rows of one pixel, so that a
 * one-dimensional model streams along its length; [N,C] is N rows of one pixel; leading axes beyond four fold into N.
 */
export function rowShape(shape: readonly number[]): RowShape {
  const rank = shape.length;
  const at = (index: number): number => shape[index] ?? 1;
  if (rank <= 1) return { batch: 1, rows: 1, width: 1, channels: at(0) };
  if (rank === 2) return { batch: 1, rows: at(0), width: 1, channels: at(1) };
  if (rank === 3) return { batch: at(0), rows: at(1), width: 1, channels: at(2) };
  return {
    batch: elementCount(shape.slice(0, rank - 3)),
    rows: at(rank - 3),
    width: at(rank - 2),
    channels: at(rank - 1),
  };
}
