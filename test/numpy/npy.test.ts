import { describe, expect, it } from 'vitest';
import { exitCode, TesseraError } from '../../src/errors.ts';
import { readNpy } from '../../src/numpy/npy.ts';
import { makeNpy, npyOf } from './make-npy.ts';

const header = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

function refusal(bytes: Uint8Array): TesseraError {
  try {
    readNpy(bytes, 'x.npy');
  } catch (error) {
    if (error instanceof TesseraError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('reading .npy', () => {
  it('gives shape and elements in all versions of the format', () => {
    const data = Float32Array.of(1, -2.5, 3, 4, 5, 6);
    for (const version of [1, 2, 3]) {
      const bytes = makeNpy(header('<f4', '(2, 3)'), new Uint8Array(data.buffer), version);
      expect(readNpy(bytes, 'x.npy')).toEqual({ shape: [2, 3], data });
    }
  });

  it.each([
    ['<f4', Float32Array.of(0.5, -1)],
    ['<f8', Float64Array.of(0.1, -1e300)],
    ['|u1', Uint8Array.of(0, 255)],
    ['|b1', Uint8Array.of(0, 1)],
    ['|i1', Int8Array.of(-128, 127)],
    ['<u2', Uint16Array.of(0, 65535)],
    ['<i2', Int16Array.of(-32768, 32767)],
    ['<i4', Int32Array.of(-(2 ** 31), 7)],
    ['<i8', BigInt64Array.of(-5n, 2n ** 40n)],
  ])('reads %s', (descr, data) => {
    const bytes = makeNpy(header(descr, '(2,)'), new Uint8Array(data.buffer));
    expect(readNpy(bytes, 'x.npy')).toEqual({ shape: [2], data });
  });

  it('reads a file that does not begin at a multiple of the element size', () => {
    const bytes = npyOf([2], Float64Array.of(1, 2));
    const moved = new Uint8Array(bytes.length + 3);
    moved.set(bytes, 3);
    expect([...readNpy(moved.subarray(3), 'x.npy').data]).toEqual([1, 2]);
  });

  it('reads scalars and empty arrays', () => {
    expect(readNpy(makeNpy(header('|u1', '()'), Uint8Array.of(9)), 'x.npy')).toEqual({
      shape: [],
      data: Uint8Array.of(9),
    });
    expect(readNpy(makeNpy(header('|u1', '(0, 4)'), new Uint8Array(0)), 'x.npy').shape).toEqual([0, 4]);
  });

  it.each<[string, Uint8Array, string]>([
    ['another file', new TextEncoder().encode('hello, this is text'), 'no .npy file'],
    ['a big-endian array', makeNpy(header('>f4', '(1,)'), new Uint8Array(4)), 'big-endian'],
    ['Fortran order', makeNpy(header('|u1', '(1, 2)', 'True'), new Uint8Array(2)), 'Fortran order'],
    ['text', makeNpy(header('<U8', '(1,)'), new Uint8Array(32)), '<U8'],
    ['objects', makeNpy(header('|O', '(1,)'), new Uint8Array(8)), '|O'],
    ['too little data', makeNpy(header('<f4', '(2, 2)'), new Uint8Array(15)), '16 bytes; the file holds 15'],
    ['too much data', makeNpy(header('<f4', '(2, 2)'), new Uint8Array(17)), '16 bytes; the file holds 17'],
    ['a size that no memory holds', makeNpy(header('<f4', '(1000000, 1000000)'), new Uint8Array(4)), '1000000000000'],
    [
      'a size beyond exact numbers',
      makeNpy(header('<f4', '(99999999999999999999,)'), new Uint8Array(4)),
      'cannot be read',
    ],
    ['a header that is no dict', makeNpy('nonsense', new Uint8Array(4)), 'header cannot be read'],
    [
      'a structured type',
      makeNpy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", new Uint8Array(4)),
      'structured',
    ],
    ['a future version', makeNpy(header('|u1', '(1,)'), new Uint8Array(1), 9), 'version 9'],
    ['a file that ends in its header', npyOf([1], Float32Array.of(1)).subarray(0, 40), 'ends within its header'],
  ])('refuses %s', (_, bytes, words) => {
    const { message, code } = refusal(bytes);
    expect(message).toContain('x.npy');
    expect(message).toContain(words);
    expect(code).toBe(exitCode.usage);
  });

  it('takes Fortran order where it is the same', () => {
    expect(readNpy(makeNpy(header('|u1', '(2,)', 'True'), Uint8Array.of(1, 2)), 'x.npy').shape).toEqual([2]);
  });
});
