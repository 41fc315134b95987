import { describe, expect, it } from 'vitest';
import { runtimeFile } from '../../src/codegen/project.ts';
import { type FieldTypes, fitting } from '../../src/kernels/define.ts';
import { convDspTypes } from '../../src/kernels/dsp/conv.ts';
import { depthwiseTypes, packedDepthwiseTypes } from '../../src/kernels/dsp/depthwise.ts';
import { addDspTypes } from '../../src/kernels/dsp/elementwise.ts';
import { convMveTypes } from '../../src/kernels/mve/conv.ts';
import { convMveColumnsTypes } from '../../src/kernels/mve/conv-columns.ts';
import { convMveNarrowTypes } from '../../src/kernels/mve/conv-narrow.ts';
import { convMvePixelsTypes } from '../../src/kernels/mve/conv-pixels.ts';
import { depthwiseMve3x3Types, depthwiseMveTypes } from '../../src/kernels/mve/depthwise.ts';

const structs: readonly (readonly [string, string, FieldTypes])[] = [
  ['tsr_conv_dsp_shape', 'conv/tsr_conv__dsp.h', convDspTypes],
  ['tsr_depthwise_packed_dsp_shape', 'depthwise/tsr_depthwise__dsp.h', packedDepthwiseTypes],
  ['tsr_depthwise_dsp_shape', 'depthwise/tsr_depthwise__dsp.h', depthwiseTypes],
  ['tsr_add_dsp', 'add/tsr_add__dsp.h', addDspTypes],
  ['tsr_conv_mve_shape', 'conv/tsr_conv__mve.h', convMveTypes],
  ['tsr_conv_mve_columns_shape', 'conv/tsr_conv__mve_columns.h', convMveColumnsTypes],
  ['tsr_mve_narrow_shape', 'isa/tsr_mve_narrow.h', convMveNarrowTypes],
  ['tsr_conv_mve_pixels_shape', 'conv/tsr_conv__mve_pixels.h', convMvePixelsTypes],
  ['tsr_depthwise_mve_3x3_shape', 'depthwise/tsr_depthwise__mve.h', depthwiseMve3x3Types],
  ['tsr_depthwise_mve_shape', 'depthwise/tsr_depthwise__mve.h', depthwiseMveTypes],
];

describe('the types of parameters', () => {
  it.each(structs)('%s are those of its header', (struct, header, types) => {
    const [, body = ''] =
      new RegExp(`typedef struct ${struct} \\{([^}]*)\\} ${struct};`).exec(runtimeFile(header)) ?? [];
    const declared = [...body.matchAll(/^ {2}(\w+)_t (\w+);/gm)].map(([, type, name]) => [name, type]);
    expect(Object.fromEntries(declared)).toEqual(types);
  });

  it('refuse a number that does not fit, and one without a type', () => {
    const call = (size: number) => ({ struct: 's', fields: { size, weights: null }, scratchBytes: 0 });
    expect(fitting({ size: 'uint8' }, call(255))).toEqual(call(255));
    expect(fitting({ size: 'uint8' }, call(256))).toBe('size of 256');
    expect(fitting({ size: 'int8' }, call(-129))).toBe('size of -129');
    expect(fitting({ size: 'int16' }, call(0.5))).toBe('size of 0.5');
    expect(() => fitting({}, call(1))).toThrow('has no type');
  });
});
