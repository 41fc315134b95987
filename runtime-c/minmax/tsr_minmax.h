/*
 * The smaller or the larger of two operands, either of which may broadcast.
 *
 * rows     two pointers, one to a row of each operand
 * out      segment->out_width pixels; may be the row of an operand that does not broadcast along it
 * scratch  none
 * Both operands are brought to the output's steps times 2^shift, and the chosen one is rounded: the zero points and the
 * half for rounding are in the offsets.
 * ranges   the compiler has proved that every partial sum fits int32
 */
#ifndef TSR_MINMAX_H
#define TSR_MINMAX_H

#include "tsr.h"

typedef struct tsr_minmax {
  int32_t a_multiplier;
  int32_t b_multiplier;
  int32_t a_offset;
  int32_t b_offset;
  int32_t shift;
  int32_t larger; /* 1: the larger of both, 0: the smaller */
  int32_t channels;
  int32_t a_pixel;   /* bytes from one pixel of a to the next: 0 where one pixel serves the whole row */
  int32_t b_pixel;   /* the same of b */
  int32_t a_channel; /* bytes from one channel of a to the next: 0 where one value serves the whole pixel */
  int32_t b_channel; /* the same of b */
  int32_t out_pixel; /* bytes from one output pixel to the next */
} tsr_minmax;

void tsr_minmax_s8s8__portable(const tsr_minmax *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                               void *scratch);

#endif
