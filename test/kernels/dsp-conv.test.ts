import { describe, expect, it } from 'vitest';
import { convDsp } from '../../src/kernels/dsp/conv.ts';
import { type ConvShape, convCase } from './conv-cases.ts';
import { compareKernels } from './support.ts';

const shapes: readonly (readonly [string, ConvShape])[] = [
  ['of any shape', {}],
  ['of 1 x 1', { kernelHeight: 1, kernelWidth: 1, groups: 1 }],
  ['of 3 x 3', { kernelHeight: 3, kernelWidth: 3, groups: 1, dilation: 1 }],
  ['of one pixel', { outWidth: 1, groups: 1 }],
];

describe('the Arm DSP convolution gives the bytes of the portable one', () => {
  it.each(shapes)(
    '%s',
    async (_, shape) => {
      expect(await compareKernels(convDsp, (dice) => convCase(dice, shape))).toEqual([]);
    },
    600_000,
  );
});
