import { describe, expect, it } from 'vitest';
import { orderByUse } from '../../src/onnx/order.ts';

const item = (makes: string, ...uses: string[]) => ({ makes: [makes], uses });
const names = (items: readonly { makes: readonly string[] }[]) => items.map(({ makes }) => makes[0]).join('');

describe('orderByUse', () => {
  it('leaves items that are in order as they are', () => {
    const items = [item('a', 'x'), item('b', 'x'), item('c', 'b'), item('d', 'a', 'c')];
    expect(names(orderByUse(items).order)).toBe('abcd');
    expect(names(orderByUse([item('a', 'x'), item('b', 'x'), item('c', 'a')]).order)).toBe('abc');
  });

  it('moves only what has to wait', () => {
    const items = [item('a', 'd'), item('b', 'x'), item('c', 'a', 'b'), item('d', 'x')];
    expect(names(orderByUse(items).order)).toBe('bdac');
  });

  it('orders a long chain that is the wrong way round', () => {
    const count = 20_000;
    const items = Array.from({ length: count }, (_, i) => item(`t${i}`, `t${i + 1}`));
    const { order, cycle } = orderByUse(items);
    expect(order.map(({ makes }) => makes[0])).toEqual(items.map(({ makes }) => makes[0]).reverse());
    expect(cycle).toEqual([]);
  });

  it('finds a cycle, and not what hangs on it', () => {
    const { order, cycle } = orderByUse([
      item('a', 'x'),
      item('e', 'c'),
      item('b', 'a', 'd'),
      item('c', 'b'),
      item('d', 'c'),
    ]);
    expect(names(order)).toBe('a');
    expect(names(cycle).split('').sort().join('')).toBe('bcd');
  });

  it('takes an item that uses what it makes for a cycle', () => {
    expect(names(orderByUse([item('a', 'a')]).cycle)).toBe('a');
  });
});
