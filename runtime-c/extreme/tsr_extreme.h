/*
 * The largest or smallest value over rows, columns or both; rows accumulate as they arrive.
 *
 * rows     one pointer; segment->row says which row it is, and rows come in order
 * out      written with the last of `rows` rows: segment->out_width pixels
 * scratch  out_width * channels bytes, kept from the first row to the last
 * Every output pixel is taken from `pixels` neighbouring input pixels in each of `rows` rows.
 * Where channels are reduced as well, a pixel is one byte: channels is 1 and `pixels` counts bytes.
 */
#ifndef TSR_EXTREME_H
#define TSR_EXTREME_H

#include "tsr.h"

typedef struct tsr_extreme {
  const int8_t *table; /* entry q + 128 is the output of q; NULL where it is q */
  int32_t sign;        /* 1: the largest, -1: the smallest */
  int32_t rows;
  int32_t pixels;
  int32_t channels;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_extreme;

void tsr_extreme_s8__portable(const tsr_extreme *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                              void *scratch);

#endif
