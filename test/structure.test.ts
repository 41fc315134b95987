import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
cpSync(join(root, 'biome.json'), join(folder, 'biome.json'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Whether the lint rules of this project take a file of one import at that place. */
function accepts(file: string, imported: string): boolean {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `import { thing } from '${imported}';\n\nconsole.log(thing);\n`);
  try {
    execFileSync(process.execPath, [biome, 'lint', '--vcs-enabled=false', file], { cwd: folder, stdio: 'pipe' });
    return true;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    expect(`${stdout}${stderr}`).toContain('noRestrictedImports');
    return false;
  } finally {
    rmSync(path);
  }
}

describe('the direction of dependencies', () => {
  it.each([
    ['src/graph/types.ts', '../ops/define.ts'],
    ['src/arithmetic/fixed-point.ts', '../ops/define.ts'],
    ['src/ops/conv.ts', '../passes/rewrite.ts'],
    ['src/ops/conv.ts', '../compile.ts'],
    ['src/passes/rewrite.ts', '../quantize/assign.ts'],
    ['src/plan/build.ts', '../codegen/model.ts'],
    ['src/plan/cost/work.ts', '../../codegen/model.ts'],
    ['src/codegen/model.ts', '../simulate/wasm.ts'],
    ['src/compile.ts', './cli/main.ts'],
    ['src/simulate/wasm.ts', '../cli/main.ts'],
    ['src/report/plan.ts', '../api/pipeline.ts'],
    ['src/device/link.ts', '../graph/types.ts'],
    ['src/numpy/npy.ts', '../graph/types.ts'],
    ['src/targets/load.ts', '../codegen/model.ts'],
    ['src/api/run.ts', '../cli/main.ts'],
    ['src/cli/run.ts', '../codegen/model.ts'],
  ])('%s may not import %s', (file, imported) => {
    expect(accepts(file, imported)).toBe(false);
  });

  it.each([
    ['src/ops/conv.ts', '../graph/types.ts'],
    ['src/ops/conv.ts', './define.ts'],
    ['src/codegen/model.ts', '../plan/types.ts'],
    ['src/plan/build.ts', '../errors.ts'],
    ['src/plan/cost/work.ts', '../types.ts'],
    ['src/plan/cost/work.ts', '../../ops/define.ts'],
    ['src/cli/run.ts', '../api/run.ts'],
    ['src/api/run.ts', '../plan/types.ts'],
    ['src/api/run.ts', '../compile.ts'],
  ])('%s may import %s', (file, imported) => {
    expect(accepts(file, imported)).toBe(true);
  });

  it('has a rule for every folder of src', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    // The tests stand outside of src, and nothing in it may depend on them.
    for (const { name } of folders) {
      expect([name, accepts(`src/${name}/a.ts`, '../../test/kit.ts')]).toEqual([name, false]);
    }
  });
});
