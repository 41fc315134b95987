import type { CompileOptions } from '../../../src/api/options.ts';
import { type Compilation, compileModel } from '../../../src/api/pipeline.ts';
import { wave } from '../../cli/small-model.ts';
import { floatTensor, integers, makeModel, node, valueInfo } from '../../onnx/make-model.ts';

/** Conv, Relu, GlobalAveragePool, Softmax over `classes`, on images of the benchmark's size. */
function imageModel(shape: readonly [number, number, number], classes: number): Uint8Array {
  const [channels, height, width] = shape;
  return makeModel({
    inputs: [valueInfo('x', [1, channels, height, width])],
    outputs: [valueInfo('y', [1, classes])],
    initializers: [
      floatTensor('w', [classes, channels, 3, 3], wave(classes * channels * 9, 0.7)),
      floatTensor('b', [classes], wave(classes, 0.3)),
    ],
    nodes: [
      node('Conv', ['x', 'w', 'b'], ['c'], [integers('pads', [1, 1, 1, 1]), integers('strides', [2, 2])]),
      node('Relu', ['c'], ['r']),
      node('GlobalAveragePool', ['r'], ['p']),
      node('Flatten', ['p'], ['f']),
      node('Softmax', ['f'], ['y']),
    ],
  });
}

/** 640 -> 4 -> 640, as an autoencoder. */
const autoencoder = makeModel({
  inputs: [valueInfo('x', [1, 640])],
  outputs: [valueInfo('y', [1, 640])],
  initializers: [floatTensor('a', [640, 4], wave(2560, 0.7)), floatTensor('b', [4, 640], wave(2560, 0.37))],
  nodes: [node('MatMul', ['x', 'a'], ['h']), node('Relu', ['h'], ['r']), node('MatMul', ['r', 'b'], ['y'])],
});

/** Models of the benchmarks' sizes, by the name that the runner asks for. */
export const benchmarkModels: Readonly<Record<string, Uint8Array>> = {
  ic01: imageModel([3, 32, 32], 10),
  vww01: imageModel([3, 96, 96], 2),
  kws01: imageModel([1, 49, 10], 12),
  ad01: autoencoder,
};

/** A benchmark's model, compiled; pixels go in as they are. */
export function compileBenchmark(name: string, options: CompileOptions = {}): Compilation {
  const isImage = name === 'ic01' || name === 'vww01';
  return compileModel(benchmarkModels[name] as Uint8Array, {
    name,
    calibrate: 'random',
    ...(isImage ? { preprocessing: { scale: [1 / 255], mean: [0] } } : {}),
    ...options,
  });
}

/** What the runner's files hold: bytes that look random. */
export const fileBytes = (count: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 255);
