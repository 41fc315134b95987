import { describe, expect, it } from 'vitest';
import type { Graph, Value } from '../../src/graph/types.ts';
import { createGraphBuilder, plainPort } from '../../src/ops/build.ts';
import { evaluateGraph } from '../../src/ops/evaluate.ts';

const vector = (...data: number[]): Value => ({
  shape: [1, data.length],
  dtype: 'float32',
  data: Float32Array.from(data),
});
const clip = (min: number, max: number) => ({ chain: [{ function: 'clip', parameters: [min, max] }] });

/** x -> a = max(x, 0) -> b = min(a, 1) -> y = max(b, 0.5); outputs y and a. */
function chain(): Graph {
  const builder = createGraphBuilder('chain');
  const x = builder.input('x', { shape: [1, 3], dtype: 'float32' });
  const a = builder.add('Unary', [x], clip(0, Number.POSITIVE_INFINITY), [], 'a');
  const b = builder.add('Unary', [a], clip(Number.NEGATIVE_INFINITY, 1), [], 'b');
  const y = builder.add('Unary', [b], clip(0.5, Number.POSITIVE_INFINITY), [], 'y');
  return builder.finish([plainPort(x)], [plainPort(y), plainPort(a)]);
}

const inputs = new Map([['x', vector(-2, 0.75, 4)]]);

describe('evaluateGraph', () => {
  it('gives every value', () => {
    const values = evaluateGraph(chain(), inputs);
    expect([...values.keys()].sort()).toEqual(['a', 'b', 'x', 'y']);
    expect(values.get('a')).toEqual(vector(0, 0.75, 4));
    expect(values.get('b')).toEqual(vector(0, 0.75, 1));
    expect(values.get('y')).toEqual(vector(0.5, 0.75, 1));
  });

  it('shows each value as it comes, and keeps the outputs alone where that is asked for', () => {
    const seen: string[] = [];
    const values = evaluateGraph(chain(), inputs, { keep: 'outputs', visit: (name) => seen.push(name) });
    expect(seen).toEqual(['x', 'a', 'b', 'y']);
    expect([...values.keys()].sort()).toEqual(['a', 'y']);
  });

  it('gives outputs that are inputs or constants', () => {
    const builder = createGraphBuilder('plain');
    const x = builder.input('x', { shape: [1, 1], dtype: 'float32' });
    const w = builder.constant('w', vector(7));
    const graph = builder.finish([plainPort(x)], [plainPort(x), plainPort(w)]);
    const values = evaluateGraph(graph, new Map([['x', vector(3)]]), { keep: 'outputs' });
    expect([values.get('x'), values.get('w')]).toEqual([vector(3), vector(7)]);
  });

  it('refuses values that are not there or of another shape or type', () => {
    expect(() => evaluateGraph(chain(), new Map())).toThrow('no value for the input x');
    expect(() => evaluateGraph(chain(), new Map([['x', vector(1, 2)]]))).toThrow('[1,3]');
    const integers: Value = { shape: [1, 3], dtype: 'int8', data: new Int8Array(3) };
    expect(() => evaluateGraph(chain(), new Map([['x', integers]]))).toThrow('float32');
  });
});
