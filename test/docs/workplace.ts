import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { unsupportedModel } from '../cli/small-model.ts';

export const root = resolve(import.meta.dirname, '../..');

/** A folder in which pages are followed word by word, as by somebody who has installed the package. */
export interface Workplace {
  /** A copy of the folder that docs/README.md says how to make. */
  start(): string;
  /** Where the package stands, with its examples and the demonstration. */
  readonly installed: string;
  remove(): void;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Builds the package from the sources as they are now, and installs it into a new folder. */
export function createWorkplace(firstSteps: string): Workplace {
  const home = mkdtempSync(join(tmpdir(), 'tessera-docs-'));
  const installed = join(home, 'node_modules', 'tessera');
  const commands = join(home, 'node_modules', '.bin');
  for (const folder of [installed, commands]) mkdirSync(folder, { recursive: true });
  // Types are checked elsewhere.
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['--noCheck', '--outDir', join(installed, 'dist')], { cwd: root });
  for (const file of ['package.json', 'runtime-c', 'targets']) symlinkSync(join(root, file), join(installed, file));
  symlinkSync(join(root, 'examples'), join(installed, 'examples'));
  cpSync(join(root, 'scripts/demo.mjs'), join(installed, 'scripts/demo.mjs'));
  const modules = ['commander', 'fflate', 'onnx-proto', '@yowasp', 'vitest', '@types'];
  for (const name of modules) symlinkSync(join(root, 'node_modules', name), join(home, 'node_modules', name));
  const script = (name: string, text: string): void => {
    writeFileSync(join(commands, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(commands, name), 0o755);
  };
  script('tessera', `exec node '${installed}/dist/cli/main.js' "$@"`);
  // What npx does once it has found the package, without the second that it takes to look.
  script(
    'npx',
    `name=$1; shift; case $name in tessera) exec tessera "$@";; *) exec '${root}/node_modules/.bin/'$name "$@";; esac`,
  );
  symlinkSync(join(root, 'examples'), join(home, 'examples'));
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
    installed,
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
