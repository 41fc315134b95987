import type { Command } from 'commander';
import { addCompileOptions, type CompileFlags, compileOptionsOf, positive } from './options.ts';
import { jsonText, type Terminal } from './terminal.ts';

interface Flags extends CompileFlags {
  readonly data: string;
  readonly labels?: string;
  readonly limit?: number;
}

/** What is evaluated gives the same answers in every mode; it is where it is compiled that the user can choose. */
const modeOptions = { input: 'compile --input', output: 'compile --output' };

const examples = `
Examples:
  tessera eval model.onnx --data x.npy --labels y.npy --calibrate calibration.npy
  tessera eval quantised.onnx --data x.npy --limit 100 --json`;

export function addEval(program: Command, terminal: Terminal): void {
  const command = program
    .command('eval')
    .summary('the accuracy of float and int8 side by side')
    .description(
      'Runs the float model, and the int8 model in WebAssembly, on the same samples. Prints the accuracy of both (top-1, ' +
        'with --labels), how often they agree, and the signal-to-noise ratio of each layer, worst first.',
    )
    .argument('<model.onnx>', 'the model')
    .requiredOption('--data <x.npy>', 'samples: x.npy, x.npz or a folder of .npy files')
    .option('--labels <y.npy>', 'the class of each sample, as whole numbers from 0 on')
    .option('--limit <count>', 'use no more samples than this', positive);
  addCompileOptions(command)
    .addHelpText('after', examples)
    .action(async (path: string, flags: Flags) => {
      const { evaluateModel, evaluationText } = await import('../api/evaluate.ts');
      const options = { ...compileOptionsOf(flags, terminal), limit: flags.limit, modeOptions };
      const result = await evaluateModel(path, flags.data, flags.labels ?? null, options);
      terminal.print(flags.json ? jsonText(result) : evaluationText(result));
    });
}
