import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { attempt, exitCode, TesseraError, usageError } from '../errors.ts';
import { positive } from './options.ts';
import { jsonText, type Terminal } from './terminal.ts';

interface Flags {
  readonly capacity?: number;
  readonly seconds: number;
  readonly json?: true;
}

/** Visits of a block that stand for a second of search. */
const workPerSecond = 100_000_000;

/** The clock ends a search that takes this many times what was asked for: a safety net for slow machines. */
const patience = 4;

const examples = `
Examples:
  tessera allocate problem.csv > solution.csv
  tessera allocate problem.csv --capacity 1048576 --json

The format is that of google/minimalloc: a line of column names (id,lower,upper,size in any order), then a block a line.
A block lives from lower on and before upper.`;

export function addAllocate(program: Command, terminal: Terminal): void {
  program
    .command('allocate')
    .summary('place buffers in as little memory as can be')
    .description(
      'Reads buffers with their lives and sizes, and prints them with the offsets that make the peak as low as the ' +
        'search can. The peak, and the bound below which none can be, go to the standard error output.',
    )
    .argument('<problem.csv>', 'the buffers')
    .option('--capacity <bytes>', 'be content with any peak up to this; exit code 4 if none is found', positive)
    .option('--seconds <count>', 'search about this long; the same count gives the same answer', positive, 30)
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (path: string, flags: Flags) => {
      const { readMiniMalloc, writeMiniMalloc } = await import('../plan/allocate/minimalloc.ts');
      const { solveAllocation } = await import('../plan/allocate/solve.ts');
      const { validateAllocation } = await import('../plan/validate/allocation.ts');
      const problem = inFile(path, () => readMiniMalloc(readText(path)));
      const { capacity } = flags;
      const end = Date.now() + flags.seconds * 1000 * patience;
      let isCut = false;
      const solution = solveAllocation(problem.blocks, {
        work: flags.seconds * workPerSecond,
        ...(capacity === undefined ? {} : { target: capacity }),
        expired: () => {
          isCut ||= Date.now() > end;
          return isCut;
        },
      });
      const { offsets, peak, bound, optimal } = solution;
      const blocks = problem.blocks.map((block, index) => ({ ...block, offset: offsets[index] as number }));
      validateAllocation(
        blocks.map((block) => ({ ...block, name: `block ${block.id}` })),
        peak,
        1,
      );
      if (capacity !== undefined && peak > capacity) throw doesNotFit(path, capacity, peak, bound);
      if (flags.json) terminal.print(jsonText({ schemaVersion: 1, peak, bound, optimal, blocks }));
      else terminal.print(writeMiniMalloc(problem, offsets));
      const cut = isCut ? '; ended by the clock: another run may differ' : '';
      terminal.stderr.write(`peak ${peak}, bound ${bound}, ${optimal ? 'optimal' : 'not proven optimal'}${cut}\n`);
    });
}

function doesNotFit(path: string, capacity: number, peak: number, bound: number): TesseraError {
  if (bound > capacity) {
    return new TesseraError(exitCode.doesNotFit, `${path}: ${bound} bytes are needed at the least, not ${capacity}`);
  }
  const message = `${path}: no placement in ${capacity} bytes was found; the best takes ${peak}`;
  return new TesseraError(
    exitCode.doesNotFit,
    message,
    `At least ${bound} are needed; --seconds makes the search longer.`,
  );
}

function readText(path: string): string {
  return attempt(
    () => readFileSync(path, 'utf8'),
    (reason) => usageError(`it cannot be read: ${reason}`),
  );
}

/** Names the file in what goes wrong with it. */
function inFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TesseraError)) throw error;
    throw new TesseraError(error.code, `${path}: ${error.message}`, error.hint);
  }
}
