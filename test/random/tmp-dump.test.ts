import { it } from 'vitest';
import { randomPlans } from './plans.ts';
import { makeBatch } from '../support/batch.ts';
import { runtimeFile } from '../../src/codegen/project.ts';
import { mkdirSync, writeFileSync, copyFileSync } from 'node:fs';
it('x', () => {
  const models = [];
  for (let seed = 0; seed < 14; seed++) { const r = randomPlans(seed); for (const { kind, plan } of r.plans) models.push({ name: `seed ${seed} ${kind}`, plan, samples: r.samples }); }
  const b = makeBatch(models);
  mkdirSync('/tmp/batch', { recursive: true });
  for (const [n, t] of b.files) writeFileSync('/tmp/batch/' + n, t);
  for (const p of ['tsr.h', ...b.kernels]) writeFileSync('/tmp/batch/' + p.split('/').at(-1), runtimeFile(p));
  writeFileSync('/tmp/batch/main.c', ['#define HARNESS_BLOCK_BYTES ' + b.blockBytes, '#define HARNESS_INPUT_BYTES ' + b.inputBytes, '#define HARNESS_OUTPUT_BYTES ' + b.outputBytes, ...b.kernels.filter((p) => p.endsWith('.c')).map((p) => `#include "${p.split('/').at(-1)}"`), '#include "batch.c"', ''].join('\n'));
  copyFileSync('test/support/native.c', '/tmp/batch/native.c');
  console.log(models.length, models.reduce((s, m) => s + m.plan.layers.length, 0));
});
