import { describe, expect, it } from 'vitest';
import { inputType } from '../../src/onnx/dims.ts';
import { valueInfo } from './make-model.ts';

function shapeOf(dims: readonly (number | string)[], sizes: Record<string, number> = {}) {
  const warnings: string[] = [];
  const { shape } = inputType(valueInfo('x', dims), {
    sizeOf: (name) => sizes[name],
    warn: (text) => warnings.push(text),
  });
  return { shape, warnings };
}

describe('inputType', () => {
  it('takes a static shape as it is', () => {
    expect(shapeOf([1, 3, 8, 8])).toEqual({ shape: [1, 3, 8, 8], warnings: [] });
  });

  it.each(['N', 'batch', 'batch_size', 'None', 'unk__12', ''])('takes the batch %j as 1 and says so', (name) => {
    const { shape, warnings } = shapeOf([name, 3]);
    expect(shape).toEqual([1, 3]);
    expect(warnings).toHaveLength(1);
  });

  it('takes an open first dimension of any name as the batch where it is the only one', () => {
    expect(shapeOf(['rows', 3, 4]).shape).toEqual([1, 3, 4]);
  });

  it('takes sizes that are given, the batch too', () => {
    expect(shapeOf(['N', 3, 'H', 'W'], { H: 8, W: 9 }).shape).toEqual([1, 3, 8, 9]);
    expect(shapeOf(['N', 3], { N: 4 })).toEqual({ shape: [4, 3], warnings: [] });
    expect(shapeOf(['', ''], { 'x:0': 2, 'x:1': 5 }).shape).toEqual([2, 5]);
  });

  it('names the dimensions that stay open and the option that gives them a size', () => {
    expect(() => shapeOf(['N', 3, 'H', 'W'])).toThrow(
      'symbolic dimensions H, W: give each a size, with --dim H=<size> --dim W=<size>',
    );
    expect(() => shapeOf(['rows', 'columns'])).toThrow('rows, columns');
    expect(() => shapeOf([1, ''])).toThrow('--dim x:1=<size>');
  });

  it.each([0, -1, -16])('refuses the size %i', (size) => {
    expect(() => shapeOf([1, size])).toThrow(`bad dimension ${size}`);
  });

  it('refuses types that no tensor here has', () => {
    const options = { sizeOf: () => undefined, warn: () => {} };
    expect(() => inputType(valueInfo('x', [1], 11), options)).toThrow('double');
    expect(() => inputType({ name: 'x', type: { sequenceType: {} } }, options)).toThrow('no tensor');
    expect(() => inputType({ name: 'x', type: { tensorType: { elemType: 1 } } }, options)).toThrow('no shape');
  });
});
