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

/*
 * What tsr_mve_tile_3x4 computes: `groups` times four channels of three pixels, at out, out + apart[0] and out + apart[1];
 * `times` times, where windows of one run lie advance[0] bytes further and the output advance[1].
 * A window is `runs` runs of `blocks` vectors. windows: three pointers for each run, and three times NULL behind the
 * last. weights: row_bytes from one channel to the next; the last vector of a row may reach into the next, or behind the
 * last row, where the window has zeros; a window of a single vector may be shorter than that: row_bytes are
 * read. stream: four biases and four halved multipliers for each group.
 * tsr_mve_tile_1x4 does the same for one pixel, whose window is one run of whole vectors.
 */
typedef struct tsr_mve_tile {
  const int8_t *const *windows;
  int32_t runs;
  int32_t blocks;
  const int8_t *weights;
  int32_t row_bytes;
  const int32_t *stream;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t apart[2];
  int32_t advance[2];
} tsr_mve_tile;

/*
 * Depthwise 3 x 3. tsr_mve_turn_3 writes, for each of `count` columns, 64 bytes: for each of 16 channels (of which the
 * first `lanes` are read) the bytes of three rows and one of any value; from a column to the next the rows lie s0, s1 and
 * s2 bytes apart. tsr_mve_depthwise_3x3 computes `groups` times four channels of `count` pixels from what was turned so,
 * with 64 bytes of any value behind it. weights: [channels][kernel_w][kernel_h]; stream: four biases and four halved
 * multipliers for each group.
 */
typedef struct tsr_mve_depthwise {
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t stride_w;
  int32_t out_pixel;
} tsr_mve_depthwise;

/*
 * tsr_mve_depthwise_pairs: sums[4 * k + i], for channel c + 4 * i + {0, 2, 1, 3}[k], of the products under 2 * `pairs` taps,
 * each a pointer to a pixel, with weights [taps][16]. Two products together must fit 16 bits.
 */

/* Where the nine weights of a channel stand in a vector of four columns of four rows. */
static const uint8_t tsr_mve_spread[16] = {0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 0, 0, 0, 0};

/* Where the four columns of a vector lie. */
static const int32_t tsr_mve_columns[4] = {0, 64, 128, 192};

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
