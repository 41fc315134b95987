/*
 * Softmax over the channels of each pixel.
 *
 * rows          one pointer
 * out           may be the row itself
 * scratch       none
 * exponentials  [last + 1]: round(exp(-d * input scale) * 2^k), so that the sum over all channels is below 2^30; those
 *               behind the last are as it is: zero, unless it is number 255
 * y = floor((e * reciprocal_scale + 128 * sum) / (256 * sum)) + zero_point, where e is that of maximum - q
 */
#ifndef TSR_SOFTMAX_H
#define TSR_SOFTMAX_H

#include "tsr.h"

typedef struct tsr_softmax {
  const int32_t *exponentials;
  int32_t last;
  int32_t reciprocal_scale;
  int32_t zero_point;
  int32_t channels;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_softmax;

/* The exponential of a value that is `distance` below the maximum. */
static inline int32_t tsr_softmax_exponential(const tsr_softmax *p, int32_t distance) {
  return p->exponentials[tsr_min(distance, p->last)];
}

void tsr_softmax_s8__portable(const tsr_softmax *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                              void *scratch);

#endif
