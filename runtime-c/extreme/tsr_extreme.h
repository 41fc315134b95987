/*
 * The largest or smallest value over rows, columns or both; rows accumulate as they arrive.
 *
 * rows     one pointer; segment->row says which row it is; rows, and segments of a row, come in order
 * segment  in_width input pixels from input column `column` on
 * out      where rows accumulate: the output row, written with the last segment; else the segment's first pixel
 * scratch  a byte for each channel of each output column, kept from the first segment to the last
 * Every output pixel is taken from `columns` * `pixels` neighbouring input pixels in each of `rows` rows.
 * Where channels are reduced as well, a pixel is one byte: channels is 1.
 */
#ifndef TSR_EXTREME_H
#define TSR_EXTREME_H

#include "tsr.h"

typedef struct tsr_extreme {
  const int8_t *table; /* entry q + 128 is the output of q; NULL where it is q */
  int32_t sign;        /* 1: the largest, -1: the smallest */
  int32_t rows;    /* that accumulate; 1 where each row has an output row of its own */
  int32_t columns; /* that become one; 1 where each has an output column of its own */
  int32_t pixels;  /* that a column of a row has: 1, or as many as channels where these become one */
  int32_t channels;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_extreme;

void tsr_extreme_s8__portable(const tsr_extreme *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                              void *scratch);

#endif
