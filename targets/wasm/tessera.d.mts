/** An input or output of a compiled model. Real value = (step - zeroPoint) * scale. */
export interface PortDescription {
  readonly name: string;
  /** The shape in the ONNX file: the order of the elements that `run` takes and gives. */
  readonly shape: readonly number[];
  /** Axis i of the bytes in memory is axis permutation[i] of `shape`. */
  readonly permutation: readonly number[];
  readonly scale: number;
  readonly zeroPoint: number;
  /** Bytes of a row, where the input is fetched, or the output handed over, row by row; 0 where it is whole. */
  readonly rowBytes: number;
}

export interface ModelDescription {
  readonly name: string;
  readonly arenaBytes: number;
  /** Where the arena has several regions: the bytes of each. They lie one after the other. */
  readonly regionBytes?: readonly number[];
  readonly macs: number;
  readonly inputs: readonly PortDescription[];
  readonly outputs: readonly PortDescription[];
}

/** Real values, pixels among them (any of these types but Int8Array), or int8 steps, in the order of the ONNX shape. */
export type InputValues = Float32Array | Float64Array | Uint8Array | Uint8ClampedArray | Int8Array | readonly number[];

/** A model that is ready to run. Not re-entrant: one inference at a time. */
export interface Model extends ModelDescription {
  /** One inference. One array, or one an input; gives one array an output, of real values. */
  run(inputs: InputValues | readonly InputValues[]): Float32Array[];
  /** The same, giving int8 steps. */
  runSteps(inputs: InputValues | readonly InputValues[]): Int8Array[];
  /** Whether this machine computes what the compiler says, for a built-in input. */
  selfTest(): boolean;
  /** The bytes of the arena as they are now. */
  arena(): Int8Array;
}

/** An input as int8 steps in the order of memory: what generated code takes, on every machine. */
export function inputSteps(values: InputValues, port: PortDescription): Int8Array;
export function createModel(instance: WebAssembly.Instance, description: ModelDescription): Model;
/** `source`: the module's bytes, its URL (a relative text starts at the page, or here where there is none), or itself. */
export function instantiate(
  source: Uint8Array | ArrayBuffer | URL | string | WebAssembly.Module,
  description: ModelDescription,
): Promise<Model>;
