/*
 * Convolution with Helium whose columns are small: as tsr_conv.h, without groups, a pre-scale or dilation, output channels
 * a multiple of 4. Columns are copied to the scratch with their rows together: windows overlap there, so that each
 * column is copied once, and a window is one piece.
 *
 * In whole layers, on a Cortex-M55 in QEMU, instructions a multiply-accumulate: 3 x 3 of 16 channels 0.18, 10 x 4 of one
 * channel 0.34; tsr_conv_s8s8__mve, which copies windows, takes 0.19 and 0.47.
 *
 * scratch  window_columns * kernel_h * in_channels + 16 bytes
 * weights  [out_channels][kernel_w][kernel_h][in_channels]
 */
#ifndef TSR_CONV_MVE_COLUMNS_H
#define TSR_CONV_MVE_COLUMNS_H

#include "tsr_mve_columns.h"
#include "tsr_mve_tile.h"

typedef struct tsr_conv_mve_columns {
  const int8_t *weights;
  const int32_t *stream; /* for each four channels biases, then multipliers divided by 2 */
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
  int32_t in_pixel;
  int32_t out_pixel;
  int32_t window_bytes;   /* kernel_h * kernel_w * in_channels, more than 16 */
  int32_t window_columns; /* columns that the scratch holds */
  int32_t together;       /* columns that are copied at a time; 0: one, in pieces of 16 channels */
} tsr_conv_mve_columns;

void tsr_conv_s8s8__mve_columns(const tsr_conv_mve_columns *p, const int8_t *const *rows, int8_t *out,
                                const tsr_segment *segment, void *scratch);

#endif
