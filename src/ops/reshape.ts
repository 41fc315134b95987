import { elementCount } from '../graph/types.ts';
import { blockCopyCall } from './copy.ts';
import { type ConstantArray, defineOperator, OperatorError, present } from './define.ts';
import { integerInput } from './integer-input.ts';
import { applyTable, requantizeTable } from './requantize-table.ts';
import { readSqueeze, readUnsqueeze } from './squeeze.ts';

/** The same elements in the same order under another shape. */
export interface ReshapeAttributes {
  readonly shape: readonly number[];
}

export const reshape = defineOperator<ReshapeAttributes, ConstantArray | null>({
  name: 'Reshape',
  onnx: {
    Reshape(c) {
      const x = c.input(0);
      const stated = integerInput(c, 1, 'the shape') ?? c.invalid('the shape is missing');
      const allowZero = c.integer('allowzero', 0) !== 0;
      const shape = stated.map((size, axis) => (size === 0 && !allowZero ? (x.shape[axis] ?? 0) : size));
      const open = shape.filter((size) => size === -1).length;
      if (open > 1) c.invalid(`the shape [${stated}] has more than one -1`);
      if (shape.some((size) => size < -1)) c.invalid(`the shape [${stated}] has a negative size`);
      const known = elementCount(shape.filter((size) => size !== -1));
      const inferred = shape.map((size) => (size === -1 ? elementCount(x.shape) / known : size));
      if (elementCount(inferred) !== elementCount(x.shape) || inferred.some((size) => !Number.isInteger(size))) {
        c.invalid(`[${x.shape}] cannot become [${stated}]`);
      }
      return [c.emit('Reshape', [x], { shape: inferred })];
    },
    Flatten(c) {
      const x = c.input(0);
      const rank = x.shape.length;
      const stated = c.integer('axis', 1);
      const axis = stated < 0 ? stated + rank : stated;
      if (axis < 0 || axis > rank) c.invalid(`axis ${stated} is out of range for ${rank} axes`);
      const shape = [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis))];
      return [c.emit('Reshape', [x], { shape })];
    },
    Squeeze: readSqueeze,
    Unsqueeze: readUnsqueeze,
  },

  shape([x], attributes) {
    if (elementCount(present(x).shape) !== elementCount(attributes.shape)) {
      throw new OperatorError('invalid', `[${present(x).shape}] cannot become [${attributes.shape}]`);
    }
    return { shape: attributes.shape, dtype: present(x).dtype };
  },

  evaluate: ([x], _attributes, output) => ({ ...output, data: present(x).data }),
  constantQuantization: (quant) => (quant?.axis === undefined ? quant : undefined),
  macs: () => 0,

  quantized: {
    outputRule: () => 'as-input',
    parameters: ({ inputs: [x], output }) => requantizeTable(present(x), output),
    evaluate: (table, [x]) => applyTable(table, (x as Int8Array).slice()),
    lower(table, { output }) {
      if (table === null) return { kind: 'alias' };
      const bytes = elementCount(output.shape);
      return {
        kind: 'calls',
        calls: [blockCopyCall(0, { table, blocks: 1, bytes, outputStride: bytes, outputOffset: 0 })],
      };
    },
  },
});
