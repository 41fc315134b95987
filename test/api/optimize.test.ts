import { describe, expect, it } from 'vitest';
import { withSmallKernels } from '../../src/codegen/small-kernels.ts';
import { type KernelCall, sameAxis } from '../../src/ops/define.ts';
import type { Plan } from '../../src/plan/types.ts';
import { loadTarget, smallTarget } from '../../src/targets/load.ts';

/** A plan of one streamed layer whose output is `width` pixels wide, `segment` of them at a time. */
function planOf(width: number, segment: number): Plan {
  const shape = [1, 4, width, 8];
  const call = {
    ...{ symbol: 'all', smallSymbol: 'one', rowsSymbol: 'rows', rowsLeast: 3, pointwise: false, steps: 'rows' },
    ...{ inputs: [{ input: 0, rows: sameAxis, columns: sameAxis }], firstRow: 0, count: 4 },
  };
  const layer = { tensors: { inputs: [{ shape }], output: { shape } }, lowering: { kind: 'calls', calls: [call] } };
  const step = { kind: 'stage', layers: [0], segments: [segment], fetched: [], handed: [] };
  return { layers: [layer], steps: [step] } as unknown as Plan;
}

const symbolOf = ({ layers }: Plan): string => {
  const lowering = layers[0]?.lowering;
  return lowering?.kind === 'calls' ? (lowering.calls[0] as KernelCall).symbol : '';
};

describe('what code is optimised for', () => {
  it.each([
    [12, 1, 'one'],
    [12, 12, 'rows'],
    [12, 2, 'all'],
    // The last segment of a row is two pixels.
    [12, 5, 'all'],
  ])('speed: a row of %i pixels, %i at a time, takes the kernel %s', (width, segment, symbol) => {
    expect(symbolOf(withSmallKernels(planOf(width, segment)))).toBe(symbol);
  });

  it('size: the smallest file, and small code', () => {
    expect(symbolOf(withSmallKernels({ ...planOf(12, 12), optimize: 'size' }))).toBe('one');
    const target = loadTarget('nucleo-l4r5zi');
    const small = smallTarget(target);
    expect(target.board?.optimize.model).toBe('-O2');
    expect(small.board).toEqual({ ...target.board, optimize: { ...target.board?.optimize, model: '-Os' } });
    expect(JSON.parse(small.text).board.optimize.model).toBe('-Os');
  });
});
