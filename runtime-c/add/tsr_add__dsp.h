/*
 * Sum or difference of two operands on Arm DSP. Rows, output and formula as in tsr_add.h; an operand may broadcast along
 * the row, not along the channels.
 *
 * A multiplier m of more than 16 bits is low + 2^15 * high, so that SMLAD multiplies both operands at once.
 * scratch  none
 */
#ifndef TSR_ADD_DSP_H
#define TSR_ADD_DSP_H

#include "tsr.h"

typedef struct tsr_add_dsp {
  int32_t low;  /* pair: of a's multiplier, of b's */
  int32_t high; /* pair: of a's multiplier, of b's */
  int32_t offset;
  uint16_t channels;
  uint16_t a_pixel;
  uint16_t b_pixel;
  uint16_t out_pixel;
  uint8_t shift;
  int8_t min;
  int8_t max;
} tsr_add_dsp;

void tsr_add_s8s8__dsp(const tsr_add_dsp *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                       void *scratch);

#endif
