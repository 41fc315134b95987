/** Uniform in [0, 1), the same for the same seed. Source: the generator mulberry32 by Tommy Ettinger (public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws of several kinds from one uniform source. */
export interface Dice {
  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Roughly normal, mean 0, deviation 1. */
  normal(): number;
  shuffled<T>(values: readonly T[]): T[];
}

export function createDice(random: () => number): Dice {
  const integer = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  return {
    integer,
    chance: (probability) => random() < probability,
    pick<T>(from: readonly T[]): T {
      if (from.length === 0) throw new Error('nothing to pick from');
      return from[integer(0, from.length - 1)] as T;
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
    shuffled<T>(values: readonly T[]): T[] {
      const result = [...values];
      for (let i = result.length - 1; i > 0; i -= 1) {
        const j = integer(0, i);
        [result[i], result[j]] = [result[j] as T, result[i] as T];
      }
      return result;
    },
  };
}
