import { describe, expect, it } from 'vitest';
import { cutBound } from '../../src/plan/order/cut.ts';
import { createExactSearch } from '../../src/plan/order/exact.ts';
import { createFrontier } from '../../src/plan/order/frontier.ts';
import { type OrderNode, type OrderProblem, orderForMemory, orderPeak } from '../../src/plan/order/order.ts';
import { createDice, type Dice, randomFrom } from '../support/random.ts';

interface Shape {
  readonly nodes: number;
  /** How far back inputs lie at the most, in tensors. */
  readonly reach: number;
  readonly inputs: number;
}

function randomProblem(dice: Dice, shape: Shape): OrderProblem {
  const inputs = dice.chance(0.3) ? [0, 1] : [0];
  const tensors = inputs.map(() => dice.integer(1, 100));
  const nodes: OrderNode[] = [];
  for (let index = 0; index < shape.nodes; index += 1) {
    const newest = tensors.length - 1;
    const oldest = Math.max(0, newest - shape.reach + 1);
    const taken = Array.from({ length: dice.integer(1, shape.inputs) }, () => dice.integer(oldest, newest));
    const made = dice.chance(0.1) ? 2 : 1;
    const outputs = Array.from({ length: made }, () => tensors.push(dice.integer(1, 100)) - 1);
    nodes.push({ inputs: taken, outputs, ...(dice.chance(0.2) ? { scratch: dice.integer(1, 60) } : {}) });
  }
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const outputs = [...tensors.keys()].filter((tensor) => (used.has(tensor) ? dice.chance(0.05) : dice.chance(0.7)));
  return { tensors, nodes, inputs, outputs };
}

function leastPeak(problem: OrderProblem): number {
  let best = Number.POSITIVE_INFINITY;
  const order: number[] = [];
  const there = new Set(problem.inputs);
  const rest = new Set(problem.nodes.keys());
  const extend = (): void => {
    if (rest.size === 0) best = Math.min(best, orderPeak(problem, order));
    for (const index of [...rest]) {
      const { inputs, outputs } = problem.nodes[index] as OrderNode;
      if (!inputs.every((tensor) => there.has(tensor))) continue;
      rest.delete(index);
      order.push(index);
      for (const tensor of outputs) there.add(tensor);
      extend();
      for (const tensor of outputs) there.delete(tensor);
      order.pop();
      rest.add(index);
    }
  };
  extend();
  return best;
}

describe('orderForMemory', () => {
  it('finds the least peak of small graphs', () => {
    let better = 0;
    for (let seed = 0; seed < 500; seed += 1) {
      const dice = createDice(randomFrom(seed));
      const shape = { nodes: dice.integer(1, 7), reach: dice.integer(2, 8), inputs: dice.integer(1, 3) };
      const problem = randomProblem(dice, shape);
      const { order, peak, bound, exact } = orderForMemory(problem);
      const least = leastPeak(problem);
      expect({ seed, peak, bound, exact }).toEqual({ seed, peak: least, bound: least, exact: true });
      expect(orderPeak(problem, order)).toBe(peak);
      if (peak < orderPeak(problem, [...problem.nodes.keys()])) better += 1;
    }
    expect(better).toBeGreaterThan(50);
  });

  it('states a bound that holds, and an order that is as stated, where it does not search', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const dice = createDice(randomFrom(seed));
      const problem = randomProblem(dice, { nodes: 6, reach: 6, inputs: 2 });
      const { order, peak, bound, exact } = orderForMemory(problem, { moves: 0, width: 1, cuts: 3 });
      const least = leastPeak(problem);
      expect(bound).toBeLessThanOrEqual(least);
      expect(peak).toBeGreaterThanOrEqual(least);
      expect(orderPeak(problem, order)).toBe(peak);
      expect(exact).toBe(peak === bound);
      expect(cutBound(problem, [...problem.nodes.keys()])).toBeLessThanOrEqual(least);
    }
  });

  it.each([
    { nodes: 60, reach: 10, inputs: 2 },
    { nodes: 60, reach: 10, inputs: 3 },
    { nodes: 60, reach: 20, inputs: 3 },
    { nodes: 60, reach: 60, inputs: 2 },
  ])('is exact on irregular graphs: %o', (shape) => {
    for (let seed = 0; seed < 5; seed += 1) {
      const problem = randomProblem(createDice(randomFrom(seed)), shape);
      const { order, peak, exact } = orderForMemory(problem);
      expect({ seed, exact }).toEqual({ seed, exact: true });
      expect(orderPeak(problem, order)).toBe(peak);
      expect(orderForMemory(problem).order).toEqual(order);
    }
  });

  it('is exact on the hardest of a hundred graphs', () => {
    // Nodes that read up to three of all tensors before them.
    const problem = randomProblem(createDice(randomFrom(48)), { nodes: 60, reach: 60, inputs: 3 });
    const { order, peak, bound, exact } = orderForMemory(problem);
    expect({ peak, bound, exact }).toEqual({ peak: 879, bound: 879, exact: true });
    expect(orderPeak(problem, order)).toBe(peak);
  });

  it('finds the same from either end', () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const dice = createDice(randomFrom(3000 + seed));
      const problem = randomProblem(dice, { nodes: 30, reach: dice.integer(6, 30), inputs: dice.integer(2, 4) });
      const bounds = { floor: 0, ceiling: Number.POSITIVE_INFINITY };
      const peaks = (['forward', 'backward'] as const).map((direction) => {
        const frontier = createFrontier(problem, direction);
        const found = createExactSearch(problem, frontier, bounds).advance(Number.POSITIVE_INFINITY);
        if (found === null || found.path === null) throw new Error('nothing was found');
        const order = direction === 'forward' ? found.path : [...found.path].reverse();
        expect(orderPeak(problem, order)).toBe(found.peak);
        return found.peak;
      });
      expect({ seed, backward: peaks[1] }).toEqual({ seed, backward: peaks[0] });
      expect(orderForMemory(problem)).toMatchObject({ peak: peaks[0], exact: true });
    }
  });

  it('keeps the given order where none is better', () => {
    // Two branches of equal cost.
    const problem = {
      tensors: [8, 8, 8, 8],
      nodes: [
        { inputs: [0], outputs: [1] },
        { inputs: [0], outputs: [2] },
        { inputs: [1, 2], outputs: [3] },
      ],
      inputs: [0],
      outputs: [3],
    };
    expect(orderForMemory(problem)).toEqual({ order: [0, 1, 2], peak: 24, bound: 24, exact: true });
  });

  it('runs the branch first that leaves little behind', () => {
    // From tensor 0: one branch swells to 100 and ends at 1, the other ends at 50.
    const problem = {
      tensors: [10, 50, 100, 1, 5],
      nodes: [
        { inputs: [0], outputs: [1] },
        { inputs: [0], outputs: [2] },
        { inputs: [2], outputs: [3] },
        { inputs: [1, 3], outputs: [4] },
      ],
      inputs: [0],
      outputs: [4],
    };
    expect(orderForMemory(problem)).toEqual({ order: [1, 2, 0, 3], peak: 111, bound: 111, exact: true });
  });

  it('takes graphs without nodes, and long ones', () => {
    expect(orderForMemory({ tensors: [4], nodes: [], inputs: [0], outputs: [0] })).toMatchObject({
      order: [],
      peak: 4,
      exact: true,
    });
    const tensors = Array.from({ length: 3001 }, (_, index) => 1 + (index % 7));
    const nodes = Array.from({ length: 3000 }, (_, index) => ({ inputs: [index], outputs: [index + 1] }));
    expect(orderForMemory({ tensors, nodes, inputs: [0], outputs: [3000] })).toMatchObject({ peak: 13, exact: true });
  });
});

describe('orderPeak', () => {
  const problem = { tensors: [4, 4], nodes: [{ inputs: [0], outputs: [1], scratch: 3 }], inputs: [0], outputs: [1] };

  it('counts inputs, outputs and scratch of a step', () => {
    expect(orderPeak(problem, [0])).toBe(11);
  });

  it('refuses what is no order', () => {
    expect(() => orderPeak(problem, [])).toThrow('not every node runs');
    expect(() => orderPeak(problem, [0, 0])).toThrow('cannot run twice');
    expect(() => orderPeak({ ...problem, inputs: [] }, [0])).toThrow('before its inputs are there');
  });
});
