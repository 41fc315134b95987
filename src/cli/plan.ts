import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { attempt, usageError } from '../errors.ts';
import type { InputMode, OutputMode } from '../plan/choose.ts';
import {
  addCompileOptions,
  addInputMode,
  addOutputMode,
  addTarget,
  type CompileFlags,
  compileOptionsOf,
} from './options.ts';
import { jsonText, type Terminal } from './terminal.ts';

interface Flags extends CompileFlags {
  readonly input?: InputMode;
  readonly output?: OutputMode;
  readonly svg?: string;
}

const examples = `
Examples:
  tessera plan quantised.onnx
  tessera plan model.onnx --calibrate random --input stream --svg plan.svg
  tessera plan quantised.onnx --sram 64K --json`;

export function addPlan(program: Command, terminal: Terminal): void {
  const command = program
    .command('plan')
    .summary('what SRAM a model can do with, and at what price')
    .description(
      'Prints the plans of which none has both more SRAM and more time than another, then the one that --objective or ' +
        '--sram chooses: what every step holds, and why it ends where it ends.',
    )
    .argument('<model.onnx>', 'the model')
    .option('--svg <file>', 'draw the plans, and the arena of the chosen one over time');
  addOutputMode(addInputMode(addTarget(addCompileOptions(command)), '--input'), '--output')
    .addHelpText('after', examples)
    .action(async (path: string, flags: Flags) => {
      const { planModel } = await import('../api/plan.ts');
      const overview = planModel(path, {
        ...compileOptionsOf(flags, terminal),
        input: flags.input,
        output: flags.output,
      });
      if (flags.svg !== undefined) {
        const { planSvg } = await import('../report/svg.ts');
        writePicture(flags.svg, planSvg(overview));
      }
      if (flags.json) {
        terminal.print(jsonText(overview));
        return;
      }
      const { overviewText } = await import('../report/overview.ts');
      terminal.print(overviewText(overview));
    });
}

function writePicture(path: string, text: string): void {
  attempt(
    () => writeFileSync(path, text),
    (reason) => usageError(`${path} cannot be written: ${reason}`),
  );
}
