import { describe, expect, it } from 'vitest';
import { findWireFault } from '../../src/onnx/wire.ts';
import { makeModel, node } from './make-model.ts';

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

function field(number: number, body: readonly number[]): number[] {
  return [...varint(number * 8 + 2), ...varint(body.length), ...body];
}

/** A graph in an attribute of a node of a graph in ... */
function nested(depth: number): number[] {
  let graph: number[] = [];
  for (let i = 0; i < depth; i += 1) graph = field(1, field(5, field(6, graph)));
  return field(7, graph);
}

describe('findWireFault', () => {
  const good = makeModel({ nodes: [node('Relu', ['x'], ['y'])] });

  it('finds none in a model', () => {
    expect(findWireFault(good)).toBeNull();
    expect(findWireFault(Uint8Array.from(nested(20)))).toBeNull();
  });

  it('finds each cut that leaves a field unfinished', () => {
    // Cuts between two fields of the model itself leave a well-formed, shorter model.
    const whole = Array.from({ length: good.length }, (_, length) => findWireFault(good.slice(0, length)));
    expect(whole.filter((fault) => fault === null).length).toBeLessThanOrEqual(3);
    expect(new Set(whole.map((fault) => fault?.kind ?? 'truncated'))).toEqual(new Set(['truncated']));
  });

  it('finds a number of fixed size that is cut', () => {
    for (const wireType of [1, 5]) {
      expect(findWireFault(Uint8Array.from([...varint(100 * 8 + wireType), 0, 0, 0]))?.kind).toBe('truncated');
    }
  });

  it('stops at messages that nest too deep for the decoder', () => {
    expect(findWireFault(Uint8Array.from(nested(100)))?.reason).toContain('nested');
  });

  it('stops at what unfolds to too much memory', () => {
    const nodes = new Uint8Array(2 * (2 ** 20 + 1)).map((_, i) => (i % 2 === 0 ? 0x0a : 0));
    const header = [0x3a, ...varint(nodes.length)];
    expect(findWireFault(Uint8Array.from([...header, ...nodes]))?.kind).toBe('too-large');
    const numbers = new Uint8Array(2 ** 23 + 1);
    const dims = [...varint(1 * 8 + 2), ...varint(numbers.length)];
    const tensor = [...varint(5 * 8 + 2), ...varint(dims.length + numbers.length), ...dims];
    const graph = Buffer.concat([Buffer.from([0x3a, ...varint(tensor.length + numbers.length), ...tensor]), numbers]);
    expect(findWireFault(graph)?.kind).toBe('too-large');
  });

  it.each([
    ['a known field of another wire type', [0x0a, 0x00]],
    ['a group', [0x9b, 0x06, 0x9c, 0x06]],
    ['field number 0', [0x00, 0x01]],
    ['a number that does not end', [0x08, ...new Array<number>(11).fill(0xff)]],
    ['a field that runs past its message', [0x3a, 0x02, 0x0a, 0x7f, ...new Array<number>(200).fill(0)]],
  ])('finds %s', (_, bytes) => {
    expect(findWireFault(Uint8Array.from(bytes))?.kind).toBe('malformed');
  });

  it('passes over unknown fields of every other wire type', () => {
    const unknown = [
      ...varint(100 * 8),
      5,
      ...varint(101 * 8 + 1),
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      ...varint(102 * 8 + 5),
      1,
      2,
      3,
      4,
    ];
    expect(findWireFault(Uint8Array.from([...unknown, ...field(103, [0xff, 0xff]), ...good]))).toBeNull();
  });
});
