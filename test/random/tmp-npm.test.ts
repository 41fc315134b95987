import { it } from 'vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { compileWasm } from '../../src/simulate/clang.ts';
it('x', async () => {
  const files = new Map(readdirSync('/tmp/batch').filter((f) => /\.[ch]$/.test(f)).map((f) => [f, readFileSync('/tmp/batch/' + f, 'utf8')]));
  for (const o of ['-O1', '-O0', '-O1', '-O3']) {
    const c = process.cpuUsage().user; const t = Date.now();
    await compileWasm(files, 'main.c', ['-std=c99', o, '-msimd128', '-mbulk-memory', '-ffp-contract=off'], 'npm');
    console.log(o, (process.cpuUsage().user - c) / 1e6, Date.now() - t);
  }
}, 600000);
