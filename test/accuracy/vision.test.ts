import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/api/pipeline.ts';
import { loadNpy } from '../../src/numpy/load.ts';
import type { NumericArray } from '../../src/numpy/npy.ts';
import type { Model } from '../../src/simulate/wasm.ts';
import { kit, kitPath } from '../kit.ts';

const timeout = 120_000;

/** The input of a model for one sample of x.npy: channels first, as the array has them. */
function inputOf(
  { shape, data }: NumericArray,
  sample: number,
  real: (pixel: number, channel: number) => number,
): Float32Array {
  const [, channels = 0, height = 0, width = 0] = shape;
  const plane = height * width;
  const pixels = data.subarray(sample * channels * plane, (sample + 1) * channels * plane);
  return Float32Array.from(pixels as Uint8Array, (pixel, i) => real(pixel, Math.floor(i / plane)));
}

/** What most ImageNet models are trained on. */
function imagenet(pixel: number, channel: number): number {
  const mean = [0.485, 0.456, 0.406][channel] as number;
  const deviation = [0.229, 0.224, 0.225][channel] as number;
  return (pixel / 255 - mean) / deviation;
}

/** Mean absolute difference of an output from the reference, in the output's steps. */
function stepsApart(model: Model, output: number, actual: Float32Array, reference: ArrayLike<number>): number {
  const { scale = 1 } = model.outputs[output] ?? {};
  return (
    actual.reduce((sum, value, i) => sum + Math.abs(value - (reference[i] as number)), 0) / (actual.length * scale)
  );
}

/** In pixels of the picture. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface Detection extends Box {
  readonly score: number;
}

/** An output of the detector: three anchors a cell, each (x, y, width, height, objectness, person), channels first. */
interface Head {
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
  readonly anchors: readonly (readonly [width: number, height: number])[];
  readonly values: Float32Array;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * The boxes of a head. Source: Redmon and Farhadi, "YOLOv3: An Incremental Improvement" (arXiv 1804.02767), section 2.1.
 */
function decode({ stride, rows, columns, anchors, values }: Head): Detection[] {
  const cells = rows * columns;
  const detections: Detection[] = [];
  anchors.forEach(([anchorWidth, anchorHeight], anchor) => {
    for (let cell = 0; cell < cells; cell += 1) {
      const at = (field: number): number => values[(anchor * 6 + field) * cells + cell] as number;
      const x = (sigmoid(at(0)) + (cell % columns)) * stride;
      const y = (sigmoid(at(1)) + Math.floor(cell / columns)) * stride;
      const width = Math.exp(at(2)) * anchorWidth;
      const height = Math.exp(at(3)) * anchorHeight;
      const box = { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 };
      detections.push({ ...box, score: sigmoid(at(4)) * sigmoid(at(5)) });
    }
  });
  return detections;
}

/** Intersection over union: 1 for equal boxes, 0 for apart ones. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const shared = Math.max(0, width) * Math.max(0, height);
  const area = (box: Box): number => (box.right - box.left) * (box.bottom - box.top);
  return shared / (area(a) + area(b) - shared);
}

/** The best box of each cluster (non-maximum suppression), best first. */
function distinct(detections: readonly Detection[], leastScore: number, mostOverlap: number): Detection[] {
  const kept: Detection[] = [];
  for (const box of [...detections].sort((a, b) => b.score - a.score)) {
    if (box.score >= leastScore && kept.every((other) => overlap(box, other) <= mostOverlap)) kept.push(box);
  }
  return kept;
}

/** Boxes cut off at the picture's edge, beyond which nobody can be seen. */
function within(box: Detection, width: number, height: number): Detection {
  const clamp = (value: number, most: number): number => Math.max(0, Math.min(most, value));
  return {
    ...{ left: clamp(box.left, width), right: clamp(box.right, width) },
    ...{ top: clamp(box.top, height), bottom: clamp(box.bottom, height), score: box.score },
  };
}

if (kit === null) console.log('TESSERA_KIT is not set: the vision models of the kit are left out');

describe.skipIf(kit === null)('vision models in WebAssembly', () => {
  it(
    'mobilenet_v2 names its pictures',
    async () => {
      const model = await loadModel(kitPath('mcunet', 'mobilenet_v2', 'mobilenet_v2_int8_qdq.onnx'));
      const x = loadNpy(kitPath('mcunet', 'mobilenet_v2', 'x.npy'));
      // A cock; a sports car; a portrait in uniform, with a bow tie.
      const names = [[7], [817], [457, 652]];
      const found = names.map((_, sample) => {
        const scores = model.run(inputOf(x, sample, imagenet))[0] as Float32Array;
        return scores.indexOf(Math.max(...scores));
      });
      expect(found).toEqual(
        names.map((right, sample) => (right.includes(found[sample] as number) ? found[sample] : right)),
      );
    },
    timeout,
  );

  it(
    'the detector boxes both people and nothing else',
    async () => {
      const model = await loadModel(kitPath('mcunet', 'detection', 'detection_int8_qdq.onnx'));
      const x = loadNpy(kitPath('mcunet', 'detection', 'x.npy'));
      const [, , height = 0, width = 0] = x.shape;
      const outputs = model.run(inputOf(x, 0, imagenet));
      const anchors = [
        [
          [116, 90],
          [156, 198],
          [373, 326],
        ],
        [
          [30, 61],
          [62, 45],
          [59, 119],
        ],
        [
          [10, 13],
          [16, 30],
          [33, 23],
        ],
      ] as const;
      const boxes = anchors.flatMap((ofHead, output) => {
        const stride = 32 / 2 ** output;
        const values = outputs[output] as Float32Array;
        return decode({ stride, rows: height / stride, columns: width / stride, anchors: ofHead, values });
      });
      const found = distinct(
        boxes.map((box) => within(box, width, height)),
        0.3,
        0.45,
      );

      // Seen in the picture: a man in a dark shirt, from his elbow to his knee, and to his right one in a pale shirt,
      // who reaches to the picture's edge with his hands. Both are cut off below.
      const people: readonly Box[] = [
        { left: 25, top: 10, right: 107, bottom: 128 },
        { left: 91, top: 17, right: 160, bottom: 128 },
      ];
      expect(found).toHaveLength(people.length);
      for (const person of people)
        expect(Math.max(...found.map((box) => overlap(person, box)))).toBeGreaterThanOrEqual(0.5);
    },
    timeout,
  );

  it(
    'mcunetv2_large gives what the reference gives',
    async () => {
      const model = await loadModel(kitPath('mcunet', 'mcunetv2_large', 'mcunetv2_large_int8_qdq.onnx'));
      const x = loadNpy(kitPath('mcunet', 'mcunetv2_large', 'x.npy'));
      const reference = loadNpy(kitPath('mcunet', 'mcunetv2_large', 'ref_int8_qdq.npy'));
      // The model is not trained: it answers every picture alike, in the reference too.
      const classes = reference.shape.at(-1) as number;
      for (const sample of [0, 1, 2]) {
        const scores = model.run(inputOf(x, sample, (pixel) => pixel / 255))[0] as Float32Array;
        const expected = (reference.data as Float32Array).subarray(sample * classes, (sample + 1) * classes);
        expect(stepsApart(model, 0, scores, expected)).toBeLessThanOrEqual(0.5);
      }
    },
    timeout,
  );
});
