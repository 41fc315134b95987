import type { Block, Overlap } from './problem.ts';

/** A problem in which nothing comes twice, and what becomes of its solutions. */
export interface Unrepeated {
  readonly blocks: readonly Block[];
  readonly overlaps: readonly Overlap[];
  /** Offsets of all blocks of the given problem, of as low a peak. */
  readonly expand: (offsets: readonly number[]) => readonly number[];
}

/** A stretch of time [from, to): blocks live throughout it, or only inside it. */
interface Segment {
  readonly from: number;
  readonly to: number;
  /** The blocks that live inside alone, by their lives and sizes. */
  readonly inside: readonly number[];
  /** Segments with the same key are one problem. */
  readonly key: string;
}

/**
 * Leaves out stretches of time that repeat an earlier one: beside the same blocks, which live throughout both, blocks of
 * the same sizes and lives come and go. Layers that are computed in groups of channels are such. They can lie where the
 * first ones lie; so the search need not find that out time and again.
 */
export function withoutRepeats(blocks: readonly Block[], overlaps: readonly Overlap[]): Unrepeated {
  /** For each block, one that it lies like; itself where it is kept. */
  const like = blocks.map((_, index) => index);
  const first = new Map<string, Segment>();
  const segments = [...segmentsOf(blocks, overlaps)].sort((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from);
  for (const segment of segments) {
    // A part of what repeats itself as a whole has been looked at.
    if (segment.inside.some((index) => like[index] !== index)) continue;
    const known = first.get(segment.key);
    if (known === undefined) first.set(segment.key, segment);
    else for (const [at, index] of segment.inside.entries()) like[index] = known.inside[at] as number;
  }
  const kept = like.flatMap((other, index) => (other === index ? [index] : []));
  const position = new Map(kept.map((index, at) => [index, at]));
  const at = (index: number): number => position.get(index) as number;
  const placeOf = (index: number): number => (like[index] === index ? at(index) : placeOf(like[index] as number));
  return {
    blocks: kept.map((index) => blocks[index] as Block),
    overlaps: overlaps.map((one) => ({ ...one, input: at(one.input), output: at(one.output) })),
    expand: (offsets) => blocks.map((_, index) => offsets[placeOf(index)] as number),
  };
}

/** From each moment to the next at which the same blocks live on; no block of an overlap lies inside. */
function segmentsOf(blocks: readonly Block[], overlaps: readonly Overlap[]): readonly Segment[] {
  const sharing = new Set(overlaps.flatMap(({ input, output }) => [input, output]));
  const byLife = blocks.map((_, index) => index);
  byLife.sort((a, b) => {
    const [one, other] = [blocks[a] as Block, blocks[b] as Block];
    return one.lower - other.lower || one.upper - other.upper || one.size - other.size || a - b;
  });
  const times = [...new Set(blocks.flatMap(({ lower, upper }) => [lower, upper]))].sort((a, b) => a - b);
  const last = new Map<string, number>();
  const segments: Segment[] = [];
  for (const time of times) {
    const living = byLife.filter((index) => {
      const { lower, upper } = blocks[index] as Block;
      return lower < time && time < upper;
    });
    const through = living.join();
    const from = last.get(through);
    last.set(through, time);
    if (from === undefined) continue;
    const inside = byLife.filter((index) => {
      const { lower, upper } = blocks[index] as Block;
      return lower >= from && upper <= time;
    });
    if (inside.length === 0 || inside.some((index) => sharing.has(index))) continue;
    const lives = inside.map((index) => {
      const { lower, upper, size } = blocks[index] as Block;
      return `${lower - from} ${upper - from} ${size}`;
    });
    segments.push({ from, to: time, inside, key: [through, ...lives].join('\n') });
  }
  return segments;
}
