import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { integers, makeModel, node, valueInfo } from '../onnx/make-model.ts';
import { makeFolder, tessera } from './small-model.ts';

const at = makeFolder(1);
const hostile = (name: string): string => `${name}\u001b[2J\nall is well\u202e\u0007`;

/** What moves a terminal's cursor, ends a line, or turns text around. */
const raw = /[^\P{Cc}\n]|\p{Bidi_Control}|^all is well/mu;

it('no text of a model reaches a terminal or a report as it is', async () => {
  const model = makeModel({
    inputs: [valueInfo(hostile('in'), [1, 2, 8, 8])],
    outputs: [valueInfo(hostile('out'), [1, 2, 2, 2])],
    nodes: ['a', 'b', 'out'].map((name, index, names) =>
      node(
        'MaxPool',
        [hostile(index === 0 ? 'in' : (names[index - 1] as string))],
        [hostile(name)],
        [integers('kernel_shape', [3, 3])],
        { name: hostile('pool') },
      ),
    ),
  });
  writeFileSync(at('hostile.onnx'), model);
  writeFileSync(at('open.onnx'), makeModel({ inputs: [valueInfo(hostile('in'), [1, hostile('W'), 2])], nodes: [] }));
  const random = [at('hostile.onnx'), '--calibrate', 'random'];
  const compile = ['compile', ...random, '--target', 'host', '--out', at('out')];
  for (const args of [
    ['inspect', at('hostile.onnx')],
    ['inspect', at('open.onnx')],
    ['plan', at('open.onnx')],
    ['plan', ...random],
    compile,
    [...compile, '--sram', '16'],
    ['run', ...random, '--input', at('x.npy')],
  ]) {
    const { code, stdout, stderr } = await tessera(...args);
    expect([args[0], code]).not.toEqual([args[0], 1]);
    if (args !== compile) expect(stdout + stderr).toMatch(/in\?|pool\?/);
    expect(stdout + stderr).not.toMatch(raw);
  }
  expect(readFileSync(join(at('out'), 'plan.txt'), 'utf8')).toMatch(/input +in\?\[2J\?all is well/);
  for (const name of ['plan.txt', 'report.json', 'hostile.c', 'hostile.h'])
    expect(readFileSync(join(at('out'), name), 'utf8')).not.toMatch(raw);
});
