import { usageError } from '../../errors.ts';
import type { Block } from './problem.ts';

/**
 * A problem in the text format of google/minimalloc: comma separated values, with a line of column names. A block lives
 * from `lower` on and before `upper`.
 */
export interface MiniMallocProblem {
  /** As in the file, but for `offset`, which a solution states anew. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly blocks: readonly (Block & { readonly id: string })[];
}

const needed = ['id', 'lower', 'upper', 'size'] as const;

/**
 * Reads a problem; its columns may come in any order. An `offset` column, as solutions have, is left out.
 * @throws TesseraError (exit 2) that names the line
 */
export function readMiniMalloc(text: string): MiniMallocProblem {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const header = (lines[0] ?? '').split(',').map((name) => name.trim());
  for (const name of needed) {
    if (!header.includes(name)) throw usageError(`line 1 has no column "${name}"`, `It must be ${needed.join(',')}.`);
  }
  header.forEach((name, index) => {
    if (name !== 'offset' && !needed.some((known) => known === name))
      throw usageError(`line 1: column "${name}" is not known`);
    if (header.indexOf(name) !== index) throw usageError(`line 1: column "${name}" comes twice`);
  });
  const kept = header.flatMap((name, index) => (name === 'offset' ? [] : [index]));
  const ids = new Set<string>();
  const rows: (readonly string[])[] = [];
  const blocks: (Block & { readonly id: string })[] = [];
  let total = 0;
  lines.slice(1).forEach((line, index) => {
    if (line.trim() === '') return;
    const where = `line ${index + 2}`;
    const cells = line.split(',').map((cell) => cell.trim());
    if (cells.length !== header.length) throw usageError(`${where} has ${cells.length} values, not ${header.length}`);
    const cell = (name: string): string => cells[header.indexOf(name)] as string;
    const whole = (name: string): number => {
      const value = Number(cell(name));
      const isWhole = /^\d+$/.test(cell(name)) && Number.isSafeInteger(value);
      if (!isWhole) throw usageError(`${where}: ${name} "${cell(name)}" is no whole number`);
      return value;
    };
    const block = { id: cell('id'), lower: whole('lower'), upper: whole('upper'), size: whole('size') };
    if (block.lower >= block.upper)
      throw usageError(`${where}: a block lives from ${block.lower} to before ${block.upper}`);
    if (ids.has(block.id)) throw usageError(`${where}: id "${block.id}" comes twice`);
    total += block.size;
    if (!Number.isSafeInteger(total)) throw usageError(`${where}: the sizes sum up to more than 2^53 - 1`);
    ids.add(block.id);
    rows.push(kept.map((column) => cells[column] as string));
    blocks.push(block);
  });
  return { columns: kept.map((column) => header[column] as string), rows, blocks };
}

/** The problem with an offset for each block as its last column. */
export function writeMiniMalloc(problem: MiniMallocProblem, offsets: readonly number[]): string {
  const rows = problem.rows.map((row, index) => [...row, offsets[index]].join(','));
  return `${[[...problem.columns, 'offset'].join(','), ...rows].join('\n')}\n`;
}
