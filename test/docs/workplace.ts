import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { unsupportedModel } from '../cli/small-model.ts';

export const root = resolve(import.meta.dirname, '../..');

/** A clone of the repository in which pages are followed word by word. */
export interface Workplace {
  /** A copy of the folder that docs/README.md says how to make. */
  start(): string;
  /** The clone, with its examples and the demonstration. */
  readonly clone: string;
  remove(): void;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Builds the package from the sources as they are now, in a new folder that has all that a clone has and that commands in
 * folders below it find: its settings too.
 */
export function createWorkplace(firstSteps: string): Workplace {
  const home = mkdtempSync(join(tmpdir(), 'tessera-docs-'));
  const commands = join(home, 'node_modules', '.bin');
  mkdirSync(commands, { recursive: true });
  // Types are checked elsewhere.
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['--noCheck', '--outDir', join(home, 'dist')], { cwd: root });
  const linked = ['examples', 'runtime-c', 'targets'];
  for (const name of linked) symlinkSync(join(root, name), join(home, name));
  const copied = ['package.json', 'tsconfig.json', 'vitest.config.ts', 'scripts/demo.mjs'];
  for (const name of copied) cpSync(join(root, name), join(home, name));
  const modules = ['commander', 'fflate', 'onnx-proto', '@yowasp', 'vitest', '@types'];
  for (const name of modules) symlinkSync(join(root, 'node_modules', name), join(home, 'node_modules', name));
  const script = (name: string, text: string): void => {
    writeFileSync(join(commands, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(commands, name), 0o755);
  };
  script('tessera', `exec node '${home}/dist/cli/main.js' "$@"`);
  // What npx does once it has found the package, without the second that it takes to look: it would look in the nearest
  // folder that has a node_modules.
  script(
    'npx',
    `[ ! -e node_modules ] || { echo "npx would look into $PWD/node_modules" >&2; exit 1; }
name=$1; shift; case $name in tessera) exec tessera "$@";; *) exec '${root}/node_modules/.bin/'$name "$@";; esac`,
  );
  const first = run(firstSteps, home);
  if (first.code !== 0) throw new Error(`docs/README.md: the first steps fail\n${first.stderr}`);
  writeFileSync(join(home, 'try', 'unsupported.onnx'), unsupportedModel);
  let count = 0;
  return {
    start() {
      count += 1;
      const place = join(home, `page-${count}`);
      cpSync(join(home, 'try'), place, { recursive: true });
      return place;
    },
    clone: home,
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Runs the commands of a block in a folder of the workplace; stops at the first that fails. */
export function run(commands: string, folder: string): Outcome {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const environment = Object.entries(inherited).filter(([name]) => !name.startsWith('VITEST'));
  const path = `${join(folder, '../node_modules/.bin')}:${join(folder, 'node_modules/.bin')}:${process.env.PATH}`;
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', commands], {
    cwd: folder,
    env: { ...Object.fromEntries(environment), PATH: path, NO_COLOR: '1', FORCE_COLOR: undefined },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return { code: status ?? -1, stdout, stderr };
}
