import type { Command } from 'commander';
import { jsonText, type Terminal } from './terminal.ts';

export function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .summary('which external tools there are')
    .description(
      'Looks for every external tool, with its version, and says what it is for and how to install it. None of them is ' +
        'needed to compile for WebAssembly or to plan.',
    )
    .option('--json', 'print JSON')
    .action(async (flags: { readonly json?: true }) => {
      const { checkTools } = await import('../api/doctor.ts');
      const { tableText } = await import('../report/table.ts');
      const found = checkTools();
      if (flags.json) {
        terminal.print(jsonText({ schemaVersion: 1, node: process.version, tools: found }));
        return;
      }
      const table = tableText(
        [
          { title: 'tool', align: 'left', text: (tool) => tool.name },
          { title: 'version', align: 'left', text: (tool) => (tool.isFound ? (tool.version ?? 'found') : 'missing') },
          { title: 'what it is for', align: 'left', text: (tool) => tool.purpose },
        ],
        found,
        120,
      );
      const missing = found.filter((tool) => !tool.isFound).map((tool) => `  ${tool.name}: ${tool.install}`);
      terminal.print(
        [table, ...(missing.length === 0 ? [] : ['', 'How to install what is missing:', ...missing])].join('\n'),
      );
    });
}
