import type { onnx } from 'onnx-proto';
import type { DataType, TensorData, Value } from '../graph/types.ts';
import { OperatorError } from '../ops/define.ts';
import { toBigInt, toNumber } from './integer.ts';

/** TensorProto.DataType by number. Those above 16 are younger than the schema that the decoder knows. */
const typeNames = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'double',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
] as const;

/** The element type of that number as tensors of the graph have it, or null where they cannot. */
export function dataTypeOf(number: number): DataType | null {
  const name = typeNames[number];
  const own: readonly string[] = ['float32', 'int8', 'uint8', 'int32', 'int64', 'bool'];
  return name !== undefined && own.includes(name) ? (name as DataType) : null;
}

/** The name that ONNX gives the type, for messages. */
export function typeName(number: number): string {
  return typeNames[number] ?? `of unknown number ${number}`;
}

/** Bytes of raw data per element. */
const elementBytes: Readonly<Record<string, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  bfloat16: 2,
  double: 8,
};

const maxElements = 2 ** 28;

/** What is needed beside the message: how external data are read, and where remarks for the user go. */
export interface TensorSource {
  readonly readExternal?: ((location: string) => Uint8Array) | undefined;
  readonly warn: (text: string) => void;
}

/**
 * The elements of a TensorProto. float16, bfloat16 and double become float32.
 * @throws OperatorError where the message contradicts itself, or holds what is not supported.
 */
export function readTensor(proto: onnx.ITensorProto, source: TensorSource): Value {
  const type = proto.dataType ?? 0;
  const name = typeNames[type];
  if (name === undefined || name === 'undefined') invalid(`unknown data type ${type}`);
  const shape = readDims(proto);
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > maxElements)
    invalid(`its dims [${shape}] are ${count} elements, of which up to ${maxElements} are supported`);
  const bytes = elementBytes[name];
  if (bytes === undefined) throw new OperatorError('unsupported', `elements of type ${name}`);
  if (proto.segment !== null && proto.segment !== undefined) throw new OperatorError('unsupported', 'data in segments');

  const fields = dataFields(proto).filter(([, length]) => length > 0);
  if (fields.length > 1) invalid(`more than one data field (${fields.map(([field]) => field).join(' and ')})`);
  const dtype: DataType =
    name === 'float16' || name === 'bfloat16' || name === 'double' ? 'float32' : (name as DataType);
  const external = proto.dataLocation === 1;
  if (external && fields.length > 0) invalid('it has external data and data of its own');
  if (dtype !== name) source.warn(`${name} elements are taken as float32`);
  const field = fields[0]?.[0];
  if (external || field === 'raw_data' || (field === undefined && count === 0)) {
    const raw = external ? readExternal(proto, source, count * bytes) : (proto.rawData ?? new Uint8Array());
    if (raw.length !== count * bytes) {
      invalid(`it has ${raw.length} bytes of data, and its dims [${shape}] need ${count * bytes}`);
    }
    return { shape, dtype, data: fromRaw(raw, name, count) };
  }
  return { shape, dtype, data: fromField(proto, name, field, count, shape) };
}

function invalid(reason: string): never {
  throw new OperatorError('invalid', reason);
}

function readDims(proto: onnx.ITensorProto): readonly number[] {
  const dims = proto.dims ?? [];
  if (dims.length > 16) invalid(`it has ${dims.length} axes`);
  const shape = dims.map(toNumber);
  let product = 1;
  for (const size of shape) {
    if (size < 0) invalid(`negative dim in [${shape}]`);
    product *= Math.max(1, size);
    if (!Number.isSafeInteger(size) || !Number.isSafeInteger(product)) invalid(`its size overflows: dims [${shape}]`);
  }
  return shape;
}

function dataFields(proto: onnx.ITensorProto): readonly (readonly [string, number])[] {
  return [
    ['raw_data', proto.rawData?.length ?? 0],
    ['float_data', proto.floatData?.length ?? 0],
    ['int32_data', proto.int32Data?.length ?? 0],
    ['int64_data', proto.int64Data?.length ?? 0],
    ['double_data', proto.doubleData?.length ?? 0],
    ['uint64_data', proto.uint64Data?.length ?? 0],
    ['string_data', proto.stringData?.length ?? 0],
  ];
}

function readExternal(proto: onnx.ITensorProto, source: TensorSource, needed: number): Uint8Array {
  const entries = new Map((proto.externalData ?? []).map((entry) => [entry.key ?? '', entry.value ?? '']));
  const location = entries.get('location');
  if (location === undefined || location === '') invalid('it has external data without a location');
  checkLocation(location);
  if (source.readExternal === undefined) throw new OperatorError('unsupported', `external data (${location})`);
  const number = (key: string, fallback: number): number => {
    const text = entries.get(key);
    if (text === undefined) return fallback;
    if (!/^\d{1,15}$/.test(text)) invalid(`the ${key} '${text}' of its external data is not a number`);
    return Number(text);
  };
  const offset = number('offset', 0);
  const length = number('length', needed);
  if (length !== needed) invalid(`its external data have ${length} bytes, and its dims need ${needed}`);
  const bytes = source.readExternal(location);
  if (offset + length > bytes.length) {
    invalid(`its external data end at byte ${offset + length} of ${location}, which has ${bytes.length} bytes`);
  }
  return bytes.subarray(offset, offset + length);
}

/** External data stand beside the model or below it, and nowhere else. */
function checkLocation(location: string): void {
  const parts = location.split(/[\\/]/);
  const absolute = parts[0] === '' || /^[A-Za-z]:/.test(location);
  if (absolute || parts.includes('..') || location.includes('\0')) {
    invalid(`external data at '${location}' would lie outside of the model's folder: refused, the file was not opened`);
  }
}

/** A copy of little-endian bytes as numbers; the copy because views need alignment. */
function fromRaw(raw: Uint8Array, name: string, count: number): TensorData {
  const { buffer } = new Uint8Array(raw);
  const view = new DataView(buffer);
  if (name === 'float16')
    return Float32Array.from({ length: count }, (_, i) => halfToNumber(view.getUint16(2 * i, true)));
  if (name === 'bfloat16')
    return Float32Array.from({ length: count }, (_, i) => brainToNumber(view.getUint16(2 * i, true)));
  if (name === 'double') return Float32Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, true));
  if (name === 'float32') return new Float32Array(buffer);
  if (name === 'int32') return new Int32Array(buffer);
  if (name === 'int64') return new BigInt64Array(buffer);
  if (name === 'int8') return new Int8Array(buffer);
  if (name === 'bool') return new Uint8Array(buffer).map((value) => (value === 0 ? 0 : 1));
  return new Uint8Array(buffer);
}

/** Which of the typed fields ONNX keeps elements of each type in. */
const fieldOf: Readonly<Record<string, string>> = {
  float32: 'float_data',
  double: 'double_data',
  int64: 'int64_data',
  int32: 'int32_data',
  int8: 'int32_data',
  uint8: 'int32_data',
  bool: 'int32_data',
  float16: 'int32_data',
  bfloat16: 'int32_data',
};

function fromField(
  proto: onnx.ITensorProto,
  name: string,
  field: string | undefined,
  count: number,
  shape: readonly number[],
): TensorData {
  const wanted = fieldOf[name] as string;
  if (field !== undefined && field !== wanted)
    invalid(`${name} elements in ${field}; they belong into ${wanted} or raw_data`);
  const values =
    { float_data: proto.floatData, double_data: proto.doubleData, int32_data: proto.int32Data }[wanted] ?? [];
  const found = wanted === 'int64_data' ? (proto.int64Data ?? []).length : values.length;
  if (found !== count) invalid(`it has ${found} elements, and its dims [${shape}] need ${count}`);
  if (name === 'int64') return BigInt64Array.from(proto.int64Data ?? [], toBigInt);
  if (name === 'float32' || name === 'double') return Float32Array.from(values);
  if (name === 'int32') return Int32Array.from(values);
  if (name === 'float16') return Float32Array.from(values, halfToNumber);
  if (name === 'bfloat16') return Float32Array.from(values, brainToNumber);
  const [min, max] = name === 'int8' ? [-128, 127] : name === 'bool' ? [0, 1] : [0, 255];
  for (const value of values) if (value < min || value > max) invalid(`${value} is no ${name}`);
  return name === 'int8' ? Int8Array.from(values) : Uint8Array.from(values);
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of an IEEE 754 binary32. */
function brainToNumber(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, (bits & 0xffff) * 65536);
  return view.getFloat32(0);
}
