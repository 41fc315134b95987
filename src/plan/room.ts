import { alignUp, type Join, type PlacedBuffer } from './types.ts';

/**
 * A placement in which some outputs begin further before the dying inputs that they lie over, where there is room for it: the
 * inputs lie higher, as high as all else lets them, and nothing else moves. So calls of a kernel can compute more rows
 * before they reach what is still to be read (see overlappingLayers).
 * @param useful how many bytes before its input an output gains by: what has so many keeps them
 */
export function withRoomBefore(
  buffers: readonly PlacedBuffer[],
  joins: readonly Join[],
  useful: ReadonlyMap<string, number>,
): readonly PlacedBuffer[] {
  const top = buffers.reduce((most, { offset, bytes }) => Math.max(most, offset + alignUp(bytes)), 0);
  let placed = buffers;
  for (const join of joins) {
    if ((useful.get(join.output) ?? 0) === 0) continue;
    const offsetOf = (wanted: string): number => placed.find(({ name }) => name === wanted)?.offset ?? 0;
    const kept = joins.map((one): Join => {
      const wanted = useful.get(one.output) ?? 0;
      const isMet = wanted > one.distance && offsetOf(one.input) - offsetOf(one.output) >= wanted;
      return isMet ? { ...one, distance: wanted } : one;
    });
    const input = placed.find(({ name }) => name === join.input) as PlacedBuffer;
    const others = placed.filter((other) => other !== input && other.first <= input.last && input.first <= other.last);
    const holds = (offset: number): boolean =>
      offset + alignUp(input.bytes) <= top && others.every((other) => areApart({ ...input, offset }, other, kept));
    const highest = others
      .flatMap((other) => [
        other.offset - alignUp(input.bytes),
        ...kept
          .filter((one) => one.output === input.name && one.input === other.name)
          .map((one) => other.offset - one.distance),
      ])
      .concat(top - alignUp(input.bytes))
      .filter((offset) => offset > input.offset && holds(offset));
    const offset = Math.max(input.offset, ...highest);
    placed = placed.map((buffer) => (buffer === input ? { ...input, offset } : buffer));
  }
  return placed;
}

/** Whether two buffers that live together share no bytes but those that a join lets them share. */
function areApart(a: PlacedBuffer, b: PlacedBuffer, joins: readonly Join[]): boolean {
  if (a.offset >= b.offset + alignUp(b.bytes) || b.offset >= a.offset + alignUp(a.bytes)) return true;
  return joins.some(
    ({ input, output, distance }) =>
      (a.name === output && b.name === input && a.offset + distance <= b.offset) ||
      (b.name === output && a.name === input && b.offset + distance <= a.offset),
  );
}
