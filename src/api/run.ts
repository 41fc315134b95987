import { describeModel } from '../codegen/wasm.ts';
import type { Session } from '../device/session.ts';
import { usageError } from '../errors.ts';
import { count, plural, tableText } from '../report/table.ts';
import { inputSteps } from '../simulate/wasm.ts';
import { readProject, withBoard, withFolder } from './board.ts';
import { realValues } from './memory-order.ts';
import type { CompileOptions, ModelSource } from './options.ts';
import { type Compilation, compileModel, simulate } from './pipeline.ts';
import { makeProject } from './project.ts';
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
  /** In WebAssembly on this machine; null on an emulated board, whose time says nothing. */
  readonly milliseconds: number | null;
  /** On an emulated board: instructions of the inference. */
  readonly instructions: number | null;
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
  /** `wasm`, or an emulated board. */
  readonly target: string;
  readonly arenaBytes: number;
  readonly macs: number;
  /** Whether the simulator computes what the compiler says, for a built-in input. */
  readonly selfTest: boolean;
  readonly samples: readonly SampleResult[];
  readonly warnings: readonly string[];
}

/** What runs samples: real values in the order of the ONNX shapes, in and out. */
interface Runner {
  run(
    values: readonly Float32Array[],
  ): Promise<Pick<SampleResult, 'milliseconds' | 'instructions'> & { readonly outputs: readonly Float32Array[] }>;
  readonly selfTest: boolean;
}

/**
 * Compiles a model and runs it on samples: for WebAssembly, in memory, or on an emulated board. `inputs`: the data files,
 * one an input.
 */
export async function runModel(model: ModelSource, inputs: readonly string[], options: RunOptions): Promise<RunResult> {
  const { names, top, limit, ...compileOptions } = options;
  const compilation = compileModel(model, compileOptions);
  const samples = samplesOf(compilation.graph, inputArrays(compilation.graph, inputs), inputs);
  const { outputs, arenaBytes, macs } = describeModel(compilation.plan);
  const classes = outputs[0]?.shape.reduce((a, b) => a * b, 1) ?? 0;
  if (names !== null && names.length !== classes) {
    throw usageError(`the model gives ${classes} values; ${names.length} names were given`);
  }
  const total = Math.min(limit ?? samples.count, samples.count);
  const runAll = async (runner: Runner): Promise<RunResult> => {
    const results: SampleResult[] = [];
    for (let sample = 0; sample < total; sample += 1) {
      options.onProgress?.('running', sample, total);
      const { milliseconds, instructions, ...run } = await runner.run(samples.at(sample));
      results.push({
        sample,
        milliseconds,
        instructions,
        outputs: run.outputs.map((output, index) => ({
          name: outputs[index]?.name ?? '',
          top: largestOf(output, top, index === 0 ? names : null),
          values: [...output],
        })),
      });
    }
    return {
      schemaVersion: 1,
      model: compilation.source.file,
      target: compilation.target.name,
      arenaBytes,
      macs,
      selfTest: runner.selfTest,
      samples: results,
      warnings: [...new Set([...compilation.warnings, ...samples.warnings])],
    };
  };
  if (compilation.target.kind === 'wasm') return runAll(await wasmRunner(compilation, options));
  if (compilation.target.board?.simulator == null) {
    throw usageError(
      `${compilation.target.name} cannot be simulated`,
      'Targets wasm and qemu-* can. To see a board compute: tessera compile, build, flash and verify.',
    );
  }
  const project = await makeProject(compilation, { form: 'firmware' });
  return withFolder(project, (folder) =>
    withBoard(readProject(folder), { onProgress: options.onProgress }, async (session) =>
      runAll(await boardRunner(compilation, session)),
    ),
  );
}

async function wasmRunner(compilation: Compilation, options: RunOptions): Promise<Runner> {
  const simulator = await simulate(compilation, options.onProgress);
  return {
    selfTest: simulator.selfTest(),
    async run(values) {
      const start = performance.now();
      const outputs = simulator.run(values);
      return { outputs, milliseconds: performance.now() - start, instructions: null };
    },
  };
}

async function boardRunner({ plan }: Compilation, session: Session): Promise<Runner> {
  const { inputs, outputs } = describeModel(plan);
  return {
    selfTest: await session.selfTest(),
    async run(values) {
      const steps = await Promise.all(inputs.map((port, index) => inputSteps(values[index] as Float32Array, port)));
      const instructions = await session.run(steps);
      const given: Float32Array[] = [];
      for (const [index, port] of outputs.entries()) {
        given.push(
          realValues(
            port,
            await session.output(
              index,
              port.shape.reduce((a, b) => a * b, 1),
            ),
          ),
        );
      }
      return { outputs: given, milliseconds: null, instructions };
    },
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
  const middle = (values: readonly (number | null)[]): number | null =>
    [...values].sort((a, b) => (a ?? 0) - (b ?? 0))[Math.floor(values.length / 2)] ?? null;
  const instructions = middle(result.samples.map((sample) => sample.instructions));
  const milliseconds = middle(result.samples.map((sample) => sample.milliseconds)) ?? 0;
  const time =
    instructions === null
      ? `median ${milliseconds.toFixed(2)} ms in WebAssembly on this machine`
      : `median ${count(instructions)} instructions on ${result.target}, emulated`;
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
    `${plural(result.samples.length, 'sample')}, ${time}`,
    `SRAM  ${count(result.arenaBytes)} bytes of arena; ${count(result.macs)} MACs`,
    ...(result.selfTest ? [] : ['warning: the self-test fails: the simulator does not compute what the compiler says']),
    ...result.warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

function elementText({ index, name, value }: OutputElement): string {
  return `${name ?? index}: ${Number(value.toPrecision(4))}`;
}
