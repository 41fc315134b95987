import { type Command, Option } from 'commander';
import { usageError } from '../errors.ts';
import type { InputMode, OutputMode } from '../plan/choose.ts';
import { plural } from '../report/table.ts';
import { addCompileOptions, addInputMode, addOutputMode, type CompileFlags, compileOptionsOf } from './options.ts';
import { jsonText, type Terminal } from './terminal.ts';
import { checkFolder, writeFolder } from './write-folder.ts';

interface Flags extends CompileFlags {
  readonly target: string;
  readonly form?: string;
  readonly out: string;
  readonly input?: InputMode;
  readonly output?: OutputMode;
}

const examples = `
Examples:
  tessera compile model.onnx --target wasm --out build --calibrate samples.npy
  tessera compile images.onnx --target wasm --out build --calibrate pixels.npy --input-scale 1/255
  tessera compile quantised.onnx --target host --out firmware/model --input stream
  tessera compile model.onnx --target nucleo-f446re --out firmware --calibrate samples.npy
  tessera compile model.onnx --target nucleo-f446re --form library --out lib --calibrate samples.npy
  tessera compile sounds.onnx images.onnx --target nucleo-h743zi --out both --calibrate sounds.npy,images.npy

Several models share kernels and one arena. --calibrate and --name then take one value for each, with commas between
them (an empty one for a model that needs none); other options hold for all.`;

export function addCompile(program: Command, terminal: Terminal): void {
  const command = program
    .command('compile')
    .summary('compile a model for a target')
    .description(
      'Compiles an ONNX model, or several, to int8 for a target and writes the files into a folder, with an account of ' +
        'the plan (plan.txt) and the same as data (report.json). A float model needs --calibrate.',
    )
    .argument('<models.onnx...>', 'the model, or several that share kernels and an arena')
    .requiredOption('--target <name>', 'what to compile for: see "tessera targets", or the path of a target.json')
    .requiredOption('--out <folder>', 'the folder to write; it is replaced if tessera wrote it')
    .addOption(
      new Option(
        '--form <name>',
        'what the folder is: a firmware, a library for an IDE or a build system, plain C files, or a WebAssembly module',
      ).choices(['firmware', 'library', 'plain', 'module']),
    );
  addOutputMode(addInputMode(addCompileOptions(command), '--input'), '--output')
    .addHelpText('after', examples)
    .action(async (paths: readonly string[], flags: Flags) => {
      checkFolder(flags.out);
      const { compileModel } = await import('../api/pipeline.ts');
      const { makeProject, reportOf, sharedReport } = await import('../api/project.ts');
      const options = { ...compileOptionsOf(flags, terminal), input: flags.input, output: flags.output };
      const calibrate = shares('--calibrate', flags.calibrate, paths);
      const names = shares('--name', flags.name, paths);
      const compilations = paths.map((path, index) =>
        compileModel(path, { ...options, calibrate: calibrate[index], name: names[index] }),
      );
      const project = await makeProject(compilations, { form: flags.form, onProgress: terminal.progress });
      await writeFolder(flags.out, project);
      const reports = compilations.map(reportOf);
      const [report] = reports as [(typeof reports)[0]];
      if (flags.json) {
        const made = { out: flags.out, files: [...project.keys()] };
        terminal.print(
          reports.length === 1
            ? jsonText({ ...report, ...made })
            : jsonText({ ...sharedReport(compilations), ...made }),
        );
        return;
      }
      const { compileText } = await import('../report/compile.ts');
      terminal.print(compileText(reports, project, flags.out));
    });
}

/** The value of an option for each model: of several models, the parts between commas. */
function shares(option: string, value: string | undefined, paths: readonly string[]): readonly (string | undefined)[] {
  if (value === undefined || paths.length === 1) return paths.map(() => value);
  const parts = value.split(',').map((part) => part.trim());
  if (parts.length !== paths.length) {
    throw usageError(
      `${option} has ${plural(parts.length, 'value')} for ${plural(paths.length, 'model')}`,
      'Give one for each, with commas between them; an empty one for a model that needs none.',
    );
  }
  return parts.map((part) => (part === '' ? undefined : part));
}
