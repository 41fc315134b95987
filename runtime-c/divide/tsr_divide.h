/*
 * Quotient of two operands, either of which may broadcast.
 *
 * rows         two pointers, one to a row of the dividend a and one to a row of the divisor b
 * out          segment->out_width pixels; may be the row of an operand that does not broadcast along it
 * scratch      none
 * reciprocals  [256]: entry b + 128 is what a step of a is worth when divided by b, in output steps times 2^shift;
 *              at most 256 * 2^shift in size, which every dividend but zero saturates with
 * y = clamp(((a - a_zero_point) * reciprocals[b + 128] + offset) >> shift): the output's zero point and the half for
 * rounding are in the offset
 * ranges       shift is 15, so that the sum fits int32
 */
#ifndef TSR_DIVIDE_H
#define TSR_DIVIDE_H

#include "tsr.h"

typedef struct tsr_divide {
  const int32_t *reciprocals;
  int32_t a_zero_point;
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
} tsr_divide;

void tsr_divide_s8s8__portable(const tsr_divide *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                               void *scratch);

#endif
