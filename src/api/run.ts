import { usageError } from '../errors.ts';
import { count, plural, tableText } from '../report/table.ts';
import type { CompileOptions, ModelSource } from './options.ts';
import { compileModel, simulate } from './pipeline.ts';
import { inputArrays, samplesOf } from './samples.ts';

export interface RunOptions extends CompileOptions {
  /** Names of the classes of the first output. */
  readonly names: readonly string[] | null;
  /** How many elements of an output the text shows. */
  readonly top: number;
  readonly limit?: number | undefined;
}

export interface OutputElement {
  readonly index: number;
  readonly name: string | null;
  readonly value: number;
}

export interface SampleResult {
  readonly sample: number;
  readonly milliseconds: number;
  readonly outputs: readonly {
    readonly name: string;
    readonly top: readonly OutputElement[];
    readonly values: readonly number[];
  }[];
}

/** What `tessera run` says. */
export interface RunResult {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly arenaBytes: number;
  readonly macs: number;
  /** Whether the simulator computes what the compiler says, for a built-in input. */
  readonly selfTest: boolean;
  readonly samples: readonly SampleResult[];
  readonly warnings: readonly string[];
}

/** Compiles a model for WebAssembly, in memory, and runs it on samples. `inputs`: the data files, one an input. */
export async function runModel(model: ModelSource, inputs: readonly string[], options: RunOptions): Promise<RunResult> {
  const compilation = compileModel(model, options);
  const samples = samplesOf(compilation.graph, inputArrays(compilation.graph, inputs));
  const simulator = await simulate(compilation, options.onProgress);
  const classes = simulator.outputs[0]?.shape.reduce((a, b) => a * b, 1) ?? 0;
  if (options.names !== null && options.names.length !== classes) {
    throw usageError(`the model gives ${classes} values; ${options.names.length} names were given`);
  }
  const total = Math.min(options.limit ?? samples.count, samples.count);
  const results: SampleResult[] = [];
  for (let sample = 0; sample < total; sample += 1) {
    options.onProgress?.('running', sample, total);
    const values = samples.at(sample);
    const start = performance.now();
    const outputs = simulator.run(values);
    const milliseconds = performance.now() - start;
    results.push({
      sample,
      milliseconds,
      outputs: outputs.map((output, index) => ({
        name: simulator.outputs[index]?.name ?? '',
        top: largestOf(output, options.top, index === 0 ? options.names : null),
        values: [...output],
      })),
    });
  }
  return {
    schemaVersion: 1,
    model: compilation.source.file,
    arenaBytes: simulator.arenaBytes,
    macs: simulator.macs,
    selfTest: simulator.selfTest(),
    samples: results,
    warnings: [...new Set([...compilation.warnings, ...samples.warnings])],
  };
}

function largestOf(values: Float32Array, most: number, names: readonly string[] | null): readonly OutputElement[] {
  const order = [...values.keys()].sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
  return order.slice(0, most).map((index) => ({ index, name: names?.[index] ?? null, value: values[index] as number }));
}

/** A run as text. */
export function runText(result: RunResult): string {
  const lines = result.samples.flatMap(({ sample, outputs }) =>
    outputs.map(({ name, top }) => ({ sample: String(sample), output: name, top: top.map(elementText).join('  ') })),
  );
  const times = result.samples.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  return [
    tableText(
      [
        { title: 'sample', align: 'right', text: (line) => line.sample },
        { title: 'output', align: 'left', text: (line) => line.output },
        { title: 'largest first', align: 'left', text: (line) => line.top },
      ],
      lines,
      200,
    ),
    '',
    `${plural(result.samples.length, 'sample')}, median ${median.toFixed(2)} ms in WebAssembly on this machine`,
    `SRAM  ${count(result.arenaBytes)} bytes of arena; ${count(result.macs)} MACs`,
    ...(result.selfTest ? [] : ['warning: the self-test fails: the simulator does not compute what the compiler says']),
    ...result.warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

function elementText({ index, name, value }: OutputElement): string {
  return `${name ?? index}: ${Number(value.toPrecision(4))}`;
}
