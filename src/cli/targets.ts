import type { Command } from 'commander';
import type { Target } from '../targets/load.ts';
import { jsonText, type Terminal } from './terminal.ts';

export function addTargets(program: Command, terminal: Terminal): void {
  program
    .command('targets')
    .summary('what there is to compile for')
    .description(
      'Lists the targets that come with tessera; given the name or the file of one, prints its JSON, to begin a board of ' +
        'your own with.',
    )
    .argument('[name]', 'a target, or the path of a JSON file')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, flags: { readonly json?: true }) => {
      const { loadTarget, targetNames } = await import('../targets/load.ts');
      const { tableText } = await import('../report/table.ts');
      if (name !== undefined) {
        terminal.print(loadTarget(name).text);
        return;
      }
      const targets = targetNames().map(loadTarget);
      if (flags.json) {
        terminal.print(jsonText({ schemaVersion: 1, targets: targets.map(summary) }));
        return;
      }
      terminal.print(
        tableText(
          [
            { title: 'target', align: 'left', text: (target) => target.name },
            { title: 'what it is', align: 'left', text: (target) => target.description },
          ],
          targets,
          200,
        ),
      );
    });
}

/** What --json says of a target. */
function summary({ name, description, kind, isas, board }: Target): object {
  if (board === null) return { name, description, kind, isas };
  const { core, clock, flash, memory, flashMethods, simulator } = board;
  return {
    ...{ name, description, kind, isas, core },
    coreHz: clock.coreHz,
    flashBytes: flash.bytes,
    memory: memory.map(({ name: region, address, bytes, speed }) => ({ name: region, address, bytes, speed })),
    flashMethods: Object.keys(flashMethods),
    simulator: simulator?.machine ?? null,
  };
}
