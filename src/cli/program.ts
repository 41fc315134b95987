import { Command, CommanderError } from 'commander';
import { exitCode } from '../errors.ts';
import { version } from '../version.ts';
import { addAllocate } from './allocate.ts';
import { addBuild } from './build.ts';
import { addCompile } from './compile.ts';
import { addDoctor } from './doctor.ts';
import { addEval } from './eval.ts';
import { addFlash } from './flash.ts';
import { addInspect } from './inspect.ts';
import { addPlan } from './plan.ts';
import { addProfile } from './profile.ts';
import { addRun } from './run.ts';
import { addTargets } from './targets.ts';
import { reportFailure, type Terminal } from './terminal.ts';
import { addVerify } from './verify.ts';

const commands = [
  addInspect,
  addPlan,
  addCompile,
  addRun,
  addEval,
  addAllocate,
  addBuild,
  addFlash,
  addProfile,
  addVerify,
  addTargets,
  addDoctor,
];

const footer = `
Examples:
  tessera inspect model.onnx
  tessera plan model.onnx --calibrate samples.npy --svg plan.svg
  tessera compile model.onnx --target wasm --out build --calibrate samples.npy
  tessera run quantised.onnx --input x.npy --names labels.txt
  tessera compile model.onnx --target nucleo-f446re --out board --calibrate samples.npy
  tessera build board && tessera flash board && tessera profile board --port auto
  tessera eval model.onnx --data x.npy --labels y.npy --calibrate samples.npy

Exit codes: 0 done, 1 a bug of ours, 2 wrong use, 3 the model is not valid or not supported, 4 it does not fit,
5 a tool is missing, 6 the device fails, 7 results are wrong.`;

/** Runs a command line (without the program's own name); gives its exit code. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  // Commands take these settings over, so they come before them.
  const program = new Command('tessera')
    .description('Compiles ONNX models to int8 C for microcontrollers and WebAssembly, in as little memory as can be.')
    .version(version)
    .showHelpAfterError('(add --help for more)')
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    })
    .exitOverride()
    .addHelpText('after', footer);
  for (const add of commands) {
    add(program, terminal, (failure) => {
      code = failure;
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    terminal.clear();
    // Commander has said what is wrong; to ask for help or the version is no failure.
    if (error instanceof CommanderError) code = error.exitCode === 0 ? 0 : exitCode.usage;
    else code = reportFailure(error, terminal);
  }
  terminal.clear();
  return code;
}
