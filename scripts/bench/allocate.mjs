/**
 * How small the allocator packs a folder of problems in the format of google/minimalloc:
 * `npm run build && node scripts/bench/allocate.mjs FOLDER [--work VISITS] [--json]`. Every placement is checked by the
 * independent validator.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { placeBySize } from '../../dist/plan/allocate/greedy.js';
import { readMiniMalloc } from '../../dist/plan/allocate/minimalloc.js';
import { peakOf } from '../../dist/plan/allocate/problem.js';
import { solveAllocation } from '../../dist/plan/allocate/solve.js';
import { validateAllocation } from '../../dist/plan/validate/allocation.js';

const options = { json: { type: 'boolean', default: false }, work: { type: 'string', default: '3000000000' } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
if (positionals.length !== 1) {
  process.stderr.write('node scripts/bench/allocate.mjs FOLDER [--work VISITS] [--json]\n');
  process.exit(2);
}
const [folder] = positionals;

function measure(file) {
  const { blocks } = readMiniMalloc(readFileSync(join(folder, file), 'utf8'));
  const start = performance.now();
  const { offsets, peak, bound, optimal } = solveAllocation(blocks, { work: Number(values.work) });
  const seconds = (performance.now() - start) / 1000;
  validateAllocation(
    blocks.map((block, index) => ({ ...block, name: block.id, offset: offsets[index] })),
    peak,
    1,
  );
  const greedy = peakOf(blocks, placeBySize(blocks));
  return { instance: file.replace(/\.csv$/, ''), buffers: blocks.length, bound, peak, optimal, greedy, seconds };
}

const columns = ['instance', 'buffers', 'bound', 'peak', 'optimal', 'greedy', 'seconds'];
const widths = [20, 8, 12, 12, 8, 12, 8];
const line = (cells) =>
  `${cells
    .map((cell, index) => String(cell).padEnd(widths[index]))
    .join(' ')
    .trimEnd()}\n`;

const results = [];
if (!values.json) process.stdout.write(line(columns));
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith('.csv'))
  .sort()) {
  const result = measure(file);
  results.push(result);
  if (!values.json)
    process.stdout.write(line(columns.map((name) => (name === 'seconds' ? result.seconds.toFixed(2) : result[name]))));
}
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
else process.stdout.write(`${results.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(2)} s in total\n`);
