import { elementCount, type TensorData, type TensorType, type Value } from '../graph/types.ts';
import { broadcastShape, emitBroadcast, expandTo } from './broadcast.ts';
import { defineOperator, OperatorError, present } from './define.ts';
import { sameKind } from './transpose.ts';

const notes = 'comparisons and choices are done for constants only: exporters compute target shapes with them';

type Comparison = (a: number | bigint, b: number | bigint) => boolean;

const comparisons: Readonly<Record<string, Comparison>> = {
  And: (a, b) => Boolean(a) && Boolean(b),
  Equal: (a, b) => a === b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  Or: (a, b) => Boolean(a) || Boolean(b),
};

function broadcast(inputs: readonly (Value | null)[], shape: readonly number[]): readonly TensorData[] {
  return inputs.map((input) => expandTo(present(input).data, present(input).shape, shape));
}

function shapeOf(inputs: readonly (TensorType | null)[], sameType: readonly (TensorType | null)[]): readonly number[] {
  const [a, b] = sameType.map(present) as [TensorType, TensorType];
  if (a.dtype !== b.dtype) throw new OperatorError('invalid', `operand types differ (${a.dtype}, ${b.dtype})`);
  return broadcastShape(inputs.map((input) => present(input).shape));
}

/** Inputs: two operands of equal rank and type; the output is bool. */
export const compare = defineOperator<{ readonly comparison: string }, null>({
  name: 'Compare',
  onnx: Object.fromEntries(
    Object.keys(comparisons).map((comparison) => [
      comparison,
      (c) => [emitBroadcast(c, 'Compare', [c.input(0), c.input(1)], { comparison })],
    ]),
  ),
  shape: (inputs) => ({ shape: shapeOf(inputs, inputs), dtype: 'bool' }),
  evaluate(inputs, { comparison }, output) {
    const [a, b] = broadcast(inputs, output.shape) as [TensorData, TensorData];
    const holds = present(comparisons[comparison]);
    return {
      ...output,
      data: Uint8Array.from({ length: a.length }, (_, i) => Number(holds(present(a[i]), present(b[i])))),
    };
  },
  permute: (attributes) => attributes,
  macs: () => 0,
  notes,
});

/** Inputs: a bool, the values where it is true, and those where it is false; of equal rank. */
export const where = defineOperator<object, null>({
  name: 'Where',
  onnx: {
    Where(c) {
      if (c.input(0).dtype !== 'bool') c.invalid(`a condition of type ${c.input(0).dtype}`);
      return [emitBroadcast(c, 'Where', [c.input(0), c.input(1), c.input(2)])];
    },
  },
  shape: (inputs) => ({ shape: shapeOf(inputs, inputs.slice(1)), dtype: present(inputs[1]).dtype }),
  evaluate(inputs, _attributes, output) {
    const [condition, yes, no] = broadcast(inputs, output.shape) as [TensorData, TensorData, TensorData];
    const data = sameKind(yes, elementCount(output.shape));
    condition.forEach((value: number | bigint, i: number) => {
      data[i] = (Number(value) === 0 ? no : yes)[i] as never;
    });
    return { ...output, data };
  },
  permute: (attributes) => attributes,
  macs: () => 0,
  notes,
});

export const not = defineOperator<object, null>({
  name: 'Not',
  onnx: {
    Not(c) {
      if (c.input(0).dtype !== 'bool') c.invalid(`type ${c.input(0).dtype}`);
      return [c.emit('Not', [c.input(0)], {})];
    },
  },
  shape: ([x]) => ({ shape: present(x).shape, dtype: 'bool' }),
  evaluate: ([x], _attributes, output) => ({
    ...output,
    data: (present(x).data as Uint8Array).map((value) => 1 - value),
  }),
  permute: (attributes) => attributes,
  macs: () => 0,
  notes,
});
