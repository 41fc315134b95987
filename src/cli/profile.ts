import type { Command } from 'commander';
import { positive } from './options.ts';
import { jsonText, type Terminal } from './terminal.ts';

interface Flags {
  readonly port?: string;
  readonly target?: string;
  readonly model?: string;
  readonly runs: number;
  readonly json?: true;
}

const examples = `
Examples:
  tessera profile firmware --port auto
  tessera profile firmware --port /dev/ttyACM0 --runs 20 --json
  tessera profile firmware --target qemu-cortex-m4`;

/** The options that say where a firmware runs. */
export function addBoardOptions(command: Command): Command {
  return command
    .option('--port <path>', 'the serial port of the board; "auto" finds an ST-LINK')
    .option('--target <name>', 'the emulated board, qemu-*, that the project was compiled for')
    .option('--model <name>', 'a model of a project that holds several')
    .option('--json', 'print JSON');
}

export function addProfile(program: Command, terminal: Terminal): void {
  const command = program
    .command('profile')
    .summary('measure a firmware on its board, layer by layer')
    .description(
      'Runs the firmware of a project folder on a board, or on an emulated one, and says for each layer how long it ' +
        'takes, in cycles on a board and instructions in an emulator, and what memory the model touches. Exit code 7 ' +
        'where the self-test fails, or a run touches more memory than was reported.',
    )
    .argument('<project folder>', 'what "tessera compile" made for a board')
    .option('--runs <count>', 'how often to run', positive, 5);
  addBoardOptions(command)
    .addHelpText('after', examples)
    .action(async (folder: string, flags: Flags) => {
      const { profileProject, profileText, requireSound } = await import('../api/profile.ts');
      const result = await profileProject(folder, { ...flags, onProgress: terminal.progress });
      terminal.print(flags.json ? jsonText(result) : profileText(result));
      requireSound(result);
    });
}
