/*
 * Helium (the M-profile Vector Extension of Cortex-M55 and M85): on those machines the instructions, elsewhere C of the
 * same meaning, so that kernels for them run and are tested anywhere.
 *
 * Vectors are 128 bits: 16 int8, 8 int16 or 4 int32. `part` operations touch the first `count` lanes alone: loads put
 * zeros in the others and read nothing for them. Loads and stores of bytes need no alignment, those of words that of a
 * word. Sums wrap around.
 */
#ifndef TSR_MVE_H
#define TSR_MVE_H

#include "tsr.h"

/* One of the two is empty. */
#include "tsr_mve_arm.h"
#include "tsr_mve_c.h"

/*
 * tsr_requantize of four accumulators with a multiplier each; `halves` are the multipliers divided by 2 (they are
 * multiples of 256): one instruction multiplies, doubles, takes the high word and adds the offset, without rounding.
 */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_requantize(tsr_mve_s32 acc, tsr_mve_s32 halves, int32_t offset, int32_t shift,
                                              tsr_mve_s32 min, tsr_mve_s32 max) {
  acc = tsr_mve_double_multiply_high_add(acc, halves, offset);
  acc = tsr_mve_shift_right(acc, shift);
  return tsr_mve_min_s32(tsr_mve_max_s32(acc, min), max);
}

#endif
