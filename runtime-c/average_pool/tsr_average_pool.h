/*
 * The mean under a window, channel by channel, with padding that counts as zeros or does not count.
 *
 * rows     kernel_h pointers to rows of segment->in_width pixels, NULL for padding; segment->row is the output row
 * out      segment->out_width pixels; must not overlap the rows
 * scratch  none
 * A tap counts if it lies in rows [count_from_row, count_to_row) of the input and at most count_left pixels before the
 * row or count_right behind it. The multiplier of n taps that count, 1 / n included, is multipliers[n - first_count].
 * ranges   256 * kernel_h * kernel_w * pre_scale < 2^31
 */
#ifndef TSR_AVERAGE_POOL_H
#define TSR_AVERAGE_POOL_H

#include "tsr.h"

typedef struct tsr_average_pool {
  const int32_t *multipliers;
  int32_t first_count;
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t input_zero_point;
  int32_t channels;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t stride_h;
  int32_t stride_w;
  int32_t dilation_h;
  int32_t dilation_w;
  int32_t pad_top;
  int32_t count_from_row;
  int32_t count_to_row;
  int32_t count_left;
  int32_t count_right;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_average_pool;

void tsr_average_pool_s8__portable(const tsr_average_pool *p, const int8_t *const *rows, int8_t *out,
                                   const tsr_segment *segment, void *scratch);

#endif
