import { type Command, Option } from 'commander';
import { collect, positive } from './options.ts';
import { addBoardOptions } from './profile.ts';
import { jsonText, type Terminal } from './terminal.ts';

interface Flags {
  readonly input: readonly string[];
  readonly limit?: number;
  readonly port?: string;
  readonly target?: string;
  readonly model?: string;
  readonly compiler?: 'npm' | 'system';
  readonly json?: true;
}

const examples = `
Examples:
  tessera verify firmware --input x.npy --limit 10 --port auto
  tessera verify firmware --input x.npy --target qemu-stm32f405`;

export function addVerify(program: Command, terminal: Terminal): void {
  const command = program
    .command('verify')
    .summary('compare a board with the simulator, byte for byte')
    .description(
      'Runs samples on a board, or on an emulated one, and compares every byte of the outputs with the simulator: the ' +
        'same C, compiled to WebAssembly. Exit code 7 with the first difference.',
    )
    .argument('<project folder>', 'what "tessera compile" made for a board')
    .requiredOption('--input <x.npy>', 'samples for an input; repeat it for each input of the model', collect, [])
    .option('--limit <count>', 'run no more samples than this', positive)
    .addOption(new Option('--compiler <which>', 'clang for WebAssembly').choices(['npm', 'system']));
  addBoardOptions(command)
    .addHelpText('after', examples)
    .action(async (folder: string, flags: Flags) => {
      const { requireSame, verifyProject, verifyText } = await import('../api/verify.ts');
      const { input, ...rest } = flags;
      const result = await verifyProject(folder, { ...rest, inputs: input, onProgress: terminal.progress });
      if (flags.json) terminal.print(jsonText(result));
      else if (result.difference === null) terminal.print(verifyText(result));
      requireSame(result);
    });
}
