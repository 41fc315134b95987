/*
 * Convolution, any kernel size, stride, dilation and grouping; a dense layer is a 1 x 1 convolution.
 *
 * rows     kernel_h pointers to rows of segment->in_width pixels, NULL for padding
 * out      segment->out_width pixels; must not overlap the rows
 * scratch  none
 * weights  [out_channels][kernel_h][kernel_w][in_channels / groups], one byte each
 * bias     the input zero point is folded in: acc = bias + sum of weight * raw input byte; padding reads as the zero point
 * ranges   the compiler has proved that acc and acc * pre_scale fit int32
 */
#ifndef TSR_CONV_H
#define TSR_CONV_H

#include "tsr.h"

typedef struct tsr_conv {
  const int8_t *weights;
  const int32_t *bias;        /* [out_channels] */
  const int32_t *multipliers; /* [out_channels] */
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t input_zero_point;
  int32_t in_channels;
  int32_t out_channels;
  int32_t groups;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t stride_w;
  int32_t dilation_w;
  int32_t in_pixel;  /* bytes from one input pixel to the next */
  int32_t out_pixel; /* bytes from one output pixel to the next */
} tsr_conv;

void tsr_conv_s8s8__portable(const tsr_conv *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                             void *scratch);

#endif
