/*
 * Sums, means, largest and smallest values over any axes of a whole tensor: where a reduction takes in the batch and so
 * cannot go row by row.
 *
 * rows     one pointer, to the whole input
 * out      the whole output, row-major over the kept axes; must not overlap the input
 * scratch  none
 * Up to tsr_reduce_axes axes are kept and as many reduced, leading sizes of 1 where there are fewer; strides are those
 * of the input, in bytes.
 */
#ifndef TSR_REDUCE_H
#define TSR_REDUCE_H

#include "tsr.h"

enum { tsr_reduce_axes = 3 };

/* acc = bias + sum; a mean's 1 / count is folded into the multiplier. */
typedef struct tsr_reduce_sum {
  const int32_t *kept_sizes;
  const int32_t *kept_strides;
  const int32_t *reduced_sizes;
  const int32_t *reduced_strides;
  int32_t bias;
  int32_t multiplier;
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
} tsr_reduce_sum;

typedef struct tsr_reduce_extreme {
  const int32_t *kept_sizes;
  const int32_t *kept_strides;
  const int32_t *reduced_sizes;
  const int32_t *reduced_strides;
  const int8_t *table; /* entry q + 128 is the output of q; NULL where it is q */
  int32_t sign;        /* 1: the largest, -1: the smallest */
} tsr_reduce_extreme;

void tsr_reduce_sum_s8__portable(const tsr_reduce_sum *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch);

void tsr_reduce_extreme_s8__portable(const tsr_reduce_extreme *p, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch);

#endif
