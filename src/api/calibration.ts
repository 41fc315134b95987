import { usageError } from '../errors.ts';
import type { Graph, Value } from '../graph/types.ts';
import { isQdq } from '../quantize/absorb.ts';
import type { RangeMethod } from '../quantize/calibrate.ts';
import { plural } from '../report/table.ts';
import { type CompileOptions, defaults } from './options.ts';
import { graphInputs, randomSamples, type Samples, samplesFrom } from './samples.ts';

/** Where the scales of a compiled model come from. */
export interface Calibration {
  readonly source: 'model' | 'samples' | 'random';
  readonly method: RangeMethod | null;
  readonly samples: number;
}

/** What a model is calibrated on; no samples where it was quantised before. */
export interface CalibrationPlan {
  readonly samples: Samples | null;
  readonly calibration: Calibration;
  readonly warnings: readonly string[];
}

/**
 * What the options say of calibration.
 * @throws TesseraError (exit code 2) where a float model is to be calibrated on nothing, or samples do not fit
 */
export function calibrationOf(graph: Graph, file: string, options: CompileOptions): CalibrationPlan {
  const method = options.range ?? defaults.range;
  if (options.calibrate === undefined) {
    if (isQdq(graph))
      return { samples: null, calibration: { source: 'model', method: null, samples: 0 }, warnings: [] };
    throw usageError(
      `${file} is a float model: int8 needs to know which values its tensors take`,
      'Give representative inputs with --calibrate samples.npy (axis 0 counts them; a hundred do), or, to look at memory and speed alone, --calibrate random.',
    );
  }
  if (options.calibrate !== 'random') {
    const samples = samplesFrom(graph, options.calibrate);
    return {
      samples,
      calibration: { source: 'samples', method, samples: samples.count },
      warnings: [...samples.warnings, ...calibrationWarnings(graph, samples)],
    };
  }
  const samples = randomSamples(graph);
  return {
    samples,
    calibration: { source: 'random', method, samples: samples.count },
    warnings: ['calibrated on random inputs: memory and speed are right, the answers are not'],
  };
}

/** Fewer samples than this say little about the values that tensors take. */
const fewSamples = 10;

/** What to tell a user who calibrates with these samples: they are few, or an input never changes. */
function calibrationWarnings(graph: Pick<Graph, 'inputs'>, samples: Samples): readonly string[] {
  const few =
    samples.count < fewSamples
      ? [`calibrated on ${plural(samples.count, 'sample')}: a hundred that differ make for better answers`]
      : [];
  const constant = graph.inputs.flatMap(({ name }, input) => {
    const value = samples.at(0)[input]?.[0];
    for (let index = 0; index < samples.count; index += 1)
      if (samples.at(index)[input]?.some((other) => other !== value)) return [];
    return [`all samples of the input ${name} hold the one value ${value}: the scales made from them mean nothing`];
  });
  return [...few, ...constant];
}

/** Samples as inputs of the graph, one after the other; `progress` sees how far it is. */
export function* reporting(
  graph: Graph,
  samples: Samples,
  progress: NonNullable<CompileOptions['onProgress']>,
): Generator<ReadonlyMap<string, Value>> {
  let done = 0;
  for (const inputs of graphInputs(graph, samples, samples.count)) {
    progress('calibrating', done, samples.count);
    yield inputs;
    done += 1;
  }
}
