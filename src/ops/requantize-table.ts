import type { Tensor } from '../graph/types.ts';
import { activationQuantization, type ConstantArray } from './define.ts';
import { unaryTable } from './unary-functions.ts';

/**
 * The table that brings the steps of `input` to the quantisation of `output`: entry q + 128 is the output step of input
 * step q. Null where the two are quantised alike, so that the bytes stay as they are. Operators that only move values
 * need it in models that come with scales of their own (QuantizeLinear and DequantizeLinear pairs).
 */
export function requantizeTable(input: Tensor, output: Tensor): ConstantArray | null {
  const from = activationQuantization(input);
  const to = activationQuantization(output);
  if (from.scale === to.scale && from.zeroPoint === to.zeroPoint) return null;
  return { type: 'int8', values: unaryTable([], from, to) };
}

/** Sends every element through the table, in place; null leaves them as they are. */
export function applyTable(table: ConstantArray | null, data: Int8Array): Int8Array {
  if (table !== null) {
    for (let i = 0; i < data.length; i += 1) data[i] = table.values[(data[i] as number) + 128] as number;
  }
  return data;
}
