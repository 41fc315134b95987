import { spawnSync } from 'node:child_process';

const runs = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

/** Whether firmware can be compiled and emulated here. */
export const canEmulate: boolean = runs('arm-none-eabi-gcc') && runs('qemu-system-arm');
