/*
 * Depthwise convolution: every channel with a kernel of its own, any size, stride and dilation.
 *
 * rows     kernel_h pointers to rows of segment->in_width pixels, NULL for padding
 * out      segment->out_width pixels; must not overlap the rows
 * scratch  none
 * weights  [kernel_h][kernel_w][channels], one byte each
 * bias, ranges  as tsr_conv
 */
#ifndef TSR_DEPTHWISE_H
#define TSR_DEPTHWISE_H

#include "tsr.h"

typedef struct tsr_depthwise {
  const int8_t *weights;
  const int32_t *bias;        /* [channels] */
  const int32_t *multipliers; /* [channels] */
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t input_zero_point;
  int32_t channels;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t stride_w;
  int32_t dilation_w;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_depthwise;

void tsr_depthwise_s8s8__portable(const tsr_depthwise *p, const int8_t *const *rows, int8_t *out,
                                  const tsr_segment *segment, void *scratch);

#endif
