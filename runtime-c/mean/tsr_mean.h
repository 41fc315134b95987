/*
 * Means over rows, columns or both; rows accumulate as they arrive.
 *
 * rows     one pointer; segment->row says which row it is; rows, and segments of a row, come in order
 * segment  in_width input pixels from input column `column` on
 * out      where rows accumulate: the output row, written with the last segment; else the segment's first pixel
 * scratch  4 bytes for each channel of each output column, aligned to 4, kept from the first segment to the last
 * Every output pixel is the mean of `columns` * `pixels` neighbouring input pixels in each of `rows` rows; 1 / count is
 * folded into the multiplier, and the input zero point into the bias.
 * Where channels are reduced as well, a pixel is one byte: channels is 1.
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
  int32_t rows;    /* that accumulate; 1 where each row has an output row of its own */
  int32_t columns; /* that become one; 1 where each has an output column of its own */
  int32_t pixels;  /* that a column of a row has: 1, or as many as channels where these become one */
  int32_t channels;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_mean;

void tsr_mean_s8__portable(const tsr_mean *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                           void *scratch);

#endif
