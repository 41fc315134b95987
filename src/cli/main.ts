#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { exitCode } from '../errors.ts';
import { version } from '../version.ts';
import { addCompile } from './compile.ts';
import { addEval } from './eval.ts';
import { addInspect } from './inspect.ts';
import { addRun } from './run.ts';
import { addTargets } from './targets.ts';
import { endOnClosedPipe, processTerminal, reportFailure } from './terminal.ts';

const footer = `
Examples:
  tessera inspect model.onnx
  tessera compile model.onnx --target wasm --out build --calibrate samples.npy
  tessera run quantised.onnx --input x.npy --names labels.txt
  tessera eval model.onnx --data x.npy --labels y.npy --calibrate samples.npy

Exit codes: 0 done, 1 a bug of ours, 2 wrong use, 3 the model is not valid or not supported, 4 it does not fit,
5 a tool is missing, 6 the device fails, 7 results are wrong.`;

endOnClosedPipe();
const terminal = processTerminal();
// Commands take these settings over, so they come first.
const program = new Command('tessera')
  .description('Compiles ONNX models to int8 C for microcontrollers and WebAssembly, in as little memory as can be.')
  .version(version)
  .showHelpAfterError('(add --help for more)')
  .exitOverride()
  .addHelpText('after', footer);
for (const add of [addInspect, addCompile, addRun, addEval, addTargets]) add(program, terminal);

try {
  await program.parseAsync();
} catch (error) {
  terminal.clear();
  // Commander has said what is wrong; help and version are no failures.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCode.usage;
  else process.exitCode = reportFailure(error);
}
terminal.clear();
