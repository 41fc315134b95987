import { type ChildProcess, spawn } from 'node:child_process';
import { loadTarget } from '../../src/targets/load.ts';

/** A board in an emulator, whose serial line is its standard input and output. */
export interface Emulator {
  /** All text so far, once it holds `text`. */
  until(text: string): Promise<string>;
  send(text: string): void;
  stop(): void;
}

/** How long it may say nothing of what is waited for, in milliseconds: others may use the machine too. */
const patience = 60_000;

/** Starts a program in the emulator of a target. */
export function startEmulator(targetName: string, elf: string): Emulator {
  const simulator = loadTarget(targetName).board?.simulator;
  if (simulator === null || simulator === undefined) throw new Error(`${targetName} has no emulator`);
  const { command, machine, arguments: others } = simulator;
  const quiet = ['-display', 'none', '-monitor', 'none', '-serial', 'stdio'];
  const child: ChildProcess = spawn(command, ['-M', machine, ...others, ...quiet, '-kernel', elf]);
  let text = '';
  let problem: Error | null = null;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  child.stdout?.on('data', (data: Buffer) => {
    text += data.toString('latin1');
    wake();
  });
  child.on('error', (error) => {
    problem = error;
    wake();
  });
  return {
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`${targetName} did not say ${wanted}, but:\n${text}`));
        }, patience);
        const look = (): void => {
          if (problem === null && !text.includes(wanted)) return;
          clearTimeout(timer);
          waiting.delete(look);
          if (problem === null) resolve(text);
          else reject(problem);
        };
        waiting.add(look);
        look();
      }),
    send: (line) => void child.stdin?.write(line),
    stop: () => void child.kill('SIGKILL'),
  };
}
