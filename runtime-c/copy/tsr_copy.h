/*
 * A copy of some channels of some pixels of a row: slices, and the parts of concatenations.
 *
 * rows     one pointer, never NULL
 * out      output pixels, out_pixel bytes apart, of which `channels` bytes are written; must not overlap the row
 * scratch  none
 * Output pixel x is input pixel x * stride_w - pad_left; where the input has no such pixel, nothing is written, so that
 * each input of a concatenation along the width writes its own part of the row.
 */
#ifndef TSR_COPY_H
#define TSR_COPY_H

#include "tsr.h"

typedef struct tsr_copy {
  const int8_t *table;    /* entry q + 128 is the output of input q; NULL: bytes are copied as they are */
  int32_t channels;       /* bytes to copy of each pixel */
  int32_t channel_stride; /* from one of them to the next in the input */
  int32_t input_offset;   /* of the first of them in the input pixel */
  int32_t stride_w;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_copy;

void tsr_copy_s8__portable(const tsr_copy *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                           void *scratch);

#endif
