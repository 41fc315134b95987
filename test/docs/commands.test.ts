import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Block, blocksOf, linksOf, withTexts } from './page.ts';
import { createWorkplace, root, run, type Workplace } from './workplace.ts';

/*
 * What the pages say is done: every `sh` block runs, in the order of the page, in a folder that a block of
 * docs/README.md makes. Comments before a block:
 *   <!-- first-steps -->      the block that makes the folder
 *   <!-- file: name -->       the block is the file of that name (or its lines stand in it, where it was generated)
 *   <!-- in: path -->         the file of the repository holds these lines
 *   <!-- exit: code -->       the last command of the block ends with this code
 *   <!-- not-run: reason -->  the block is not run
 *   <!-- test-command -->     .ci/run runs it
 * A `text` block shows what the `sh` block before it prints; `npx vitest run test/docs -u` brings them up to date.
 */
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Times depend on the machine: two outputs that differ in them alone say the same. */
const timeless = (text: string): string => text.replaceAll(/\d+(\.\d+)? ?(ms|s)\b/g, '<time>');

const notRun = ['first-steps', 'not-run', 'test-command'];

let workplace: Workplace | undefined;

beforeAll(() => {
  const first = blocksOf(textOf('docs/README.md')).find(({ marker }) => marker?.name === 'first-steps');
  workplace = createWorkplace(first?.text ?? '');
}, 120_000);
afterAll(() => workplace?.remove());

/** Runs one block; gives what it printed. */
function follow(block: Block, folder: string): string {
  const { code, stdout, stderr } = run(block.text, folder);
  const expected = block.marker?.name === 'exit' ? Number(block.marker.value) : 0;
  expect(code, `line ${block.line}:\n${block.text}\n${stdout}\n${stderr}`).toBe(expected);
  return (stdout + (expected === 0 ? '' : stderr)).trimEnd();
}

/** Writes the block's file, or finds its lines in the file that is there. */
function settleFile(block: Block, folder: string): void {
  const file = join(folder, block.marker?.value ?? '');
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${block.text}\n`);
    return;
  }
  expect(readFileSync(file, 'utf8'), `line ${block.line}: ${file} does not hold these lines`).toContain(block.text);
}

function followPage(page: string): string {
  const folder = workplace?.start() ?? '';
  const markdown = textOf(page);
  const shown = new Map<Block, string>();
  let printed: string | null = null;
  for (const block of blocksOf(markdown)) {
    const before = printed;
    printed = null;
    if (notRun.includes(block.marker?.name ?? '')) continue;
    if (block.marker?.name === 'file') settleFile(block, folder);
    else if (block.marker?.name === 'in')
      expect(textOf(block.marker.value), `line ${block.line}: ${block.marker.value}`).toContain(block.text);
    else if (block.language === 'sh') printed = follow(block, folder);
    else if (block.language === 'text' && before !== null && timeless(before) !== timeless(block.text))
      shown.set(block, before);
  }
  return withTexts(markdown, shown);
}

describe('what the pages say', () => {
  test.each(pages)(
    '%s: every command works and prints what is shown',
    async (page) => {
      await expect(followPage(page)).toMatchFileSnapshot(join(root, page));
    },
    120_000,
  );

  test('the demonstration names most pictures rightly', () => {
    const scripts = (JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }).scripts;
    const { code, stdout, stderr } = run(scripts.demo ?? '', workplace?.clone ?? '');
    expect([code, stderr]).toEqual([0, '']);
    expect(Number(/int8 accuracy +([\d.]+) %/.exec(stdout)?.[1])).toBeGreaterThan(85);
  }, 120_000);

  test.each(pages)('%s: a block that is not run says why', (page) => {
    const silent = blocksOf(textOf(page)).filter(({ marker }) => marker?.name === 'not-run' && marker.value === '');
    expect(silent.map(({ line }) => line)).toEqual([]);
  });

  test.each(pages)('%s: every link leads to a file', (page) => {
    for (const link of linksOf(textOf(page))) expect(existsSync(join(root, dirname(page), link)), link).toBe(true);
  });
});
