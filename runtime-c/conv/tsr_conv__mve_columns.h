/*
 * Convolution with Helium whose columns are small: as tsr_conv.h, without groups, a pre-scale or dilation, output channels
 * a multiple of 4. Columns are copied to the scratch with their rows together: windows overlap there, so that each
 * column is copied once, and a window is one piece.
 *
 * With a shift of 1 windows of 40 bytes, 64, 72 and 112 are computed as the pixels of tsr_conv__mve_pixels.h. In whole layers, on a
 * Cortex-M55 in QEMU, instructions a multiply-accumulate: 3 x 3 of 16 channels 0.17, 10 x 4 of one channel 0.25;
 * tsr_conv_s8s8__mve, which copies windows, takes 0.19 and 0.47.
 *
 * scratch  window_columns * kernel_h * in_channels + 16 bytes
 * weights  for each four channels biases, then multipliers divided by 2; behind all of them bytes: [out_channels]
 *          [kernel_w][kernel_h][in_channels]
 */
#ifndef TSR_CONV_MVE_COLUMNS_H
#define TSR_CONV_MVE_COLUMNS_H

#include "tsr_mve_columns.h"
#include "tsr_mve_known.h"

/* What layers may have in common. */
typedef struct tsr_conv_mve_columns_shape {
  int32_t offset;
  uint16_t in_channels;
  uint16_t out_channels;
  uint16_t kernel_h;
  uint16_t kernel_w;
  uint16_t stride_w;
  uint16_t in_pixel;
  uint16_t out_pixel;
  uint16_t window_bytes;   /* kernel_h * kernel_w * in_channels, more than 16 */
  uint16_t window_columns; /* columns that the scratch holds */
  uint8_t together;        /* columns that are copied at a time; 0: one, in pieces of 16 channels */
  uint8_t shift;
  int8_t min;
  int8_t max;
  int8_t input_zero_point;
} tsr_conv_mve_columns_shape;

typedef struct tsr_conv_mve_columns {
  const int32_t *weights;
  const tsr_conv_mve_columns_shape *shape;
} tsr_conv_mve_columns;

void tsr_conv_s8s8__mve_columns(const tsr_conv_mve_columns *layer, const int8_t *const *rows, int8_t *out,
                                const tsr_segment *segment, void *scratch);

#endif
