import { describe, expect, it } from 'vitest';
import { compileModel } from '../../src/api/pipeline.ts';
import { floatTensor, integer, integers, makeModel, node, valueInfo } from '../onnx/make-model.ts';

/** A convolution in two groups, of so many rows, behind one without. Of more than 16 there are portable kernels alone. */
function grouped(rows: number): Uint8Array {
  const weights = (name: string, shape: readonly number[]) => {
    const values = Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => (i % 7) - 3);
    return floatTensor(name, shape, values);
  };
  const window = (height: number) => {
    const pad = (height - 1) / 2;
    return [integers('kernel_shape', [height, 3]), integers('pads', [pad, 1, pad, 1])];
  };
  return makeModel({
    inputs: [valueInfo('x', [1, 8, 12, 12])],
    outputs: [valueInfo('y', [1, 8, 12, 12])],
    initializers: [weights('w0', [8, 8, 3, 3]), weights('w1', [8, 4, rows, 3])],
    nodes: [
      node('Conv', ['x', 'w0'], ['h'], window(3), { name: 'first' }),
      node('Conv', ['h', 'w1'], ['y'], [...window(rows), integer('group', 2)], { name: 'second' }),
    ],
  });
}

describe('warnings of a compilation', () => {
  const warningsOf = (rows: number, target: string): readonly string[] =>
    compileModel(grouped(rows), { calibrate: 'random', target }).warnings.filter((text) => text.includes('portable'));

  it('name the layer where portable kernels take much of the time on a board', () => {
    expect(warningsOf(17, 'nucleo-l4r5zi')).toEqual([
      expect.stringMatching(/^portable kernels take \d\d % of the estimated time: .*second.*; plan.txt says why/),
    ]);
  });

  it('say nothing where there are faster ones, nor for machines that have none', () => {
    expect(warningsOf(3, 'nucleo-l4r5zi')).toEqual([]);
    expect(warningsOf(17, 'host')).toEqual([]);
  });
});
