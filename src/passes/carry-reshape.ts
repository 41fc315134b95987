/** Neighbouring axes that a reshape turns into others: the sizes of both have the same product. */
interface Group {
  readonly from: number[];
  readonly to: number[];
}

/** The least groups of axes that a reshape of non-empty tensors consists of; null where there are no axes to group. */
function groupAxes(from: readonly number[], to: readonly number[]): readonly Group[] | null {
  const groups: Group[] = [];
  let [i, j] = [0, 0];
  while (i < from.length && j < to.length) {
    const group: Group = { from: [i], to: [j] };
    let a = from[i] as number;
    let b = to[j] as number;
    while (a !== b) {
      if (a < b) {
        i += 1;
        if (i === from.length) return null;
        group.from.push(i);
        a *= from[i] as number;
      } else {
        j += 1;
        if (j === to.length) return null;
        group.to.push(j);
        b *= to[j] as number;
      }
    }
    groups.push(group);
    i += 1;
    j += 1;
  }
  // What is left are axes of one.
  const last = groups.at(-1);
  if (last === undefined) return null;
  for (; i < from.length; i += 1) last.from.push(i);
  for (; j < to.length; j += 1) last.to.push(j);
  return groups;
}

/**
 * A reshape of a transposed tensor as a transpose of a reshaped one: axis i of the reshape's input is axis
 * permutation[i] of a tensor. Gives the shape that the tensor takes, and which of its axes the reshape's output axes are;
 * null where axes that the reshape joins or splits do not lie together in the tensor.
 */
export function carryReshape(
  from: readonly number[],
  permutation: readonly number[],
  to: readonly number[],
): { readonly shape: readonly number[]; readonly permutation: readonly number[] } | null {
  if (from.includes(0)) return null;
  const groups = groupAxes(from, to);
  if (groups === null) return null;
  const place = (axis: number): number => permutation[axis] as number;
  // The tensor's axes of more than one, in order: axes of one lie anywhere.
  const solid = from.map((_, axis) => axis).filter((axis) => from[axis] !== 1);
  const order = solid.map(place).sort((a, b) => a - b);
  const placed = groups.map((group) => {
    const axes = group.from.filter((axis) => from[axis] !== 1);
    const ranks = axes.map((axis) => order.indexOf(place(axis)));
    const together = ranks.every((rank, i) => i === 0 || rank === (ranks[i - 1] as number) + 1);
    return { to: group.to, together, first: place((axes[0] ?? group.from[0]) as number) };
  });
  if (placed.some((group) => !group.together)) return null;
  const axes = placed.sort((a, b) => a.first - b.first).flatMap((group) => group.to);
  return { shape: axes.map((axis) => to[axis] as number), permutation: to.map((_, axis) => axes.indexOf(axis)) };
}
