import type { onnx } from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { readTensor } from '../../src/onnx/tensor.ts';
import { OperatorError } from '../../src/ops/define.ts';

const read = (tensor: onnx.ITensorProto) => readTensor(tensor, { warn: () => {} });
const raw = (...bytes: number[]) => Uint8Array.from(bytes);

describe('readTensor', () => {
  it.each([
    ['float32', { dataType: 1, dims: [2], rawData: raw(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0) }, Float32Array.of(1, -2)],
    ['float32 in its field', { dataType: 1, dims: [2, 1], floatData: [0.5, 3] }, Float32Array.of(0.5, 3)],
    ['uint8', { dataType: 2, dims: [2], int32Data: [0, 255] }, Uint8Array.of(0, 255)],
    ['int8', { dataType: 3, dims: [2], rawData: raw(0x80, 0x7f) }, Int8Array.of(-128, 127)],
    ['int8 in its field', { dataType: 3, dims: [2], int32Data: [-128, 127] }, Int8Array.of(-128, 127)],
    ['int32', { dataType: 6, dims: [1], rawData: raw(0xfe, 0xff, 0xff, 0xff) }, Int32Array.of(-2)],
    ['int64', { dataType: 7, dims: [1], rawData: raw(0, 0, 0, 0, 0, 0, 0, 0x80) }, BigInt64Array.of(-(2n ** 63n))],
    ['int64 in its field', { dataType: 7, dims: [2], int64Data: [-1, 5] }, BigInt64Array.of(-1n, 5n)],
    ['bool', { dataType: 9, dims: [2], rawData: raw(0, 1) }, Uint8Array.of(0, 1)],
    ['float16', { dataType: 10, dims: [3], rawData: raw(0, 0x3c, 0, 0xc4, 1, 0) }, Float32Array.of(1, -4, 2 ** -24)],
    ['bfloat16', { dataType: 16, dims: [1], int32Data: [0xc040] }, Float32Array.of(-3)],
    ['double', { dataType: 11, dims: [1], rawData: raw(0, 0, 0, 0, 0, 0, 0xe0, 0x3f) }, Float32Array.of(0.5)],
    ['a scalar', { dataType: 1, dims: [], floatData: [7] }, Float32Array.of(7)],
    ['no elements', { dataType: 7, dims: [0] }, new BigInt64Array()],
  ])('reads %s', (_, tensor, data) => {
    const value = read(tensor);
    expect(value.data).toEqual(data);
    expect(value.shape).toEqual(tensor.dims);
  });

  it('says that it narrows', () => {
    const warnings: string[] = [];
    readTensor({ dataType: 11, dims: [1], doubleData: [1] }, { warn: (text) => warnings.push(text) });
    expect(warnings).toEqual(['double elements are taken as float32']);
  });

  it.each([
    ['too few bytes', { dataType: 1, dims: [2], rawData: raw(0, 0, 0, 0) }, '4 bytes'],
    ['too many elements', { dataType: 1, dims: [1], floatData: [1, 2] }, '2 elements'],
    ['no data', { dataType: 1, dims: [1] }, '0 elements'],
    ['another field', { dataType: 1, dims: [1], int32Data: [1] }, 'int32_data'],
    ['two fields', { dataType: 1, dims: [1], floatData: [1], rawData: raw(0, 0, 0, 0) }, 'more than one'],
    ['a value out of range', { dataType: 3, dims: [1], int32Data: [128] }, '128 is no int8'],
    ['a negative size', { dataType: 1, dims: [-1] }, 'negative'],
    ['sizes whose product overflows to 0', { dataType: 1, dims: [2 ** 32, 2 ** 32] }, 'overflow'],
    ['a zero that hides an overflow', { dataType: 1, dims: [0, 2 ** 50, 2 ** 50] }, 'overflow'],
    ['more elements than there can be', { dataType: 1, dims: [2 ** 40] }, 'elements'],
    ['a type that there is not', { dataType: 99, dims: [1] }, '99'],
  ])('refuses %s', (_, tensor, words) => {
    expect(() => read(tensor)).toThrow(OperatorError);
    expect(() => read(tensor)).toThrow(words);
  });

  it.each([
    ['string', 8],
    ['uint16', 4],
    ['int4', 22],
    ['float8e4m3fn', 17],
  ])('calls %s unsupported, not invalid', (name, dataType) => {
    expect(() => read({ dataType, dims: [1] })).toThrow(
      expect.objectContaining({ kind: 'unsupported', message: expect.stringContaining(name) }),
    );
  });
});

describe('external data', () => {
  const external = (entries: Record<string, string>): onnx.ITensorProto => ({
    dataType: 3,
    dims: [2],
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });
  const readFrom = (entries: Record<string, string>) =>
    readTensor(external(entries), { warn: () => {}, readExternal: () => raw(1, 2, 3, 4) });

  it('is read from its place', () => {
    expect(readFrom({ location: 'w.bin', offset: '1', length: '2' }).data).toEqual(Int8Array.of(2, 3));
    expect(readFrom({ location: 'parts/w.bin' }).data).toEqual(Int8Array.of(1, 2));
  });

  it.each(['../w.bin', '/etc/passwd', 'a/../../w.bin', '..\\w.bin', 'C:\\w.bin', '\\\\host\\w.bin', 'w.bin\0.txt'])(
    'is not looked for at %j',
    (location) => {
      let asked = 0;
      const readExternal = (): Uint8Array => {
        asked += 1;
        return raw(1, 2);
      };
      expect(() => readTensor(external({ location }), { warn: () => {}, readExternal })).toThrow('refused');
      expect(asked).toBe(0);
    },
  );

  it.each([
    ['past the end', { location: 'w.bin', offset: '3' }],
    ['of another length', { location: 'w.bin', length: '3' }],
    ['at no number', { location: 'w.bin', offset: '-1' }],
    ['nowhere', {}],
  ])('is refused %s', (_, entries) => {
    expect(() => readFrom(entries as Record<string, string>)).toThrow(OperatorError);
  });
});
