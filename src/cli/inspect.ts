import type { Command } from 'commander';
import { type ExitCode, exitCode } from '../errors.ts';
import { addReadOptions, addTarget, type ReadFlags, readOptionsOf } from './options.ts';
import { jsonText, type Terminal } from './terminal.ts';

export function addInspect(program: Command, terminal: Terminal, fail: (code: ExitCode) => void): void {
  const command = program
    .command('inspect')
    .summary('what a model consists of, and what of it is not supported')
    .description(
      'Prints every layer with its shape, work and weights, the largest activations, and all parts that are not ' +
        'supported (exit code 3 where there are any). Needs no data.',
    )
    .argument('<model.onnx>', 'the model');
  addTarget(addReadOptions(command))
    .addHelpText(
      'after',
      '\nExamples:\n  tessera inspect model.onnx\n  tessera inspect model.onnx --dim height=96 --dim width=96 --json\n  tessera inspect model.onnx --target host',
    )
    .action(async (path: string, flags: ReadFlags) => {
      const { inspectModel } = await import('../api/inspect.ts');
      const { inspectionText } = await import('../report/inspect.ts');
      const inspection = inspectModel(path, readOptionsOf(flags));
      terminal.print(flags.json ? jsonText(inspection) : inspectionText(inspection));
      if (inspection.unsupported.length > 0) fail(exitCode.model);
    });
}
