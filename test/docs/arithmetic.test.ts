import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { requantization, requantize } from '../../src/arithmetic/fixed-point.ts';
import { randomFrom } from '../support/random.ts';
import { blocksOf } from './page.ts';
import { root } from './workplace.ts';

type Requantizer = (acc: number, channel: number) => number;

test('the code of docs/arithmetic.md computes what the compiler computes', async () => {
  const block = blocksOf(readFileSync(join(root, 'docs/arithmetic.md'), 'utf8')).find(
    ({ marker }) => marker?.name === 'file' && marker.value === 'requantize.mjs',
  );
  const folder = mkdtempSync(join(tmpdir(), 'tessera-arithmetic-'));
  const file = join(folder, 'requantize.mjs');
  writeFileSync(file, block?.text ?? '');
  const { requantizer } = (await import(pathToFileURL(file).href)) as {
    requantizer: (m: readonly number[], zeroPoint: number, min: number, max: number) => Requantizer;
  };
  rmSync(folder, { recursive: true });
  const random = randomFrom(1);
  const differences: string[] = [];
  for (let round = 0; round < 2000; round += 1) {
    const m = Array.from({ length: 3 }, () => 2 ** (30 * random() - 27));
    const zeroPoint = Math.floor(256 * random()) - 128;
    const [min, max] = random() < 0.5 ? [-128, 127] : [zeroPoint, 127];
    const bound = Math.floor((2 ** 31 - 1) / Math.max(1, ...m.map((factor) => 16 * factor)));
    const ours = requantization(m, zeroPoint, bound, { min, max });
    const stated = requantizer(m, zeroPoint, min, max);
    for (let channel = 0; channel < 3; channel += 1) {
      const reach = Math.min(bound, 300 / (m[channel] as number));
      const acc = Math.round((2 * random() - 1) * reach);
      const [expected, actual] = [requantize(acc, channel, ours), stated(acc, channel)];
      if (expected !== actual) differences.push(`${acc} * ${m[channel]}: ${expected}, and ${actual} by the page`);
    }
  }
  expect(differences).toEqual([]);
});
