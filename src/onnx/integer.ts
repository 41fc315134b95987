import type { onnx } from 'onnx-proto';

/** An int64 as the decoder gives it: a Long, or a number. */
export type Int64 = NonNullable<onnx.IAttributeProto['i']>;

/** As a number; beyond 2^53 the nearest one, which is good enough to be refused or to mean "to the end". */
export function toNumber(value: Int64): number {
  return typeof value === 'number' ? value : value.toNumber();
}

export function toBigInt(value: Int64): bigint {
  if (typeof value === 'number') return BigInt(value);
  return BigInt.asIntN(64, (BigInt(value.high) << 32n) | BigInt(value.low >>> 0));
}
