import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';
import { loadArrays } from '../../src/numpy/load.ts';
import { withUnreadable } from '../support/temporary.ts';
import { npyOf } from './make-npy.ts';

const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const one = npyOf([2], Float32Array.of(1, 2));
const two = npyOf([1, 3], Uint8Array.of(7, 8, 9));

describe('loading arrays', () => {
  it('reads one .npy file', () => {
    expect(loadArrays(file('x.npy', one))).toEqual({
      kind: 'array',
      array: { shape: [2], data: Float32Array.of(1, 2) },
    });
  });

  it.each([
    ['stored', 0],
    ['deflated', 9],
  ] as const)('reads a .npz archive, %s', (_, level) => {
    const path = file(`${level}.npz`, zipSync({ 'a.npy': one, 'b.npy': two, 'readme.txt': one }, { level }));
    const arrays = loadArrays(path);
    expect(arrays.kind).toBe('named');
    if (arrays.kind === 'array') return;
    expect([...arrays.arrays.keys()]).toEqual(['a', 'b']);
    expect([...(arrays.arrays.get('b')?.data ?? [])]).toEqual([7, 8, 9]);
  });

  it('reads the .npy files of a folder in the order of their names', () => {
    const samples = join(folder, 'samples');
    mkdirSync(samples);
    writeFileSync(join(samples, 'b.npy'), two);
    writeFileSync(join(samples, 'a.npy'), one);
    writeFileSync(join(samples, 'notes.txt'), 'not an array');
    const arrays = loadArrays(samples);
    expect(arrays.kind === 'folder' && [...arrays.arrays.keys()]).toEqual(['a', 'b']);
  });

  it('says what is wrong, and with which file', () => {
    expect(() => loadArrays(join(folder, 'missing.npy'))).toThrow(/missing\.npy: not found/);
    const broken = zipSync({ 'a.npy': one }, { level: 9 });
    expect(() => loadArrays(file('cut.npz', broken.subarray(0, broken.length - 30)))).toThrow(/cut\.npz/);
    expect(() => loadArrays(file('none.npz', zipSync({ 'readme.txt': one })))).toThrow(/no \.npy file/);
    expect(() => loadArrays(file('inner.npz', zipSync({ 'a.npy': one.subarray(0, 20) })))).toThrow(
      /inner\.npz: a\.npy/,
    );
    mkdirSync(join(folder, 'empty'));
    expect(() => loadArrays(join(folder, 'empty'))).toThrow(/no \.npy file/);
    const refusal = /^\S+unreadable: no permission$/;
    withUnreadable(folder, (path) => expect(() => loadArrays(path)).toThrow(refusal));
  });

  it('does not unpack an archive that says it is larger than memory', () => {
    const bytes = zipSync({ 'a.npy': one, 'b.npy': two });
    // The size unpacked, in the central directory's entries: 24 bytes behind each signature.
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 4 < bytes.length; at += 1) {
      if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 0x7fffffff, true);
    }
    expect(() => loadArrays(file('bomb.npz', bytes))).toThrow(/more than 2147483648 bytes/);
  });
});
