/*
 * Means over rows, columns or both; rows accumulate as they arrive.
 *
 * rows     one pointer; segment->row says which row it is, and rows come in order
 * out      written with the last of `rows` rows: segment->out_width pixels
 * scratch  4 * out_width * channels bytes, aligned to 4, kept from the first row to the last
 * Every output pixel is the mean of `pixels` neighbouring input pixels in each of `rows` rows; 1 / (pixels * rows) is
 * folded into the multiplier, and the input zero point into the bias.
 * Where channels are reduced as well, a pixel is one byte: channels is 1 and `pixels` counts bytes.
 */
#ifndef TSR_MEAN_H
#define TSR_MEAN_H

#include "tsr.h"

typedef struct tsr_mean {
  int32_t bias;
  int32_t multiplier;
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t rows;
  int32_t pixels;
  int32_t channels;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_mean;

void tsr_mean_s8__portable(const tsr_mean *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                           void *scratch);

#endif
