import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { addAllocate } from '../../src/cli/allocate.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { readMiniMalloc, writeMiniMalloc } from '../../src/plan/allocate/minimalloc.ts';

const text = 'id,lower,upper,size\na,0,3,4\nb,3,9,4\nc,0,9,4\nd,9,21,4\ne,0,21,4\n';

describe('the MiniMalloc format', () => {
  it('reads blocks and writes them with offsets', () => {
    const problem = readMiniMalloc(text);
    expect(problem.blocks[1]).toEqual({ id: 'b', lower: 3, upper: 9, size: 4 });
    expect(writeMiniMalloc(problem, [8, 8, 4, 4, 0])).toBe(
      'id,lower,upper,size,offset\na,0,3,4,8\nb,3,9,4,8\nc,0,9,4,4\nd,9,21,4,4\ne,0,21,4,0\n',
    );
  });

  it('takes columns in any order, a byte order mark, CRLF, empty lines, and solutions', () => {
    const problem = readMiniMalloc('\uFEFFsize,offset,id,upper,lower\r\n8,99,x,4,1\r\n\r\n');
    expect(problem.blocks).toEqual([{ id: 'x', lower: 1, upper: 4, size: 8 }]);
    expect(writeMiniMalloc(problem, [0])).toBe('size,id,upper,lower,offset\n8,x,4,1,0\n');
    expect(writeMiniMalloc(readMiniMalloc('id,lower,upper,size'), [])).toBe('id,lower,upper,size,offset\n');
  });

  it.each([
    ['', 'line 1 has no column "id"'],
    ['id,lower,upper\n', 'line 1 has no column "size"'],
    ['id,lower,upper,size,alignment\n', 'column "alignment" is not known'],
    ['id,lower,upper,size,id\n', 'column "id" comes twice'],
    ['id,lower,upper,size\na,0,1\n', 'line 2 has 3 values, not 4'],
    ['id,lower,upper,size\na,0,1,-4\n', 'line 2: size "-4" is no whole number'],
    ['id,lower,upper,size\na,0,1,1e3\n', 'size "1e3" is no whole number'],
    ['id,lower,upper,size\na,0,,4\n', 'upper "" is no whole number'],
    ['id,lower,upper,size\na,0,1,99999999999999999999\n', 'is no whole number'],
    ['id,lower,upper,size\na,2,2,4\n', 'line 2: a block lives from 2 to before 2'],
    ['id,lower,upper,size\na,0,1,4\n\na,0,1,4\n', 'line 4: id "a" comes twice'],
    [`id,lower,upper,size\na,0,1,${2 ** 53 - 1}\nb,4,5,1\n`, 'line 3: the sizes sum up'],
  ])('refuses %j', (wrong, message) => {
    expect(() => readMiniMalloc(wrong)).toThrow(message);
  });
});

describe('tessera allocate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'problem.csv');

  async function run(content: string, ...flags: readonly string[]): Promise<{ out: string; err: string }> {
    writeFileSync(path, content);
    let out = '';
    let err = '';
    const stream = (add: (written: string) => void) => ({ write: (written: string) => add(written) });
    const terminal = createTerminal(
      stream((written) => {
        out += written;
      }),
      stream((written) => {
        err += written;
      }),
    );
    const program = new Command().exitOverride();
    addAllocate(program, terminal);
    await program.parseAsync(['allocate', path, ...flags], { from: 'user' });
    return { out, err };
  }

  it('prints the solution, and what is known about it beside', async () => {
    const { out, err } = await run(text);
    expect(out.split('\n')[0]).toBe('id,lower,upper,size,offset');
    expect(out.endsWith('\n') && !out.endsWith('\n\n')).toBe(true);
    expect(readMiniMalloc(out).blocks).toEqual(readMiniMalloc(text).blocks);
    expect(err).toBe('peak 12, bound 12, optimal\n');
  });

  it('prints JSON', async () => {
    const result = JSON.parse((await run(text, '--json')).out);
    expect(result).toMatchObject({ schemaVersion: 1, peak: 12, bound: 12, optimal: true });
    expect(result.blocks).toHaveLength(5);
  });

  it('fails with exit code 4 where the capacity is too small, 2 where the file is wrong', async () => {
    expect((await run(text, '--capacity', '12')).err).toContain('peak 12');
    await expect(run(text, '--capacity', '11')).rejects.toMatchObject({
      code: 4,
      message: expect.stringContaining('12 bytes'),
    });
    await expect(run('id\n')).rejects.toMatchObject({ code: 2, message: expect.stringContaining('problem.csv') });
    rmSync(path);
    const program = new Command().exitOverride();
    const silent = { write: () => true };
    addAllocate(program, createTerminal(silent, silent));
    const missing = program.parseAsync(['allocate', path], { from: 'user' });
    await expect(missing).rejects.toMatchObject({
      code: 2,
      message: expect.stringContaining('it cannot be read: not found'),
    });
  });
});
