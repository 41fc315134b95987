import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../src/cli/program.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { npyOf } from '../numpy/make-npy.ts';
import { floatTensor, integers, makeModel, node, valueInfo } from '../onnx/make-model.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** Numbers that look random and are the same everywhere. */
export function wave(length: number, step: number): number[] {
  return Array.from({ length }, (_, i) => Math.sin(i * step + step));
}

/** A classifier of three classes on images [1,2,6,6]: Conv, Relu, GlobalAveragePool, Flatten, Gemm. */
export const smallModel = makeModel({
  inputs: [valueInfo('image', [1, 2, 6, 6])],
  outputs: [valueInfo('scores', [1, 3])],
  initializers: [
    floatTensor('weights', [4, 2, 3, 3], wave(72, 0.7)),
    floatTensor('bias', [4], wave(4, 0.3)),
    floatTensor('dense', [4, 3], wave(12, 1.1)),
    floatTensor('offset', [3], wave(3, 0.9)),
  ],
  nodes: [
    node('Conv', ['image', 'weights', 'bias'], ['c'], [integers('pads', [1, 1, 1, 1])]),
    node('Relu', ['c'], ['r']),
    node('GlobalAveragePool', ['r'], ['p']),
    node('Flatten', ['p'], ['f']),
    node('Gemm', ['f', 'dense', 'offset'], ['scores']),
  ],
});

/** A model with two nodes that no compiler can do. */
export const unsupportedModel = makeModel({
  inputs: [valueInfo('image', [1, 2, 6, 6])],
  nodes: [
    node('FooBar', ['image'], ['a']),
    node('Relu', ['a'], ['b']),
    node('Quux', ['image'], ['c']),
    node('Add', ['b', 'c'], ['y']),
  ],
});

export const sampleSize = 72;

/** A folder with small.onnx, unsupported.onnx, x.npy (samples), pixels.npy, y.npy (labels), and a way to its files. */
export function makeFolder(samples: number): (name: string) => string {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('small.onnx'), smallModel);
  writeFileSync(at('unsupported.onnx'), unsupportedModel);
  writeFileSync(at('x.npy'), npyOf([samples, 2, 6, 6], Float32Array.from(wave(samples * sampleSize, 0.37))));
  const pixels = Uint8Array.from(wave(samples * sampleSize, 0.53), (value) => 127 + 120 * value);
  writeFileSync(at('pixels.npy'), npyOf([samples, 2, 6, 6], pixels));
  writeFileSync(
    at('y.npy'),
    npyOf(
      [samples],
      BigInt64Array.from({ length: samples }, (_, i) => BigInt(i % 3)),
    ),
  );
  return at;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function tessera(...args: readonly string[]): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  const terminal = createTerminal(
    {
      write(text) {
        stdout += text;
      },
    },
    {
      write(text) {
        stderr += text;
      },
    },
  );
  const code = await runProgram(args, terminal);
  return { code, stdout, stderr };
}
