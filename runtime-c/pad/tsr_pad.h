/*
 * Padding with a constant along rows, columns and channels; cropping at the start of an axis is a negative pad.
 *
 * rows     one pointer; NULL is a row of padding
 * out      segment->out_width pixels of channels_before + channels + channels_after bytes; must not overlap the row
 * scratch  none
 * Output pixel x is input pixel x - pad_left; where the input has no such pixel, it is padding.
 */
#ifndef TSR_PAD_H
#define TSR_PAD_H

#include "tsr.h"

typedef struct tsr_pad {
  const int8_t *table;     /* entry q + 128 is the output of input q; NULL: bytes are copied as they are */
  int32_t value;           /* the padding, an output step */
  int32_t channels_before; /* padding before and after the channels of each pixel */
  int32_t channels;        /* bytes to copy of each pixel */
  int32_t channels_after;
  int32_t input_offset; /* of the first of them in the input pixel */
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_pad;

void tsr_pad_s8__portable(const tsr_pad *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                          void *scratch);

#endif
