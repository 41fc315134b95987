import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { attempt, usageError } from '../errors.ts';
import type { InputMode, OutputMode } from '../plan/choose.ts';
import {
  addCompileOptions,
  addInputMode,
  addOutputMode,
  type CompileFlags,
  collect,
  compileOptionsOf,
  namesOf,
  positive,
} from './options.ts';
import { jsonText, type Terminal } from './terminal.ts';

interface Flags extends CompileFlags {
  readonly input: readonly string[];
  readonly inputMode?: InputMode;
  readonly outputMode?: OutputMode;
  readonly names?: string;
  readonly top: number;
  readonly limit?: number;
}

const examples = `
Examples:
  tessera run quantised.onnx --input x.npy
  tessera run model.onnx --input pixels.npy --calibrate pixels.npy --input-scale 1/255 --names labels.txt --top 3
  tessera run quantised.onnx --input x.npy --target qemu-cortex-m4 --limit 3
  tessera run two-inputs.onnx --input a.npy --input b.npy --calibrate inputs.npz`;

export function addRun(program: Command, terminal: Terminal): void {
  const command = program
    .command('run')
    .summary('run a model on .npy inputs in the simulator')
    .description(
      'Compiles a model for WebAssembly, in memory, or for an emulated board, and runs it on samples: axis 0 of the ' +
        'input counts them. Prints the outputs, the largest first, the SRAM that the model needs, and the time.',
    )
    .argument('<model.onnx>', 'the model')
    .requiredOption('--input <x.npy>', 'samples for an input; repeat it for each input of the model', collect, [])
    .option('--target <name>', 'what to run it on: wasm (the default), or an emulated board, qemu-*')
    .option('--names <labels.txt>', 'names of the classes, one a line')
    .option('--top <count>', 'how many elements of each output to print', positive, 5)
    .option('--limit <count>', 'run no more samples than this', positive);
  addOutputMode(addInputMode(addCompileOptions(command), '--input-mode'), '--output-mode')
    .addHelpText('after', examples)
    .action(async (path: string, flags: Flags) => {
      const names = flags.names === undefined ? null : namesOf(readText(flags.names), flags.names);
      const { runModel, runText } = await import('../api/run.ts');
      const result = await runModel(path, flags.input, {
        ...compileOptionsOf(flags, terminal),
        input: flags.inputMode,
        output: flags.outputMode,
        modeOptions: { input: '--input-mode', output: '--output-mode' },
        target: flags.target,
        names,
        top: flags.top,
        limit: flags.limit,
      });
      terminal.print(flags.json ? jsonText(result) : runText(result));
    });
}

function readText(path: string): string {
  return attempt(
    () => readFileSync(path, 'utf8'),
    (reason) => usageError(`${path} cannot be read: ${reason}`),
  );
}
