/** Output channels that the vectors of a convolution hold. */
export const channelBlock = 8;

/** The first channel of each block: the last block lies at the end, and may repeat channels of the one before. */
export function blockStarts(channels: number, block: number): readonly number[] {
  return Array.from({ length: Math.ceil(channels / block) }, (_, b) => Math.min(b * block, channels - block));
}

/**
 * Weights in the order in which pairs of inputs meet 8 output channels.
 * @param weights [outputs][inputs], of at least 8 outputs
 * @returns [blocks of outputs][inputs / 2, rounded up][8][2], zero where there is no such input
 */
export function packPairs(weights: ArrayLike<number>, outputs: number, inputs: number): Int8Array {
  const pairs = Math.ceil(inputs / 2);
  const starts = blockStarts(outputs, channelBlock);
  const packed = new Int8Array(starts.length * pairs * 2 * channelBlock);
  starts.forEach((start, block) => {
    for (let lane = 0; lane < channelBlock; lane += 1) {
      for (let i = 0; i < inputs; i += 1) {
        packed[pairAddress(pairs, block, lane, i)] = weights[(start + lane) * inputs + i] as number;
      }
    }
  });
  return packed;
}

/** The weights that packPairs was given. */
export function unpackPairs(packed: ArrayLike<number>, outputs: number, inputs: number): Int8Array {
  const pairs = Math.ceil(inputs / 2);
  const weights = new Int8Array(outputs * inputs);
  blockStarts(outputs, channelBlock).forEach((start, block) => {
    for (let lane = 0; lane < channelBlock; lane += 1) {
      for (let i = 0; i < inputs; i += 1) {
        weights[(start + lane) * inputs + i] = packed[pairAddress(pairs, block, lane, i)] as number;
      }
    }
  });
  return weights;
}

function pairAddress(pairs: number, block: number, lane: number, input: number): number {
  return ((block * pairs + Math.floor(input / 2)) * channelBlock + lane) * 2 + (input % 2);
}
