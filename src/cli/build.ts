import type { Command } from 'commander';
import { jsonText, type Terminal } from './terminal.ts';

export function addBuild(program: Command, terminal: Terminal): void {
  program
    .command('build')
    .summary('build a firmware and see whether it fits')
    .description(
      'Builds the firmware in a folder that "tessera compile" made for a board, with arm-none-eabi-gcc (through make ' +
        'where it is installed), and says what it takes of each memory. Exit code 4 where it does not fit.',
    )
    .argument('<folder>', 'the folder of the firmware')
    .option('--json', 'print JSON')
    .action(async (folder: string, flags: { readonly json?: true }) => {
      const { buildFirmware, regionText, requireFit } = await import('../api/build.ts');
      terminal.progress('building', 0, 1);
      const build = buildFirmware(folder);
      for (const warning of build.warnings) terminal.stderr.write(`${warning}\n`);
      if (flags.json) terminal.print(jsonText({ schemaVersion: 1, ...build }));
      else terminal.print(`${regionText(build.regions)}${build.fits ? `\n${build.elf}\n${build.binary}` : ''}`);
      requireFit(build);
    });
}
