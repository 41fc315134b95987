/**
 * The order in which Arm DSP convolutions take weights: runtime-c/conv/tsr_conv__dsp.h says it in words, and
 * runtime-c/isa/tsr_dsp_dot.h why.
 */

/** A pair of taps of an output channel, as indices of its weights; null: no tap, its weight is 0. */
export type TapPair = readonly [number, number | null];

/** A run of weights that the kernel expands at once: runs of `bytes` weights, one behind the other. */
export function tapPairs(taps: number, runBytes: number): readonly TapPair[] {
  const pairs: [number, number | null][] = [];
  let odd: [number, number | null] | null = null;
  for (let run = 0; run < taps; run += runBytes) {
    const quads = run + (runBytes & ~3);
    for (let t = run; t < quads; t += 4) pairs.push([t, t + 2], [t + 1, t + 3]);
    const rest = runBytes & 3;
    if (rest >= 2) pairs.push([quads, quads + rest - 1]);
    if ((rest & 1) === 0) continue;
    const last = quads + (rest >> 1);
    if (odd === null) {
      odd = [last, null];
      pairs.push(odd);
    } else {
      odd[1] = last;
      odd = null;
    }
  }
  return pairs;
}

/**
 * What is packed: weights [channels][taps], and for each channel a bias and a multiplier, that of an even channel: odd
 * ones, whose sums come 256 times, have the same.
 */
export interface Sums {
  readonly weights: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  readonly multipliers: ArrayLike<number>;
}

const at = (values: ArrayLike<number>, index: number): number => values[index] as number;

/**
 * Whether an even output channel and the odd one behind it can share words of weights: a half word is 256 * odd + even,
 * which must fit 16 bits, and 256 times the odd channel's sum must fit 32.
 */
function fitTogether({ weights, bias }: Sums, even: number, taps: number): boolean {
  let magnitude = Math.abs(at(bias, even + 1));
  for (let t = 0; t < taps; t += 1) {
    const odd = at(weights, (even + 1) * taps + t);
    if (odd === -128 && at(weights, even * taps + t) < 0) return false;
    magnitude += 128 * Math.abs(odd);
  }
  return magnitude < 2 ** 23;
}

export interface PackedSums {
  readonly words: Int32Array;
  /** So many channels, from the first on, are packed by fours; the others stand one by one. */
  readonly packedChannels: number;
}

/** The stream of weights, biases and multipliers, of which at most so many channels are packed by fours. */
export function packSums(
  sums: Sums,
  pairs: readonly TapPair[],
  mostPacked: number = Number.POSITIVE_INFINITY,
): PackedSums {
  const channels = sums.bias.length;
  const taps = sums.weights.length / channels;
  const words: number[] = [];
  const weight = (channel: number, tap: number | null): number =>
    tap === null ? 0 : at(sums.weights, channel * taps + tap);
  const half = (even: number, tap: number | null): number => 256 * weight(even + 1, tap) + weight(even, tap);
  const word = (even: number, [low, high]: TapPair): number => (half(even, low) & 0xffff) | (half(even, high) << 16);
  let packed = 0;
  for (let c = 0; c + 4 <= Math.min(channels, mostPacked); c += 4) {
    if (!fitTogether(sums, c, taps) || !fitTogether(sums, c + 2, taps)) break;
    packed = c + 4;
    const start = (even: number): number => 256 * at(sums.bias, even + 1) + at(sums.bias, even);
    words.push(at(sums.bias, c), at(sums.bias, c + 2), start(c), start(c + 2));
    for (const pair of pairs) words.push(word(c, pair), word(c + 2, pair));
    const { multipliers: m } = sums;
    words.push(at(m, c), at(m, c + 2), at(m, c + 1), at(m, c + 3));
  }
  for (let c = packed; c < channels; c += 1) {
    words.push(at(sums.bias, c));
    for (let k = 0; k < pairs.length; k += 2) {
      const [a0, a1] = pairs[k] as TapPair;
      const [b0, b1] = pairs[k + 1] ?? [null, null];
      const bytes = [a0, b0, a1, b1].map((tap) => weight(c, tap) & 255);
      words.push(bytes.reduce((sum, byte, i) => sum | (byte << (8 * i)), 0));
    }
    words.push(at(sums.multipliers, c));
  }
  return { words: Int32Array.from(words, (value) => value | 0), packedChannels: packed };
}

export interface PackedGroups {
  /** Of each group, one as long as the other. */
  readonly streams: readonly Int32Array[];
  /** Of each group. */
  readonly packedChannels: number;
}

/** The streams of the groups of a convolution: in all of them as many channels are packed by fours as in the one with the fewest. */
export function packGroups(sums: Sums, pairs: readonly TapPair[], groups: number): PackedGroups {
  const split = (values: ArrayLike<number>) => {
    const all = new Int32Array(values);
    return (group: number): Int32Array =>
      all.subarray((group * all.length) / groups, ((group + 1) * all.length) / groups);
  };
  const [weights, bias, multipliers] = [split(sums.weights), split(sums.bias), split(sums.multipliers)];
  const parts = Array.from({ length: groups }, (_, group): Sums => {
    return { weights: weights(group), bias: bias(group), multipliers: multipliers(group) };
  });
  const packed = parts.map((one) => packSums(one, pairs));
  const packedChannels = Math.min(...packed.map((one) => one.packedChannels));
  const streams = packed.map(({ words, packedChannels: own }, group) =>
    own === packedChannels ? words : packSums(parts[group] as Sums, pairs, packedChannels).words,
  );
  return { streams, packedChannels };
}
