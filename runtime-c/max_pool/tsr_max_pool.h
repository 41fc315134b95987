/*
 * The largest value under a window, channel by channel.
 *
 * rows     kernel_h pointers to rows of segment->in_width pixels, NULL for padding
 * out      segment->out_width pixels; must not overlap the rows
 * scratch  none
 * Padding is left out. Every window has a pixel that is not padding.
 */
#ifndef TSR_MAX_POOL_H
#define TSR_MAX_POOL_H

#include "tsr.h"

typedef struct tsr_max_pool {
  const int8_t *table; /* entry q + 128 is the output of q; NULL where it is q */
  int32_t channels;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t stride_w;
  int32_t dilation_w;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_max_pool;

void tsr_max_pool_s8__portable(const tsr_max_pool *p, const int8_t *const *rows, int8_t *out,
                               const tsr_segment *segment, void *scratch);

#endif
