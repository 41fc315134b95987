/** A fenced block of a Markdown page, and the comment that stands right before it. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** `name` and `value` of `<!-- name: value -->` or `<!-- name -->`. */
  readonly marker: { readonly name: string; readonly value: string } | null;
  /** The line of the page on which the fence opens, from 1 on. */
  readonly line: number;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(markdown: string): readonly Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const language = /^```(\w*)$/.exec(lines[at] as string)?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`line ${at + 1}: the block has no end`);
    blocks.push({ language, text: lines.slice(at + 1, end).join('\n'), marker: markerOf(lines[at - 1]), line: at + 1 });
    at = end;
  }
  return blocks;
}

function markerOf(line: string | undefined): Block['marker'] {
  const [, name, value] = /^<!-- ([a-z-]+)(?:: (.+))? -->$/.exec(line ?? '') ?? [];
  return name === undefined ? null : { name, value: value ?? '' };
}

/** The page with other text in some of its blocks. */
export function withTexts(markdown: string, texts: ReadonlyMap<Block, string>): string {
  const lines = markdown.split('\n');
  // From the end, so that the lines of blocks still to come stay where they are.
  for (const [block, text] of [...texts].sort(([a], [b]) => b.line - a.line)) {
    lines.splice(block.line, block.text === '' ? 0 : block.text.split('\n').length, ...text.split('\n'));
  }
  return lines.join('\n');
}

/** The targets of the links of a page that lead to files of the repository, without what follows a #. */
export function linksOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => (target as string).replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}
