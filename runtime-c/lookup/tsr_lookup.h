/*
 * Any function of one int8 value: a table of 256 bytes.
 *
 * rows     one pointer
 * out      may be the row itself
 * scratch  none
 * table    entry q + 128 is the output of input q
 */
#ifndef TSR_LOOKUP_H
#define TSR_LOOKUP_H

#include "tsr.h"

typedef struct tsr_lookup {
  const int8_t *table;
  int32_t channels;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_lookup;

void tsr_lookup_s8__portable(const tsr_lookup *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                             void *scratch);

#endif
