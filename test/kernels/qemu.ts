import { readFileSync } from 'node:fs';
import { type cores, runOnQemu } from '../../scripts/bench/qemu.mjs';
import type { KernelVariant } from '../../src/kernels/define.ts';
import { type CaseMaker, drawCases } from './support.ts';

const main = readFileSync(new URL('qemu-main.c', import.meta.url), 'utf8');

/** The cases as they are, for the linker. */
const casesText = `  .section .rodata
  .balign 4
  .global kernel_cases
kernel_cases:
  .incbin "cases.bin"
`;

/** Cases a kernel and core: few, since the same kernels run by the thousand on this machine. */
const sample = 40;

/**
 * Runs a variant beside its portable kernel on a core, in QEMU: there its instructions are the real ones.
 * @returns a line for every case that differs; none where all agree
 */
export async function compareOnQemu(
  core: keyof typeof cores,
  variant: KernelVariant,
  make: CaseMaker,
  { count = sample, seed = 7 }: { readonly count?: number; readonly seed?: number } = {},
): Promise<readonly string[]> {
  const drawn = drawCases(variant, make, count, seed);
  const found: string[] = [];
  for (const [index, { files, cases }] of drawn.programs.entries()) {
    const program = new Map<string, string | Uint8Array>([
      ...files,
      ['main.c', main],
      ['cases.S', casesText],
      ['cases.bin', cases],
    ]);
    const { output, code } = await runOnQemu({ core, files: program, seconds: 60 });
    const lines = output.split('\n').filter((line) => line.startsWith('case '));
    found.push(...lines.map((line) => `${line}: ${drawn.describe(index, Number(line.match(/\d+/)?.[0]))}`));
    if (code !== 0 && lines.length === 0) found.push(`ended with ${code}: ${output.slice(-500)}`);
    if (code === 0 && !output.includes('0 different')) found.push(`did not run: ${output.slice(-500)}`);
  }
  return found;
}
