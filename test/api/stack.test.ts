import { expect, it } from 'vitest';
import { deepestStack, readCallGraph } from '../../src/api/stack.ts';

const node = (name: string, frame: string): string =>
  `node: { title: "${name}" label: "${name}\\nm.c:1:1\\n${frame}" }`;
const edge = (from: string, to: string): string => `edge: { sourcename: "${from}" targetname: "${to}" label: "m.c:2" }`;

const model = [
  node('net_run', '24 bytes (static)'),
  node('m.c:layer', '40 bytes (static)'),
  node('kernel', '0 bytes (static)'),
  'node: { title: "memcpy" label: "memcpy\\n<built-in>" shape : ellipse }',
  edge('net_run', 'm.c:layer'),
  edge('net_run', 'kernel'),
  edge('m.c:layer', 'kernel'),
  edge('kernel', 'memcpy'),
];

it('sums frames along the deepest way, library functions by what is known of them', () => {
  expect(deepestStack(readCallGraph([model.join('\n')]), 'net_run')).toBe(24 + 40 + 0 + 16);
});

it('takes a call through a pointer for one of the deeper function that reads or writes rows', () => {
  const calls = [...model, edge('kernel', '__indirect_call')].join('\n');
  expect(deepestStack(readCallGraph([calls]), 'net_run')).toBe(null);
  const firmware = node('run.c:read_row', '100 bytes (static)');
  expect(deepestStack(readCallGraph([calls, firmware]), 'net_run')).toBe(24 + 40 + 0 + 100);
  const both = [node('run.c:write_row', '300 bytes (static)'), firmware, edge('run.c:write_row', 'memcpy')].join('\n');
  expect(deepestStack(readCallGraph([calls, both]), 'net_run')).toBe(24 + 40 + 0 + 300 + 16);
});

it('takes it for one of each function of its file that nothing calls by name, too', () => {
  const kernel = [
    node('kernel', '8 bytes (static)'),
    node('k.c:wide', '200 bytes (static)'),
    node('k.c:narrow', '90 bytes (static)'),
    edge('kernel', '__indirect_call'),
  ].join('\n');
  const other = [node('other.c:far', '999 bytes (static)'), node('run.c:read_row', '100 bytes (static)')].join('\n');
  expect(deepestStack(readCallGraph([kernel, other]), 'kernel')).toBe(8 + 200);
});

it.each([
  ['a function that nothing is known of', edge('kernel', 'printf')],
  ['recursion', edge('kernel', 'net_run')],
  ['a frame of no fixed size', `${node('more', '8 bytes (dynamic)')}\n${edge('kernel', 'more')}`],
])('knows no bound with %s', (_, line) => {
  expect(deepestStack(readCallGraph([[...model, line].join('\n')]), 'net_run')).toBe(null);
});
