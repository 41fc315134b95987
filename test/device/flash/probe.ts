import { spawnSync } from 'node:child_process';

/** Whether a debug probe is connected: tests must not write to somebody's board. */
export function hasProbe(): boolean {
  const { stdout } = spawnSync('st-info', ['--probe'], { encoding: 'utf8' });
  return !/Found 0 stlink programmers/.test(stdout ?? '');
}
