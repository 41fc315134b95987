import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readModelFile } from '../../src/onnx/file.ts';
import { requireGraph } from '../../src/onnx/read.ts';
import { integers, makeModel, node } from './make-model.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tessera-'));
  mkdirSync(join(folder, 'model'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A 1 x 1 convolution whose weights [2,2,1,1] are external. */
function writeModel(location: string): string {
  const weights = {
    name: 'w',
    dims: [2, 2, 1, 1],
    dataType: 1,
    dataLocation: 1,
    externalData: [{ key: 'location', value: location }],
  };
  const bytes = makeModel({
    nodes: [node('Conv', ['x', 'w'], ['y'], [integers('kernel_shape', [1, 1])])],
    initializers: [weights],
  });
  const path = join(folder, 'model', 'model.onnx');
  writeFileSync(path, bytes);
  return path;
}

const read = (location: string) => requireGraph(readModelFile(writeModel(location)), 'model.onnx');
const weights = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

describe('readModelFile', () => {
  it('reads external data beside the model', () => {
    writeFileSync(join(folder, 'model', 'w.bin'), weights);
    const graph = read('w.bin');
    expect(graph.tensors.get('w')?.data).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  it('refuses data that are not there, or are no file', () => {
    expect(() => read('w.bin')).toThrow('model.onnx: initializer w: external data file w.bin: not found');
    mkdirSync(join(folder, 'model', 'w'));
    expect(() => read('w')).toThrow('external data file w: not a regular file');
  });

  it('refuses to leave the folder, by a path or by a link', () => {
    writeFileSync(join(folder, 'secret'), weights);
    expect(() => read('../secret')).toThrow('refused');
    symlinkSync(join(folder, 'secret'), join(folder, 'model', 'link'));
    expect(() => read('link')).toThrow('refused');
    symlinkSync(folder, join(folder, 'model', 'up'));
    expect(() => read('up/secret')).toThrow('refused');
  });

  it('says what is wrong with the model file itself', () => {
    expect(() => readModelFile(join(folder, 'none.onnx'))).toThrow('not found');
    expect(() => readModelFile(folder)).toThrow('not a regular file');
  });
});
