import { describe, expect, it } from 'vitest';
import { runtimeFile } from '../../src/codegen/project.ts';
import { type FieldTypes, fitting } from '../../src/kernels/define.ts';
import { convDspTypes } from '../../src/kernels/dsp/conv.ts';
import { packedDepthwiseTypes } from '../../src/kernels/dsp/depthwise.ts';

const structs: readonly (readonly [string, string, FieldTypes])[] = [
  ['tsr_conv_dsp', 'conv/tsr_conv__dsp.h', convDspTypes],
  ['tsr_depthwise_packed_dsp', 'depthwise/tsr_depthwise__dsp.h', packedDepthwiseTypes],
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
