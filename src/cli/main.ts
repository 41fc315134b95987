#!/usr/bin/env node
import { runProgram } from './program.ts';
import { createTerminal } from './terminal.ts';

for (const stream of [process.stdout, process.stderr]) {
  // Nobody reads on (`tessera inspect model.onnx | head`): that ends a program quietly.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(process.exitCode ?? 0);
  });
}
process.exitCode = await runProgram(process.argv.slice(2), createTerminal(process.stdout, process.stderr));
