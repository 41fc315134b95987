import type { Sums } from './conv-pack.ts';

/** The sums of a layer, and what becomes of them. */
export interface LayerSums extends Sums {
  readonly offset: number;
  readonly shift: number;
  readonly min: number;
  readonly max: number;
}

const at = (values: ArrayLike<number>, index: number): number => values[index] as number;

/**
 * Channels that give the same output whatever the input is (a bias far beyond what the weights can reach: training has
 * left many of them in some models) with weights of zero, and a bias and a multiplier that give the same. So their sums
 * stay small enough to be packed.
 */
export function simplifyConstants(layer: LayerSums): Sums {
  const channels = layer.bias.length;
  const taps = layer.weights.length / channels;
  const weights = Int8Array.from(layer.weights);
  const bias = Int32Array.from(layer.bias);
  const multipliers = Int32Array.from(layer.multipliers);
  for (let o = 0; o < channels; o += 1) {
    let reach = 0;
    for (let t = o * taps; t < (o + 1) * taps; t += 1) reach += 128 * Math.abs(at(weights, t));
    const output = (sum: number): number => {
      const high = Math.floor((sum * at(multipliers, o)) / 2 ** 32);
      return Math.min(layer.max, Math.max(layer.min, (high + layer.offset) >> layer.shift));
    };
    const value = output(at(bias, o) - reach);
    if (value !== output(at(bias, o) + reach)) continue;
    // floor(bias * 2^30 / 2^32) + offset = value * 2^shift: a step of the output, with nothing behind the point.
    const simple = 4 * (value * 2 ** layer.shift - layer.offset);
    if (Math.abs(simple) >= 2 ** 22) continue;
    weights.fill(0, o * taps, (o + 1) * taps);
    bias[o] = simple;
    multipliers[o] = 2 ** 30;
  }
  return { weights, bias, multipliers };
}
