import { describe, expect, it } from 'vitest';
import { convMve } from '../../src/kernels/mve/conv.ts';
import { depthwiseMve3x3 } from '../../src/kernels/mve/depthwise.ts';
import { type ConvShape, convCase } from './conv-cases.ts';
import { depthwiseCase } from './simd128-cases.ts';
import { compareKernels } from './support.ts';

const convolutions: readonly (readonly [string, ConvShape])[] = [
  ['of any shape', {}],
  ['of 1 x 1', { kernelHeight: 1, kernelWidth: 1, groups: 1 }],
  ['of 3 x 3', { kernelHeight: 3, kernelWidth: 3, groups: 1, dilation: 1 }],
  ['of one pixel', { outWidth: 1, groups: 1 }],
];

describe('the Helium convolution gives the bytes of the portable one', () => {
  it.each(convolutions)(
    '%s',
    async (_, shape) => {
      expect(await compareKernels(convMve, (dice) => convCase(dice, shape))).toEqual([]);
    },
    600_000,
  );
});

describe('the Helium depthwise convolutions give the bytes of the portable one', () => {
  it.each([1, 2, 3])(
    'of 3 x 3, stride %i',
    async (stride) => {
      const shape = { height: 3, width: 3, stride, dilation: 1 };
      expect(await compareKernels(depthwiseMve3x3, (dice) => depthwiseCase(dice, shape))).toEqual([]);
    },
    600_000,
  );
});
