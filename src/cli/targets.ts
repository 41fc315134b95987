import type { Command } from 'commander';
import { jsonText, type Terminal } from './terminal.ts';

export function addTargets(program: Command, terminal: Terminal): void {
  program
    .command('targets')
    .summary('what there is to compile for')
    .description('Lists the targets that come with tessera.')
    .option('--json', 'print JSON')
    .action(async (flags: { readonly json?: true }) => {
      const { loadTarget, targetNames } = await import('../targets/load.ts');
      const { tableText } = await import('../report/table.ts');
      const targets = targetNames().map(loadTarget);
      if (flags.json) {
        const list = targets.map(({ name, description, kind }) => ({ name, description, kind }));
        terminal.print(jsonText({ schemaVersion: 1, targets: list }));
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
