import { describe, expect, it } from 'vitest';
import { withRoomBefore } from '../../src/plan/room.ts';
import type { PlacedBuffer } from '../../src/plan/types.ts';

const buffer = (name: string, offset: number, bytes: number, first: number, last: number): PlacedBuffer => ({
  ...{ name, region: 0, offset, bytes, first, last },
});
const offsetsOf = (buffers: readonly PlacedBuffer[]) =>
  Object.fromEntries(buffers.map(({ name, offset }) => [name, offset]));

describe('room before a dying input', () => {
  const peak = buffer('peak', 0, 1000, 0, 1);
  const joins = [{ step: 3, input: 'x', output: 'y', distance: 8 }];
  const all = new Map([['y', Number.POSITIVE_INFINITY]]);

  it('is what the arena has left while both live', () => {
    const buffers = [peak, buffer('x', 8, 400, 2, 3), buffer('y', 0, 400, 3, 4)];
    expect(offsetsOf(withRoomBefore(buffers, joins, all))).toEqual({ peak: 0, x: 600, y: 0 });
    expect(withRoomBefore(buffers, joins, new Map())).toEqual(buffers);
  });

  it('ends where something else lives, and where the input itself lies over what it was made of', () => {
    const other = buffer('other', 900, 100, 3, 5);
    const buffers = [peak, other, buffer('x', 8, 400, 2, 3), buffer('y', 0, 400, 3, 4)];
    expect(offsetsOf(withRoomBefore(buffers, joins, all)).x).toBe(500);
    const source = buffer('source', 120, 400, 1, 2);
    const chain = [...joins, { step: 2, input: 'source', output: 'x', distance: 16 }];
    const over = [buffer('peak', 600, 400, 0, 1), source, buffer('x', 8, 400, 2, 3), buffer('y', 0, 400, 3, 4)];
    expect(offsetsOf(withRoomBefore(over, chain, all)).x).toBe(600);
    const low = [...over, buffer('top', 600, 400, 2, 2)];
    expect(offsetsOf(withRoomBefore(low, chain, all)).x).toBe(104);
  });

  it('stays as far as it is of use, where what comes after could use it', () => {
    const chain = [...joins, { step: 4, input: 'y', output: 'z', distance: 4 }];
    const both = [buffer('x', 8, 400, 2, 3), buffer('y', 0, 400, 3, 4), buffer('z', 0, 300, 4, 5)];
    const room = (useful: number) =>
      offsetsOf(
        withRoomBefore([peak, ...both], chain, new Map([...all, ['y', useful], ['z', Number.POSITIVE_INFINITY]])),
      );
    expect(room(Number.POSITIVE_INFINITY)).toEqual({ peak: 0, x: 600, y: 592, z: 0 });
    expect(room(100)).toEqual({ peak: 0, x: 600, y: 500, z: 0 });
    expect(room(1000)).toEqual({ peak: 0, x: 600, y: 592, z: 0 });
  });

  it('is never taken from another buffer', () => {
    const buffers = [peak, buffer('other', 408, 592, 2, 4), buffer('x', 8, 400, 2, 3), buffer('y', 0, 400, 3, 4)];
    expect(withRoomBefore(buffers, joins, all)).toEqual(buffers);
  });
});
