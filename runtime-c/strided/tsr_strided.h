/*
 * A copy that walks its input by strides: transposes, slices and broadcasts of whole tensors.
 *
 * rows     one pointer, to the whole input
 * out      the whole output, row-major over shape; must not overlap the input
 * scratch  none
 */
#ifndef TSR_STRIDED_H
#define TSR_STRIDED_H

#include "tsr.h"

enum { tsr_strided_axes = 6 };

typedef struct tsr_strided {
  const int8_t *table;    /* entry q + 128 is the output of input q; NULL: bytes are copied as they are */
  const int32_t *shape;   /* [tsr_strided_axes], leading axes of 1 where there are fewer */
  const int32_t *strides; /* [tsr_strided_axes], of the input, in bytes */
  int32_t input_offset;
} tsr_strided;

void tsr_strided_s8__portable(const tsr_strided *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                              void *scratch);

#endif
