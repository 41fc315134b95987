import type { Command } from 'commander';
import type { InputMode } from '../plan/choose.ts';
import { addCompileOptions, addInputMode, type CompileFlags, compileOptionsOf } from './options.ts';
import { jsonText, type Terminal } from './terminal.ts';
import { checkFolder, writeFolder } from './write-folder.ts';

interface Flags extends CompileFlags {
  readonly target: string;
  readonly out: string;
  readonly input?: InputMode;
}

const examples = `
Examples:
  tessera compile model.onnx --target wasm --out build --calibrate samples.npy
  tessera compile images.onnx --target wasm --out build --calibrate pixels.npy --input-scale 1/255
  tessera compile quantised.onnx --target host --out firmware/model --input stream`;

export function addCompile(program: Command, terminal: Terminal): void {
  const command = program
    .command('compile')
    .summary('compile a model for a target')
    .description(
      'Compiles an ONNX model to int8 for a target and writes the files into a folder, with an account of the plan ' +
        '(plan.txt) and the same as data (report.json). A float model needs --calibrate.',
    )
    .argument('<model.onnx>', 'the model')
    .requiredOption('--target <name>', 'what to compile for: see "tessera targets", or the path of a target.json')
    .requiredOption('--out <folder>', 'the folder to write; it is replaced if tessera wrote it');
  addInputMode(addCompileOptions(command), '--input')
    .addHelpText('after', examples)
    .action(async (path: string, flags: Flags) => {
      checkFolder(flags.out);
      const { compileModel } = await import('../api/pipeline.ts');
      const { makeProject, reportOf } = await import('../api/project.ts');
      const options = { ...compileOptionsOf(flags, terminal), input: flags.input };
      const compilation = compileModel(path, options);
      const project = await makeProject(compilation, terminal.progress);
      writeFolder(flags.out, project);
      const report = reportOf(compilation);
      if (flags.json) {
        terminal.print(jsonText({ ...report, out: flags.out, files: [...project.keys()] }));
        return;
      }
      const { compileText } = await import('../report/compile.ts');
      terminal.print(compileText(report, project, flags.out));
    });
}
