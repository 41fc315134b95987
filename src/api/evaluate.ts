import { loadNpy } from '../numpy/load.ts';
import { nodesText } from '../report/layer-columns.ts';
import { count, plural, tableText } from '../report/table.ts';
import { type Comparison, compareModels } from './accuracy.ts';
import type { CompileOptions, ModelSource } from './options.ts';
import { compileModel, simulate } from './pipeline.ts';
import { samplesFrom } from './samples.ts';

/** What `tessera eval` says. */
export interface Evaluation extends Comparison {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly warnings: readonly string[];
}

export interface EvaluateOptions extends CompileOptions {
  readonly limit?: number | undefined;
}

/** Compares a model's float and int8 answers on the samples of a file. `labels`: the file of their classes. */
export async function evaluateModel(
  model: ModelSource,
  data: string,
  labels: string | null,
  { limit, ...options }: EvaluateOptions,
): Promise<Evaluation> {
  const compilation = compileModel(model, options);
  const samples = samplesFrom(compilation.graph, data);
  const classes = labels === null ? null : loadNpy(labels);
  const simulator = await simulate(compilation, options.onProgress);
  return {
    schemaVersion: 1,
    model: compilation.source.file,
    ...compareModels(compilation, simulator, samples, classes, {
      limit,
      labelsFile: labels ?? undefined,
      onProgress: options.onProgress,
    }),
    warnings: [...new Set([...compilation.warnings, ...samples.warnings])],
  };
}

const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;

/** An evaluation as text. */
export function evaluationText(result: Evaluation): string {
  return [
    `${result.model}: ${plural(result.samples, 'sample')}`,
    ...(result.float === null || result.int8 === null
      ? []
      : [`float      ${percent(result.float)} right`, `int8       ${percent(result.int8)} right`]),
    `agreement  ${percent(result.agreement)} of the samples get the same class`,
    `difference ${result.meanDifference.toFixed(3)} output steps, mean of the first output`,
    `SRAM       ${count(result.arenaBytes)} bytes of arena`,
    '',
    'Signal-to-noise ratio of the layers, worst first',
    tableText(
      [
        { title: 'dB', align: 'right', text: (layer) => (layer.snr === null ? 'exact' : layer.snr.toFixed(1)) },
        { title: '#', align: 'right', text: (layer) => String(layer.layer) },
        {
          title: 'ONNX nodes',
          align: 'left',
          text: (layer) => nodesText(layer.nodes) || layer.tensor,
        },
        { title: 'operator', align: 'left', text: (layer) => layer.operator },
      ],
      result.layers,
    ),
    ...result.warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}
