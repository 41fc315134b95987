/** Output channels that the vectors of a convolution hold: what its arrays are rounded up to. */
export const channelBlock = 8;

export const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/**
 * Weights in the order in which pairs of inputs meet 8 output channels.
 * @param weights [outputs][inputs]
 * @returns [outputs / 8, rounded up][inputs / 2, rounded up][8][2], zero where there is no such output or input
 */
export function packPairs(weights: ArrayLike<number>, outputs: number, inputs: number): Int8Array {
  const pairs = roundUp(inputs, 2) / 2;
  const packed = new Int8Array(roundUp(outputs, channelBlock) * pairs * 2);
  for (let o = 0; o < outputs; o += 1) {
    const block = Math.floor(o / channelBlock) * pairs * 2 * channelBlock + (o % channelBlock) * 2;
    for (let i = 0; i < inputs; i += 1) {
      packed[block + Math.floor(i / 2) * 2 * channelBlock + (i % 2)] = weights[o * inputs + i] as number;
    }
  }
  return packed;
}

/** The weights that packPairs was given. */
export function unpackPairs(packed: ArrayLike<number>, outputs: number, inputs: number): Int8Array {
  const pairs = roundUp(inputs, 2) / 2;
  return Int8Array.from({ length: outputs * inputs }, (_, at) => {
    const o = Math.floor(at / inputs);
    const i = at % inputs;
    const block = Math.floor(o / channelBlock) * pairs * 2 * channelBlock + (o % channelBlock) * 2;
    return packed[block + Math.floor(i / 2) * 2 * channelBlock + (i % 2)] as number;
  });
}

/** An array with zeros behind it, up to a multiple. */
export function padded(values: ArrayLike<number>, multiple: number): Int32Array {
  const result = new Int32Array(roundUp(values.length, multiple));
  result.set(Int32Array.from(values));
  return result;
}
