import { expect, test } from 'vitest';
import { describeNode, type Graph, type Tensor } from '../../src/graph/types.ts';
import { createGraphBuilder } from '../../src/ops/build.ts';
import { present } from '../../src/ops/define.ts';
import type { UnaryAttributes } from '../../src/ops/unary.ts';
import { type UnaryStep, unaryFunctions, unaryTable } from '../../src/ops/unary-functions.ts';
import { fuseUnary } from '../../src/passes/fuse-unary.ts';
import { finished, run, runOnQuantizedGraphs, runOnRandomGraphs, runSame, stated } from '../support/pass.ts';
import { randomFrom } from '../support/random.ts';

const step = (name: UnaryStep['function'], ...parameters: number[]): UnaryStep => ({ function: name, parameters });

/** A graph whose outputs `build` makes of an input. */
function graphOf(
  build: (x: Tensor, add: (op: string, inputs: readonly Tensor[], attributes?: object) => Tensor) => readonly Tensor[],
): Graph {
  const b = createGraphBuilder('unary');
  const x = b.input('x', { shape: [2, 3, 8], dtype: 'float32' });
  const add = (op: string, inputs: readonly Tensor[], attributes: object = {}): Tensor =>
    b.add(op, inputs, attributes, [{ name: '', operator: op }]);
  return finished(b, x, ...build(x, add));
}

const chainOf = (graph: Graph, index = 0): readonly UnaryStep[] =>
  (present(graph.nodes[index]).attributes as UnaryAttributes).chain;

test('functions in a row become one', () => {
  const chains = [[step('affine', 2, 1)], [step('tanh'), step('abs')], [step('clip', 0.1, 0.5)]];
  const graph = graphOf((x, add) => [chains.reduce((y, chain) => add('Unary', [y], { chain }), x)]);
  const after = runSame(fuseUnary, graph);
  expect(chainOf(after)).toEqual(chains.flat());
  expect(after.nodes).toHaveLength(1);
  expect(describeNode(present(after.nodes[0]))).toBe('Unary + Unary + Unary');
});

test('a value that somebody else reads, or that is an output, stays', () => {
  const graph = graphOf((x, add) => {
    const shared = add('Unary', [x], { chain: [step('tanh')] });
    const output = add('Unary', [x], { chain: [step('erf')] });
    const sine = add('Unary', [shared], { chain: [step('sin')] });
    return [add('Add', [sine, shared]), output, add('Unary', [output], { chain: [step('cos')] })];
  });
  expect(runSame(fuseUnary, graph).nodes).toHaveLength(graph.nodes.length);
});

test.each<{ name: string; gate: readonly UnaryStep[]; becomes: readonly UnaryStep[] }>([
  { name: 'a sigmoid', gate: [step('sigmoid')], becomes: [step('swish', 1)] },
  { name: 'a hard sigmoid', gate: [step('hardSigmoid', Math.fround(1 / 6), 0.5)], becomes: [step('hardSwish')] },
  {
    name: 'Relu6(x + 3) / 6',
    gate: [step('affine', 1, 3), step('clip', 0, 6), step('affine', 1 / 6, 0)],
    becomes: [step('hardSwish')],
  },
  {
    name: 'Relu6(x + 3)',
    gate: [step('affine', 1, 3), step('clip', 0, 6)],
    becomes: [step('hardSwish'), step('affine', 6, 0)],
  },
])('x times $name of x is a function of x, on either side', ({ gate, becomes }) => {
  for (const order of [0, 1]) {
    const graph = graphOf((x, add) => {
      const before = add('Unary', [x], { chain: [step('affine', 3, 0)] });
      const gated = gate.reduce((y, one) => add('Unary', [y], { chain: [one] }), before);
      return [add('Mul', order === 0 ? [before, gated] : [gated, before], { clamp: { min: null, max: 2 } })];
    });
    const after = runSame(fuseUnary, graph);
    expect(after.nodes).toHaveLength(1);
    expect(chainOf(after)).toEqual([step('affine', 3, 0), ...becomes, step('clip', Number.NEGATIVE_INFINITY, 2)]);
  }
});

test('other gates, and gates of something else, stay products', () => {
  const product = (gate: UnaryStep, own = false): Graph =>
    graphOf((x, add) => {
      const z = own ? x : add('Add', [x, x]);
      return [add('Mul', [x, add('Unary', [z], { chain: [gate] })])];
    });
  const kept = [product(step('tanh'), true), product(step('hardSigmoid', 0.2, 0.5), true), product(step('sigmoid'))];
  for (const graph of kept) expect(runSame(fuseUnary, graph).nodes.some((node) => node.op === 'Mul')).toBe(true);
});

test('the table of two functions is that of one after the other, for every byte, any functions and quantisations', () => {
  const random = randomFrom(11);
  const names = Object.keys(unaryFunctions) as UnaryStep['function'][];
  const pick = (): UnaryStep =>
    step(names[Math.floor(random() * names.length)] as UnaryStep['function'], 0.2 + random(), 0.3 + random());
  const quant = () => [10 ** (random() * 3 - 3), Math.floor(random() * 256) - 128] as const;
  const saturates = { steps: 0 };
  for (let round = 0; round < 300; round += 1) {
    const [first, second] = [pick(), pick()];
    const [x, y, z] = [quant(), quant(), quant()];
    const graph = graphOf((input, add) => [
      add('Unary', [add('Unary', [input], { chain: [first] })], { chain: [second] }),
    ]);
    const after = run(fuseUnary, stated(graph, { x, Unary: y, 'Unary#2': z }));
    expect(after.nodes).toHaveLength(1);
    const of = ([scale, zeroPoint]: readonly [number, number]) => ({ scale, zeroPoint });
    const [early, late] = [unaryTable([first], of(x), of(y)), unaryTable([second], of(y), of(z))];
    const oneByOne = early.map((byte) => late[byte + 128] as number);
    expect([...unaryTable(chainOf(after), of(x), of(z))], JSON.stringify([first, second, x, y, z])).toEqual([
      ...oneByOne,
    ]);
    saturates.steps += early.filter((byte) => byte === 127).length;
  }
  expect(saturates.steps).toBeGreaterThan(1000);
});

test('random graphs', () => runOnRandomGraphs(fuseUnary));

test('random quantised graphs', () => runOnQuantizedGraphs(fuseUnary));
