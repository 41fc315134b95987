/*
 * A copy in which every axis has a list of the input indices that its output indices take: padding by edges,
 * reflections or repetition, and padding with a constant along any axis.
 *
 * rows     one pointer, to the whole input
 * out      the whole output, row-major over shape, then `block` bytes; must not overlap the input
 * scratch  none
 */
#ifndef TSR_REMAP_H
#define TSR_REMAP_H

#include "tsr.h"

enum { tsr_remap_axes = 6, tsr_remap_fill = 65535 };

typedef struct tsr_remap {
  const int8_t *table;     /* entry q + 128 is the output of input q; NULL: bytes are copied as they are */
  const uint16_t *indices; /* the lists of all axes, one behind the other; tsr_remap_fill: not of the input */
  const int32_t *shape;    /* [tsr_remap_axes], of the output: the lengths of the lists */
  const int32_t *strides;  /* [tsr_remap_axes], of the input, in bytes */
  int32_t block;           /* bytes that lie together in input and output alike */
  int32_t fill;            /* what is not of the input, an output step */
} tsr_remap;

void tsr_remap_s8__portable(const tsr_remap *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                            void *scratch);

#endif
