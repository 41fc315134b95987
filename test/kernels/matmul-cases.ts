import { sameAxis, windowAxis } from '../../src/ops/define.ts';
import type { Dice } from '../support/random.ts';
import { oneRow, pixelBytes, randomRequantization, randomRow, randomZeroPoint } from './cases.ts';
import type { KernelCase } from './support.ts';

/** Random calls of the portable kernel for products of matrices: either operand may be transposed. */
export function matmulCase(dice: Dice): KernelCase {
  const matrices = dice.pick([1, 1, 2, 3]);
  const [height, inner, columns] = [dice.integer(1, 6), dice.integer(1, 70), dice.integer(1, 45)];
  const [leftTransposed, rightTransposed] = [dice.chance(0.3), dice.chance(0.5)];
  const shared = dice.chance(0.2);
  const { fields, multipliers } = randomRequantization(dice, 1, 256 * 256 * inner);
  const outPixel = pixelBytes(dice, columns);
  return {
    call: {
      symbol: 'tsr_matmul_s8s8__portable',
      folder: 'matmul',
      struct: 'tsr_matmul',
      fields: {
        a_zero_point: randomZeroPoint(dice),
        b_zero_point: randomZeroPoint(dice),
        multiplier: multipliers[0] ?? 0,
        ...fields,
        matrices,
        inner,
        columns,
        a_matrix: height * inner,
        a_pixel: leftTransposed ? 1 : inner,
        a_column: 0,
        a_inner: leftTransposed ? height : 1,
        b_matrix: shared ? 0 : inner * columns,
        b_inner: rightTransposed ? 1 : columns,
        b_column: rightTransposed ? inner : 1,
        out_pixel: outPixel,
      },
      inputs: [
        { input: 0, rows: sameAxis, columns: sameAxis },
        { input: 1, rows: sameAxis, columns: windowAxis(1, 0, 1, 1) },
      ],
      ...oneRow,
    },
    steps: [
      {
        rows: [randomRow(dice, matrices * height * inner), randomRow(dice, (shared ? 1 : matrices) * inner * columns)],
        segment: { row: 0, column: 0, outWidth: matrices * height, inWidth: matrices * height, padLeft: 0 },
      },
    ],
    outBytes: (matrices * height - 1) * outPixel + columns,
  };
}
