import { type Command, Option } from 'commander';
import type { FlashOptions } from '../api/flash.ts';
import { jsonText, type Terminal } from './terminal.ts';

interface Flags extends FlashOptions {
  readonly json?: true;
}

const examples = `
Examples:
  tessera flash build --target nucleo-f446re
  tessera flash firmware.elf --target nucleo-f446re --method st-flash
  tessera flash firmware.bin --target nucleo-l4r5zi --port /dev/ttyUSB0`;

export function addFlash(program: Command, terminal: Terminal): void {
  program
    .command('flash')
    .summary('write a firmware to a board, and start it')
    .description(
      'Erases, writes, reads back and starts, by a debug probe or by the bootloader that ST has put into its ' +
        'microcontrollers. The product id of the device is compared with the target before anything is erased.',
    )
    .argument('<firmware>', 'a project folder that was built, a .elf or a .bin file')
    .option(
      '--target <name>',
      "the board: a name that `tessera targets` lists, or a file; by default the project's own",
    )
    .option('--method <tool>', 'openocd, st-flash, cubeprogrammer or uart; by default the first that is installed')
    .option('--port <path>', 'flash by the bootloader on this serial port; "auto" is the ST-LINK')
    .addOption(
      new Option('--parity <parity>', 'of the bootloader; "none" is for pseudo-terminals').choices(['even', 'none']),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (path: string, flags: Flags) => {
      const { flashFirmware, flashText } = await import('../api/flash.ts');
      const { target, method, port, parity } = flags;
      const report = await flashFirmware(path, { target, method, port, parity, onProgress: terminal.progress });
      terminal.print(flags.json ? jsonText(report) : flashText(report));
    });
}
