/** What the makers of networks with random weights share. */

/** A linear congruential generator (Numerical Recipes): numbers from 0 to 1, the same everywhere. */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** As TensorFlow's SAME: what is uneven goes behind. */
export function samePadding(size, kernel, stride) {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
