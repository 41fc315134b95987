/*
 * A copy of a whole tensor, seen as blocks, to blocks that lie further apart: a part of a concatenation along an outer
 * axis, or a change of quantisation alone (one block).
 *
 * rows     one pointer, to the whole input: blocks * bytes
 * out      the whole output; the first block goes to output_offset; must not overlap the input
 * scratch  none
 */
#ifndef TSR_BLOCKS_H
#define TSR_BLOCKS_H

#include "tsr.h"

typedef struct tsr_blocks {
  const int8_t *table; /* entry q + 128 is the output of input q; NULL: bytes are copied as they are */
  int32_t blocks;
  int32_t bytes;         /* of a block */
  int32_t output_stride; /* bytes from one block to the next in the output */
  int32_t output_offset;
} tsr_blocks;

void tsr_blocks_s8__portable(const tsr_blocks *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                             void *scratch);

#endif
