/*
 * Product of two operands, either of which may broadcast.
 *
 * rows     two pointers, one to a row of each operand
 * out      segment->out_width pixels; may be the row of an operand that does not broadcast along it
 * scratch  none
 * acc = (a - a_zero_point) * (b - b_zero_point), then tsr_requantize(acc * pre_scale, ...)
 * ranges   |acc| is at most 255 * 255; the compiler has proved that acc * pre_scale fits int32
 */
#ifndef TSR_MUL_H
#define TSR_MUL_H

#include "tsr.h"

typedef struct tsr_mul {
  int32_t a_zero_point;
  int32_t b_zero_point;
  int32_t multiplier;
  int32_t pre_scale;
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
} tsr_mul;

void tsr_mul_s8s8__portable(const tsr_mul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                            void *scratch);

#endif
