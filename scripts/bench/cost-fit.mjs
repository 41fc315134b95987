/** Fits what units of work cost to counts of layers. */

/** Solves a symmetric positive definite system by Cholesky's decomposition. */
function solve(matrix, right) {
  const size = right.length;
  const lower = matrix.map((row) => row.map(() => 0));
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i][j];
      for (let k = 0; k < j; k += 1) sum -= lower[i][k] * lower[j][k];
      lower[i][j] = i === j ? Math.sqrt(Math.max(sum, 1e-14)) : sum / lower[j][j];
    }
  }
  const half = [];
  for (let i = 0; i < size; i += 1) {
    half.push((right[i] - half.reduce((sum, value, k) => sum + lower[i][k] * value, 0)) / lower[i][i]);
  }
  const result = new Array(size).fill(0);
  for (let i = size - 1; i >= 0; i -= 1) {
    let sum = half[i];
    for (let k = i + 1; k < size; k += 1) sum -= lower[k][i] * result[k];
    result[i] = sum / lower[i][i];
  }
  return result;
}

/**
 * The x from 0 on that makes |A x - b| least, from A'A and A'b: the method of active sets (Lawson and Hanson, Solving
 * Least Squares Problems, chapter 23).
 */
function nonNegative(products, slopes) {
  const size = slopes.length;
  const used = new Set();
  let x = new Array(size).fill(0);
  const within = (list) =>
    solve(
      list.map((i) => list.map((j) => products[i][j])),
      list.map((i) => slopes[i]),
    );
  for (let round = 0; round < 10 * size; round += 1) {
    const gradient = slopes.map((slope, i) => slope - products[i].reduce((sum, value, j) => sum + value * x[j], 0));
    const free = gradient.map((value, i) => (used.has(i) ? Number.NEGATIVE_INFINITY : value));
    const best = free.indexOf(Math.max(...free));
    if (best < 0 || free[best] < 1e-9) break;
    used.add(best);
    for (;;) {
      const list = [...used];
      const next = within(list);
      if (next.every((value) => value > 0)) {
        x = x.map((_, i) => (used.has(i) ? next[list.indexOf(i)] : 0));
        break;
      }
      // As far as all stay positive, and out with those that become 0.
      const step = list.reduce(
        (least, i, at) => (next[at] <= 0 ? Math.min(least, x[i] / (x[i] - next[at])) : least),
        1,
      );
      x = x.map((value, i) => (used.has(i) ? value + step * (next[list.indexOf(i)] - value) : 0));
      for (const i of list) {
        if (x[i] > 1e-12) continue;
        x[i] = 0;
        used.delete(i);
      }
    }
  }
  return x;
}

/**
 * Numbers from 0 on whose sums of work come close to what was counted: least squares of the relative error.
 * @param {readonly { work: Readonly<Record<string, number>>, target: number, scale: number }[]} rows `scale`: what an
 *   error is relative to
 * @returns {{ costs: Readonly<Record<string, number>>, errors: readonly number[] }}
 */
export function fitCosts(rows) {
  const names = [...new Set(rows.flatMap(({ work }) => Object.keys(work)))];
  const relative = rows.map(({ work, scale }) => names.map((name) => (work[name] ?? 0) / scale));
  const wanted = rows.map(({ target, scale }) => target / scale);
  // Columns of length 1, and a little on the diagonal: where two are alike, they share what they cost.
  const norms = names.map((_, i) => Math.sqrt(relative.reduce((sum, row) => sum + row[i] ** 2, 0)) || 1);
  const scaled = relative.map((row) => row.map((value, i) => value / norms[i]));
  const product = (i, j) => scaled.reduce((sum, row) => sum + row[i] * row[j], 0);
  const products = names.map((_, i) => names.map((_, j) => product(i, j) + (i === j ? 1e-9 : 0)));
  const slopes = names.map((_, i) => scaled.reduce((sum, row, r) => sum + row[i] * wanted[r], 0));
  const costs = nonNegative(products, slopes).map((cost, i) => cost / norms[i]);
  const errors = relative.map((row, r) => row.reduce((sum, value, i) => sum + value * costs[i], 0) - wanted[r]);
  // What makes up less than a hundred-thousandth of any layer is noise.
  const used = names.flatMap((name, i) => {
    const most = relative.reduce((share, row) => Math.max(share, row[i] * costs[i]), 0);
    return most > 1e-5 ? [[name, Number(costs[i].toPrecision(4))]] : [];
  });
  return { costs: Object.fromEntries(used), errors };
}

/** The mean of absolute values. */
export const meanError = (errors) =>
  errors.reduce((sum, error) => sum + Math.abs(error), 0) / Math.max(1, errors.length);
