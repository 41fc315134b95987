/*
 * Convolution for WebAssembly SIMD: 8 output channels in the lanes of two vectors, pairs of inputs splat over them.
 *
 * rows, out, segment  as tsr_conv
 * scratch     none; the inputs of 4 pixels are widened on the stack, at most tsr_conv_simd128_chunk of each at a time
 * weights     [out_channels / 8, rounded up][pairs of inputs][8 channels][2], one byte each: the inputs of an output are
 *             [kernel_h][kernel_w][in_channels] in a row; missing channels, and a missing last input, have weights of zero
 * bias        [out_channels, rounded up to 8], as tsr_conv; multipliers the same
 */
#ifndef TSR_CONV_SIMD128_H
#define TSR_CONV_SIMD128_H

#include "tsr.h"

typedef struct tsr_conv_simd128 {
  const int8_t *weights;
  const int32_t *bias;
  const int32_t *multipliers;
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t input_zero_point;
  int32_t in_channels;
  int32_t out_channels;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t stride_w;
  int32_t dilation_w;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_conv_simd128;

void tsr_conv_s8s8__simd128(const tsr_conv_simd128 *p, const int8_t *const *rows, int8_t *out,
                            const tsr_segment *segment, void *scratch);

#endif
