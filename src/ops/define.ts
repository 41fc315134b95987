import { roundHalfEven } from '../arithmetic/fixed-point.ts';
import type { Quantization, Tensor, TensorData, TensorType, Value } from '../graph/types.ts';

/**
 * Which positions of an input axis an output position needs: from floor((out * multiply + add) / divide) on, `count`
 * positions, `dilation` apart. Positions outside the input are padding. All of streaming and patching rests on it.
 */
export interface AxisMap {
  readonly multiply: number;
  readonly add: number;
  readonly divide: number;
  readonly count: number;
  readonly dilation: number;
}

/** Output position i needs input position i. */
export const sameAxis: AxisMap = { multiply: 1, add: 0, divide: 1, count: 1, dilation: 1 };

/** Whether output position i needs input position i alone. */
export function isSameAxis({ multiply, add, divide, count }: AxisMap): boolean {
  return multiply === 1 && add === 0 && divide === 1 && count === 1;
}

/** Every output position needs input position 0: a broadcast axis. */
export const broadcastAxis: AxisMap = { multiply: 0, add: 0, divide: 1, count: 1, dilation: 1 };

/** The axis of a window of `kernel` taps. */
export function windowAxis(stride: number, padBefore: number, kernel: number, dilation: number): AxisMap {
  return { multiply: stride, add: -padBefore, divide: 1, count: kernel, dilation };
}

/** A constant array of a kernel's parameters: becomes a static const array in C. */
export interface ConstantArray {
  readonly type: 'int8' | 'int16' | 'uint16' | 'int32';
  readonly values: ArrayLike<number>;
}

/** A field of a kernel's parameter struct; null is a NULL pointer. */
export type FieldValue = number | ConstantArray | null;

/** One input of a kernel: which of the node's inputs, and which of its rows a step needs. */
export interface KernelInput {
  readonly input: number;
  /** `whole`: the pointer to the whole tensor, on every step. */
  readonly rows: AxisMap | 'whole';
  readonly columns: AxisMap;
}

/** Less scratch, where a call computes so many pixels at most. */
export interface FewScratch {
  readonly pixels: number;
  readonly bytes: number;
}

/** Another form of a kernel, of the same parameters. */
export interface KernelForm {
  readonly symbol: string;
  readonly scratchBytes: number;
  /** What its C includes, instead of the `headers` of the call. */
  readonly headers: readonly string[];
}

/** A kernel that computes pairs of output rows, one row behind the other, in the scratch of the kernel for one row. */
export interface TwoRowsForm extends Omit<KernelForm, 'scratchBytes'> {
  /** The pixels of an output row, at least, and its bytes at most. */
  readonly leastPixels: number;
  readonly mostRowBytes: number;
  /** The most rows of a call, and the field that says how many pairs they are. */
  readonly mostRows: number;
  readonly pairsField: string;
  /** Rows of at most so many pixels: all input of a pair is read before the first output is written. */
  readonly readsFirst: number;
}

/**
 * One kernel, called once for each of its steps:
 * `rows`: step i computes output row firstRow + i;
 * `accumulate`: step i consumes input row i, and the output is complete after the last (accumulators in the scratch);
 * `once`: a single step on whole tensors, all images of a batch at once.
 */
export interface KernelCall {
  /** The C function, `tsr_<op>_<types>__<isa>`; it stands in the file of that name. */
  readonly symbol: string;
  /** The same kernel, of the same parameters, in less code: that for calls of few pixels alone. */
  readonly smallSymbol?: string | undefined;
  /** So many pixels at most it computes as fast; 1 where it is not said. */
  readonly smallMost?: number | undefined;
  /** The same kernel, of the same parameters, without its code for calls of few pixels. */
  readonly rowsSymbol?: string | undefined;
  /** So many pixels at least it computes as fast. */
  readonly rowsLeast?: number | undefined;
  /** The folder of runtime-c that the kernel stands in; the header is tsr_<folder>.h. */
  readonly folder: string;
  /** The C type of the parameters. */
  readonly struct: string;
  /** The C type of a struct of the numbers among the fields, to which `shape` of the parameters points: layers share it. */
  readonly shape?: string | undefined;
  /** Files of runtime-c that the kernel includes beside tsr.h; its folder's own header where they are left out. */
  readonly headers?: readonly string[];
  /** The files of the kernels that this one calls, as paths inside runtime-c. */
  readonly callees?: readonly string[] | undefined;
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly inputs: readonly KernelInput[];
  readonly steps: 'rows' | 'accumulate' | 'once';
  /** The number of steps an image. */
  readonly count: number;
  /** With steps `rows`: the output row of step 0. */
  readonly firstRow: number;
  /** Bytes that the output pointer lies behind the start of the output row (a part of a channel concatenation). */
  readonly outputOffset: number;
  /** True where output pixel i needs input pixel i alone, so that whole tensors may be handed over as one long row. */
  readonly pointwise: boolean;
  readonly scratchBytes: number;
  /** Less scratch where calls compute few pixels, ascending: that of the first whose `pixels` are not fewer. */
  readonly fewScratch?: readonly FewScratch[] | undefined;
  /** For steps where scratch counts: each takes less than the one before, and more time, however many pixels a call has. */
  readonly lean?: readonly KernelForm[] | undefined;
  /** For whole rows of the only input that are channel-planar: [channels][width]. */
  readonly planarInput?: KernelForm | undefined;
  /** The fields that are different where the output's rows are whole and channel-planar; not for its kernels of less scratch. */
  readonly planarOutput?: Readonly<Record<string, number>> | undefined;
  /** For layers that are computed whole: see src/plan/two-rows.ts. */
  readonly twoRows?: TwoRowsForm | undefined;
  /** With steps `rows`: output rows of one call, of which `count` is a multiple; 1 where it is left out. */
  readonly rowsAtOnce?: number | undefined;
  /** Of a portable kernel: why those for the target's instruction sets are not taken. */
  readonly refusals?: readonly string[];
}

/**
 * A tensor that is a part of another: its row 0, column 0 and channel 0 are this row, column and channel of the whole,
 * and the others follow one by one. `input` names the input concerned; where the whole is `output` that input is a part
 * of the output (a concatenation), where it is `input` the output is a part of that input (a slice).
 */
export interface View {
  readonly whole: 'input' | 'output';
  readonly input: number;
  readonly row: number;
  readonly column: number;
  readonly channel: number;
}

/**
 * What a node becomes: nothing but other names for bytes, or calls of kernels. An alias without views is another name
 * for its first input as a whole.
 */
export type Lowering =
  | { readonly kind: 'alias'; readonly views?: readonly View[] }
  | { readonly kind: 'calls'; readonly calls: readonly KernelCall[] };

/** A node of a quantised graph with its tensors looked up. */
export interface QuantizedNode<A> {
  readonly attributes: A;
  readonly inputs: readonly (Tensor | null)[];
  readonly output: Tensor;
}

/**
 * How the output of an operator is quantised: by calibration, like its first input (operators that only move or select
 * values), or in a fixed way.
 */
export type OutputRule = 'calibrated' | 'as-input' | Quantization;

/**
 * What a constant input is: weights (int8, symmetric, a scale for each index of axis 0), a bias (int32, at input scale
 * times weight scale), an operand (int8, affine, one scale) or data that are not quantised (a table, slopes).
 */
export type ConstantRole = 'weights' | 'bias' | 'operand' | 'data';

/** What an ONNX node looks like to the reader of its operator. Every refusal names the file and the node. */
export interface ReadContext {
  readonly opset: number;
  readonly operator: string;
  readonly outputCount: number;
  /** The number of inputs that the node lists (trailing empty names not counted). */
  readonly inputCount: number;
  /** The tensor of a required input. */
  input(index: number): Tensor;
  optionalInput(index: number): Tensor | null;
  /** The elements of a required input that must be constant. `what` names it in the refusal. */
  constant(index: number, what: string): Value;
  optionalConstant(index: number, what: string): Value | null;
  /** Whether output `index` is named and so may be used. */
  hasOutput(index: number): boolean;
  integer(name: string, fallback: number): number;
  integers(name: string, fallback: readonly number[]): readonly number[];
  optionalIntegers(name: string): readonly number[] | null;
  float(name: string, fallback: number): number;
  string(name: string, fallback: string): string;
  has(name: string): boolean;
  attributeTensor(name: string): Value | null;
  floats(name: string): readonly number[] | null;
  /** Adds a node to the graph and gives its output; a node whose inputs are all constant is computed at once. */
  emit(op: string, inputs: readonly (Tensor | null)[], attributes: object): Tensor;
  /** `quant`: the values are exactly those steps, as a DequantizeLinear of a constant gave them. */
  addConstant(value: Value, name: string, quant?: Quantization): Tensor;
  /** The model is valid, but this part of it is not supported. */
  unsupported(reason: string): never;
  /** The model is not valid ONNX. */
  invalid(reason: string): never;
}

/** Turns an ONNX node into nodes of the graph; gives the tensors of the ONNX outputs in order. */
export type OnnxReader = (context: ReadContext) => readonly Tensor[];

/**
 * Everything that Tessera knows of an operator. A: its attributes. P: the integer parameters of its kernel.
 * Spatial operators are channels last ([N,H,W,C] or [N,L,C]); the reader wraps them in the transposes that ONNX needs.
 */
export interface Operator<A = object, P = unknown> {
  readonly name: string;
  /** ONNX operators that become this one; `com.microsoft.Gelu` for one of another domain. */
  readonly onnx: Readonly<Record<string, OnnxReader>>;
  /** The output's shape and type; throws ModelError-worthy text through `OperatorError` where the inputs do not fit. */
  shape(inputs: readonly (TensorType | null)[], attributes: A): TensorType;
  /** Plain float maths: constant folding, calibration, and the oracle of tests. */
  evaluate(inputs: readonly (Value | null)[], attributes: A, output: TensorType): Value;
  /** The roles of constant inputs, by index; an input that is not listed is an activation or an operand. */
  readonly constants?: Readonly<Record<number, ConstantRole>>;
  /**
   * The attributes with which op(transpose(x)) = transpose(op'(x)), so that transposes can move on and cancel out.
   * Absent, or null: a transpose stops here.
   */
  permute?(attributes: A, permutation: readonly number[]): A | null;
  /** For operators that only move values: the quantisation that a constant keeps on its way through. */
  constantQuantization?(quant: Quantization | undefined, attributes: A): Quantization | undefined;
  /** True where `attributes.clamp` can carry a fused activation. */
  readonly clampable?: boolean;
  /** Absent: the operator has no integer form; `notes` says why. */
  readonly quantized?: QuantizedOperator<A, P>;
  /** Multiply-accumulates of one inference. */
  macs(inputs: readonly (TensorType | null)[], output: TensorType, attributes: A): number;
  readonly notes?: string;
}

export interface QuantizedOperator<A, P> {
  outputRule(attributes: A, inputs: readonly (Tensor | null)[]): OutputRule;
  /** The numbers that kernel and specification both work with. Throws OperatorError where there are none. */
  parameters(node: QuantizedNode<A>): P;
  /** The specification of the kernels, in integers only. `inputs` as the node's, constants included. */
  evaluate(parameters: P, inputs: readonly (TensorData | null)[], node: QuantizedNode<A>): Int8Array;
  lower(parameters: P, node: QuantizedNode<A>): Lowering;
  /** The views that save the node its work, where values keep their bytes and one image is all there is; else null. */
  views?(parameters: P, node: QuantizedNode<A>): readonly View[] | null;
  /**
   * The same operator for output channels [from, to) alone, or null where it has no such form. Parameters are cut, not
   * derived anew, so that every byte stays what it is.
   */
  channels?(parameters: P, node: QuantizedNode<A>, from: number, to: number): ChannelPart<A, P> | null;
  /**
   * The attributes for a part of the columns that is padded by so many columns left and right; null where the operator
   * has no such form. Its parameters do not depend on the columns.
   */
  columns?(node: QuantizedNode<A>, pads: readonly [number, number]): A | null;
}

/** An operator for a part of its output channels. */
export interface ChannelPart<A, P> {
  readonly attributes: A;
  readonly parameters: P;
  /** `part`: of that input only the same channels are needed (of a constant: the same indices of axis 0). */
  readonly inputs: readonly ('whole' | 'part')[];
}

/** What is wrong with a node; whoever catches it adds the file and the node's name. */
export class OperatorError extends Error {
  /** `unsupported`: valid ONNX that we do not do; `invalid`: not valid. */
  readonly kind: 'unsupported' | 'invalid';

  constructor(kind: 'unsupported' | 'invalid', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Checks an operator's definition against its types, and forgets them: the registry holds operators of all types. */
export function defineOperator<A extends object, P>(operator: Operator<A, P>): Operator {
  return operator as unknown as Operator;
}

/** The single scale and zero point of a quantised activation. */
export function activationQuantization(tensor: Tensor): { readonly scale: number; readonly zeroPoint: number } {
  const scale = tensor.quant?.scales[0];
  const zeroPoint = tensor.quant?.zeroPoints[0];
  if (scale === undefined || zeroPoint === undefined) throw new Error(`tensor ${tensor.name} is not quantised`);
  return { scale, zeroPoint };
}

/** The input that must be there; its absence is a bug, since shapes were checked when the graph was built. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('a required input is absent');
  return value;
}

/** The int8 range that a real-valued clamp (a fused activation) leaves of an output. */
export function clampRange(
  clamp: Clamp | undefined,
  quant: { readonly scale: number; readonly zeroPoint: number },
): { readonly min: number; readonly max: number } {
  if (clamp === undefined) return { min: -128, max: 127 };
  const step = (real: number): number => {
    const q = roundHalfEven(real / quant.scale) + quant.zeroPoint;
    return q < -128 ? -128 : q > 127 ? 127 : q;
  };
  return {
    min: clamp.min === null ? -128 : step(clamp.min),
    max: clamp.max === null ? 127 : step(clamp.max),
  };
}

/** A fused activation: the real values that the output is clamped to; null is no bound. */
export interface Clamp {
  readonly min: number | null;
  readonly max: number | null;
}

/** Clamps in float, in place. */
export function applyClamp(data: Float32Array, clamp: Clamp | undefined): void {
  if (clamp === undefined) return;
  const min = clamp.min ?? Number.NEGATIVE_INFINITY;
  const max = clamp.max ?? Number.POSITIVE_INFINITY;
  for (let i = 0; i < data.length; i += 1) {
    const x = data[i] as number;
    data[i] = x < min ? min : x > max ? max : x;
  }
}
