import type { DataType, Tensor, TensorData } from '../graph/types.ts';
import { defineOperator, present, type ReadContext } from './define.ts';

export interface CastAttributes {
  readonly dtype: DataType;
}

/** TensorProto.DataType of ONNX: the types that a tensor can have here. */
const typeNumbers: Readonly<Record<number, DataType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  6: 'int32',
  7: 'int64',
  9: 'bool',
};

const arrays = {
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
} as const;

/** Converts elements as ONNX says: towards zero from float to integer, keeping the low bits from integer to integer. */
export function castData(data: TensorData | Float64Array, dtype: DataType): TensorData {
  const values: readonly (number | bigint)[] = Array.from<number | bigint>(data);
  if (dtype === 'bool') return Uint8Array.from(values, (x) => (Number(x) === 0 ? 0 : 1));
  if (dtype === 'int64') return BigInt64Array.from(values.map(toInteger));
  if (dtype === 'float32') return Float32Array.from(values, Number);
  // The low bits of an int64 would be lost in a double.
  return arrays[dtype].from(values.map((x) => (typeof x === 'bigint' ? Number(BigInt.asIntN(32, x)) : x)));
}

/** A float that int64 cannot hold is undefined in ONNX; the nearest int64 is as good as any. */
function toInteger(x: number | bigint): bigint {
  if (typeof x === 'bigint') return x;
  if (Number.isNaN(x)) return 0n;
  return BigInt(Math.trunc(Math.max(-(2 ** 63), Math.min(2 ** 63 - 1024, x))));
}

function read(c: ReadContext): readonly Tensor[] {
  const x = c.input(0);
  const number = c.operator === 'CastLike' ? null : c.integer('to', 0);
  const dtype = number === null ? c.input(1).dtype : typeNumbers[number];
  if (dtype === undefined)
    c.unsupported(`a cast to type ${number}; ${Object.values(typeNumbers).join(', ')} are supported`);
  return [x.dtype === dtype ? x : c.emit('Cast', [x], { dtype })];
}

export const cast = defineOperator<CastAttributes, null>({
  name: 'Cast',
  onnx: { Cast: read, CastLike: read },
  shape: ([x], { dtype }) => ({ shape: present(x).shape, dtype }),
  evaluate: ([x], { dtype }, output) => ({ ...output, data: castData(present(x).data, dtype) }),
  permute: (attributes) => attributes,
  macs: () => 0,
  notes: 'a cast between types is done for constants only',
});
