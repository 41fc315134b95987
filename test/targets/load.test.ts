import { describe, expect, it } from 'vitest';
import { loadTarget, parseTarget, targetNames } from '../../src/targets/load.ts';

const folder = new URL('file:///nowhere/');
const fields = { name: 'a', description: 'b', kind: 'library' };

describe('targets', () => {
  it.each(targetNames())('%s is valid', (name) => {
    expect(loadTarget(name).name).toBe(name);
  });

  it('are also found by path', () => {
    expect(loadTarget('./targets/host/target.json').name).toBe('host');
    expect(() => loadTarget('./nowhere/target.json')).toThrow(/cannot be read/);
  });

  it.each([
    ['[]', 'no object'],
    ['{', 'not JSON'],
    [JSON.stringify({ ...fields, colour: 'red' }), 'unknown fields colour'],
    [JSON.stringify({ ...fields, kind: 'toaster' }), 'kind must be'],
    [JSON.stringify({ ...fields, compilerFlags: [1] }), 'lists of texts'],
    [JSON.stringify({ ...fields, files: ['../x'] }), 'must lie in the folder'],
    [JSON.stringify({ kind: 'wasm' }), 'must be texts'],
  ])('%s is refused', (text, words) => {
    expect(() => parseTarget(text, folder, 'target a')).toThrow(words);
  });
});
