#!/usr/bin/env node
import { exitCode } from '../errors.ts';
import { runProgram } from './program.ts';
import { createTerminal } from './terminal.ts';

for (const stream of [process.stdout, process.stderr]) {
  // Nobody reads on (`tessera inspect model.onnx | head`): that ends a program quietly.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    // A full disk, say.
    process.stderr.write(`error: the output cannot be written (${error.code})\n`);
    process.exit(exitCode.usage);
  });
}
process.exitCode = await runProgram(process.argv.slice(2), createTerminal(process.stdout, process.stderr));
