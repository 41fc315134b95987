import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fillTemplate } from '../../src/codegen/board-template.ts';
import { formNames, loadForm } from '../../src/targets/forms.ts';
import { createBench, exampleProject } from './project.ts';

const bench = createBench();
afterAll(() => bench.remove());

const run = (folder: string, program: string, args: readonly string[]): string =>
  execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

/** A program that uses the library of home-sounds, and ends with 0 where it computes what the compiler says. */
const mainText = `#include "home_sounds.h"

static int32_t arena[HOME_SOUNDS_ARENA_BYTES / 4 + 1];

int main(void) { return home_sounds_self_test(arena) ? 0 : 1; }
`;

const cmakeText = `cmake_minimum_required(VERSION 3.13)
project(app C)
add_subdirectory(library)
add_executable(app main.c)
target_link_libraries(app home_sounds)
`;

describe('templates', () => {
  it('fill in values, and repeat a line for each element of a list', () => {
    const values = { name: 'n', files: ['a.c', 'b.c'], none: [] };
    expect(fillTemplate('{{name}}:\n  {{name}}/{{files}} \\\n{{none}}\nend', values)).toBe(
      'n:\n  n/a.c \\\n  n/b.c \\\nend',
    );
    expect(fillTemplate('{{name}}', { name: '$&{{name}}' })).toBe('$&{{name}}');
    expect(() => fillTemplate('{{other}}', values)).toThrow(/asks for other/);
  });
});

describe('forms of a project', { timeout: 120_000 }, () => {
  it.each(formNames())('%s is valid', (name) => {
    const form = loadForm(name);
    expect(form.kinds.length).toBeGreaterThan(0);
    for (const kind of form.defaultFor) expect(form.kinds).toContain(kind);
  });

  it('a library for CMake gives the right answer on this machine', async () => {
    const folder = bench.write(
      'cmake',
      new Map([
        ['main.c', mainText],
        ['CMakeLists.txt', cmakeText],
      ]),
    );
    bench.write('cmake/library', await exampleProject('home-sounds', 'host', { form: 'library' }));
    run(folder, 'cmake', ['-B', 'build', '-DCMAKE_C_FLAGS=-Wall -Wextra -Werror']);
    run(folder, 'cmake', ['--build', 'build']);
    run(folder, 'build/app', []);
  });

  it('a library names its files for PlatformIO, Arduino and Zephyr', async () => {
    const files = await exampleProject('home-sounds', 'nucleo-f446re', { form: 'library' });
    const text = (path: string): string => String(files.get(path));
    const library = JSON.parse(text('library.json')) as Record<string, unknown>;
    expect(library).toMatchObject({ name: 'home_sounds', headers: 'home_sounds.h', build: { srcDir: 'src' } });
    const properties = Object.fromEntries(
      text('library.properties')
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
    // What Arduino asks for: its library specification 1.5.
    for (const name of [
      'name',
      'version',
      'author',
      'maintainer',
      'sentence',
      'paragraph',
      'category',
      'architectures',
    ])
      expect(properties[name]).toMatch(/./);
    expect(properties.includes).toBe('home_sounds.h');
    expect(text('zephyr/module.yml')).toBe('name: home_sounds\nbuild:\n  cmake: zephyr\n');
    const listed = [...text('zephyr/CMakeLists.txt').matchAll(/\.\.\/(src\/\S+\.c)/g)].map(([, path]) => path);
    expect(listed).toEqual([...files.keys()].filter((path) => path.endsWith('.c')).sort());
    // Nothing of the board.
    expect([...files.keys()].filter((path) => /startup|firmware|memory\.ld|target\.json/.test(path))).toEqual([]);
  });

  it('a firmware builds with CMake as it does with make', async () => {
    const folder = bench.write('firmware', await exampleProject('home-sounds', 'nucleo-l4r5zi'));
    run(folder, 'cmake', ['-B', 'build/cmake']);
    run(folder, 'cmake', ['--build', 'build/cmake']);
    run(folder, 'make', []);
    const [cmake, make] = ['build/cmake/firmware.bin', 'build/firmware.bin'].map((path) =>
      readFileSync(join(folder, path)),
    ) as [Buffer, Buffer];
    expect(Math.abs(cmake.length - make.length)).toBeLessThan(64);
  });

  it('a form that is not for the target is refused', async () => {
    await expect(exampleProject('home-sounds', 'host', { form: 'firmware' })).rejects.toThrow(
      /the form firmware is not for host/,
    );
    await expect(exampleProject('home-sounds', 'host', { form: 'poem' })).rejects.toThrow(/there is no form poem/);
  });
});
