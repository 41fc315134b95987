import { quantizeValue } from '../arithmetic/fixed-point.ts';
import { portQuantization } from '../codegen/model.ts';
import { usageError } from '../errors.ts';
import type { Origin, Quantization } from '../graph/types.ts';
import type { NumericArray } from '../numpy/npy.ts';
import { evaluateGraph } from '../ops/evaluate.ts';
import { evaluateQuantized } from '../plan/evaluate.ts';
import type { Model } from '../simulate/wasm.ts';
import type { Compilation } from './pipeline.ts';
import { graphInput, inGraphOrder, inOnnxOrder, type Samples } from './samples.ts';

/** How far the int8 tensor of a layer is from the float one: 10 log10(signal power / error power). */
export interface LayerNoise {
  readonly layer: number;
  readonly nodes: readonly Origin[];
  readonly operator: string;
  readonly tensor: string;
  /** In dB; null where int8 gives the very same values. */
  readonly snr: number | null;
}

/** An int8 model beside its float model, on data. */
export interface Comparison {
  readonly samples: number;
  /** Top-1, from 0 to 1; null without labels. */
  readonly float: number | null;
  readonly int8: number | null;
  /** The part of the samples that both models give the same class. */
  readonly agreement: number;
  /** Mean absolute difference of the first output, in its int8 steps. */
  readonly meanDifference: number;
  readonly arenaBytes: number;
  /** Worst first. */
  readonly layers: readonly LayerNoise[];
}

/** Samples that the noise of each layer is measured on. */
const noiseSamples = 8;

export interface CompareOptions {
  readonly limit?: number | undefined;
  /** Where the labels are from, for messages. */
  readonly labelsFile?: string | undefined;
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

/**
 * Runs the float model and the compiled one on samples, side by side. The class is the largest element of the first output.
 * @throws TesseraError (exit code 2) where labels and samples do not fit
 */
export function compareModels(
  compilation: Compilation,
  model: Model,
  samples: Samples,
  labels: NumericArray | null,
  { limit = samples.count, labelsFile, onProgress = () => {} }: CompareOptions = {},
): Comparison {
  const total = Math.min(limit, samples.count);
  const [output] = compilation.graph.outputs;
  if (output === undefined) throw new Error('a model without outputs');
  const classes =
    labels === null
      ? null
      : labelsOf(
          labels,
          samples.count,
          model.outputs[0]?.shape.reduce((a, b) => a * b, 1) ?? 0,
          labelsFile === undefined ? '' : `${labelsFile}: `,
        );
  const scale = model.outputs[0]?.scale ?? 1;
  let [rightFloat, rightInt8, same, difference] = [0, 0, 0, 0];
  for (let index = 0; index < total; index += 1) {
    onProgress('evaluating', index, total);
    const sample = samples.at(index);
    const values = evaluateGraph(compilation.graph, graphInput(compilation.graph, sample), { keep: 'outputs' });
    const float = inOnnxOrder(output, Float32Array.from(values.get(output.tensor)?.data as Float32Array));
    const int8 = model.run(sample)[0] as Float32Array;
    const [floatClass, int8Class] = [largest(float), largest(int8)];
    if (floatClass === int8Class) same += 1;
    if (classes !== null && floatClass === classes[index]) rightFloat += 1;
    if (classes !== null && int8Class === classes[index]) rightInt8 += 1;
    difference +=
      float.reduce((sum, value, i) => sum + Math.abs(value - (int8[i] as number)), 0) / (float.length * scale);
  }
  return {
    samples: total,
    float: classes === null ? null : rightFloat / total,
    int8: classes === null ? null : rightInt8 / total,
    agreement: same / total,
    meanDifference: difference / total,
    arenaBytes: model.arenaBytes,
    layers: layerNoise(compilation, samples, Math.min(total, noiseSamples), onProgress),
  };
}

/** The index of the largest element; the first of several. */
export function largest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > (values[best] as number) ? index : best), 0);
}

/** @param file the beginning of messages: where the labels are from */
function labelsOf({ shape, data }: NumericArray, samples: number, classes: number, file: string): readonly number[] {
  const labels = Array.from(data as ArrayLike<number | bigint>, Number);
  if (labels.length !== samples)
    throw usageError(`${file}there are ${samples} samples and ${labels.length} labels (of shape [${shape}])`);
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong !== undefined)
    throw usageError(`${file}the label ${wrong} is none of the model's ${classes} classes, 0 to ${classes - 1}`);
  return labels;
}

/** The signal-to-noise ratio of each layer whose tensor the float graph has too, worst first. */
function layerNoise(
  compilation: Compilation,
  samples: Samples,
  count: number,
  onProgress: NonNullable<CompareOptions['onProgress']>,
): readonly LayerNoise[] {
  const { graph, plan } = compilation;
  const powers = new Map<string, { signal: number; noise: number }>();
  for (let index = 0; index < count; index += 1) {
    onProgress('comparing layers', index, count);
    const sample = samples.at(index);
    const steps = plan.graph.inputs.map((port, input): [string, Int8Array] => {
      const { scale, zeroPoint } = portQuantization(plan.graph, port);
      const given = inGraphOrder(port, sample[input] as Float32Array);
      return [port.tensor, Int8Array.from(given, (value) => quantizeValue(value, scale, zeroPoint))];
    });
    const quantized = evaluateQuantized(plan.layers, new Map(steps));
    evaluateGraph(graph, graphInput(graph, sample), {
      keep: 'outputs',
      visit(name, { data }) {
        const int8 = quantized.get(name);
        const quant = plan.graph.tensors.get(name)?.quant;
        if (int8 === undefined || !(data instanceof Float32Array) || int8.length !== data.length) return;
        const { scale, zeroPoint } = stepsOf(quant);
        const power = powers.get(name) ?? { signal: 0, noise: 0 };
        powers.set(name, power);
        data.forEach((value, i) => {
          power.signal += value ** 2;
          power.noise += (value - ((int8[i] as number) - zeroPoint) * scale) ** 2;
        });
      },
    });
  }
  const noise = plan.layers.flatMap((layer): readonly LayerNoise[] => {
    const power = powers.get(layer.node.output);
    if (power === undefined || layer.lowering.kind === 'alias') return [];
    const snr = power.noise === 0 ? null : decibels(power.signal / power.noise);
    return [{ layer: layer.index, nodes: layer.node.from, operator: layer.node.op, tensor: layer.node.output, snr }];
  });
  return noise.sort((a, b) => (a.snr ?? Number.POSITIVE_INFINITY) - (b.snr ?? Number.POSITIVE_INFINITY));
}

/** A ratio of powers in dB, to a hundredth; a signal of zeros has no ratio, and stands at the end of the scale. */
function decibels(ratio: number): number {
  return Math.max(-100, Math.round(1000 * Math.log10(ratio)) / 100);
}

function stepsOf(quant: Quantization | undefined): { readonly scale: number; readonly zeroPoint: number } {
  return { scale: quant?.scales[0] ?? 1, zeroPoint: quant?.zeroPoints[0] ?? 0 };
}
