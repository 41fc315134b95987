/*
 * Sum or difference of two operands, either of which may broadcast.
 *
 * rows     two pointers, one to a row of each operand
 * out      segment->out_width pixels; may be the row of an operand that does not broadcast along it
 * scratch  none
 * y = clamp((a * a_multiplier + b * b_multiplier + offset) >> shift): one rounding, half up. The zero points and the half
 * are in the offset; b_multiplier is negative for a difference.
 * ranges   the compiler has proved that every partial sum fits int32
 */
#ifndef TSR_ADD_H
#define TSR_ADD_H

#include "tsr.h"

typedef struct tsr_add {
  int32_t a_multiplier;
  int32_t b_multiplier;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t channels;
  int32_t a_pixel;   /* bytes from one pixel of a to the next: 0 where one pixel serves the whole row */
  int32_t b_pixel;   /* the same of b */
  int32_t a_channel; /* bytes from one channel of a to the next: 0 where one value serves the whole pixel */
  int32_t b_channel; /* the same of b */
  int32_t out_pixel; /* bytes from one output pixel to the next */
} tsr_add;

void tsr_add_s8s8__portable(const tsr_add *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                            void *scratch);

#endif
