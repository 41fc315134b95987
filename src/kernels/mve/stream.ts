import type { ConstantArray } from '../../ops/define.ts';

/**
 * Biases and multipliers in the order of use: for each `group` channels their biases, then their multipliers divided by 2
 * (VQDMLASH doubles its product; multipliers are multiples of 256).
 */
export function biasesAndHalves(bias: ArrayLike<number>, multipliers: ArrayLike<number>, group: number): Int32Array {
  const stream: number[] = [];
  for (let from = 0; from < bias.length; from += group) {
    const channels = Array.from({ length: Math.min(group, bias.length - from) }, (_, i) => from + i);
    stream.push(...channels.map((c) => bias[c] as number), ...channels.map((c) => (multipliers[c] as number) / 2));
  }
  return Int32Array.from(stream);
}

/** What kernels read as one: parts one behind the other, as words, the lowest byte first. Each part begins with a word. */
export function words(...parts: readonly (Int8Array | Int32Array)[]): ConstantArray {
  const starts: number[] = [];
  let end = 0;
  for (const part of parts) {
    starts.push(end);
    end += Math.ceil(part.byteLength / 4);
  }
  const view = new DataView(new ArrayBuffer(4 * end));
  parts.forEach((part, index) => {
    const at = 4 * (starts[index] as number);
    part.forEach((value, i) => {
      if (part instanceof Int8Array) view.setInt8(at + i, value);
      else view.setInt32(at + 4 * i, value, true);
    });
  });
  return { type: 'int32', values: Int32Array.from({ length: end }, (_, i) => view.getInt32(4 * i, true)) };
}
