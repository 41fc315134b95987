import { add, sub } from './add.ts';
import { averagePool } from './average-pool.ts';
import { cast } from './cast.ts';
import { concat } from './concat.ts';
import { readConstant } from './constant.ts';
import { conv } from './conv.ts';
import type { OnnxReader, Operator } from './define.ts';
import { div } from './div.ts';
import { expand } from './expand.ts';
import { fullyConnected } from './fully-connected.ts';
import { gather } from './gather.ts';
import { compare, not, where } from './logic.ts';
import { matmul } from './matmul.ts';
import { maxPool } from './max-pool.ts';
import { max, min } from './min-max.ts';
import { mul } from './mul.ts';
import { pad } from './pad.ts';
import { plainReaders } from './plain-readers.ts';
import { pow } from './pow.ts';
import { prelu } from './prelu.ts';
import { dequantizeLinear, quantizeLinear } from './quantize-linear.ts';
import { reduceMax, reduceMin } from './reduce-max.ts';
import { reduceMean, reduceSum } from './reduce-mean.ts';
import { reshape } from './reshape.ts';
import { resize } from './resize.ts';
import { slice } from './slice.ts';
import { softmax } from './softmax.ts';
import { transpose } from './transpose.ts';
import { unary } from './unary.ts';

/** Every operator. To add one: its file, its kernel, its test, and a line here. */
export const operators: readonly Operator[] = [
  add,
  averagePool,
  cast,
  compare,
  concat,
  conv,
  dequantizeLinear,
  div,
  expand,
  fullyConnected,
  gather,
  matmul,
  max,
  maxPool,
  min,
  mul,
  not,
  pad,
  pow,
  prelu,
  quantizeLinear,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
  reshape,
  resize,
  slice,
  softmax,
  sub,
  transpose,
  unary,
  where,
];

const byName = new Map(operators.map((operator) => [operator.name, operator]));

/** The operator of a node of the graph. */
export function operatorNamed(name: string): Operator {
  const operator = byName.get(name);
  if (operator === undefined) throw new Error(`no operator ${name} in the registry`);
  return operator;
}

/** ONNX operator (with its domain in front, where it is not the default one) -> its reader. */
export const onnxReaders: ReadonlyMap<string, OnnxReader> = new Map(
  [...operators, { onnx: { ...plainReaders, Constant: readConstant } }].flatMap(({ onnx }) => Object.entries(onnx)),
);
