/*
 * Relu with a slope a channel below zero.
 *
 * rows     one pointer
 * out      segment->out_width pixels; may be the row itself
 * scratch  none
 * d = input - input_zero_point is requantised with the multiplier `positive` where d >= 0, else with the channel's; a
 * negative slope stands as a negative multiplier, and d changes its sign instead
 * ranges   the compiler has proved that 255 * pre_scale fits int32
 */
#ifndef TSR_PRELU_H
#define TSR_PRELU_H

#include "tsr.h"

typedef struct tsr_prelu {
  const int32_t *slopes; /* [channels]: multipliers with the sign of the slope */
  int32_t positive;
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t input_zero_point;
  int32_t channels;
  int32_t in_pixel;  /* bytes from one input pixel to the next */
  int32_t out_pixel; /* bytes from one output pixel to the next */
} tsr_prelu;

void tsr_prelu_s8__portable(const tsr_prelu *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                            void *scratch);

#endif
