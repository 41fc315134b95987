/*
 * Convolution 1 x 1 with Helium, without strides or padding, and dense layers: as tsr_conv.h, without groups or a
 * pre-scale, from more than 16 channels to a multiple of 4. What tsr_conv__mve.h says of tiles holds here too; there is
 * nothing to copy, so that less stack is enough. With a shift of 1 four pixels go together, without loops over channels:
 * from 40, 64, 72 and 112 channels; the rest of them, but for 112 channels, one by one, their windows kept in registers. In
 * whole layers, on a Cortex-M55 in QEMU, instructions a multiply-accumulate: 0.21 from 40 channels, 0.15 from 64, 0.16 from 72
 * and from 96, 0.13 from 112 and from 384; of one pixel 0.16.
 *
 * scratch  none
 * weights  for each four channels biases, then multipliers divided by 2; behind all of them bytes: [out_channels]
 *          [in_channels]
 */
#ifndef TSR_CONV_MVE_PIXELS_H
#define TSR_CONV_MVE_PIXELS_H

#include "tsr_mve_known.h"

/* What layers may have in common. */
typedef struct tsr_conv_mve_pixels_shape {
  int32_t offset;
  uint16_t in_channels;
  uint16_t out_channels;
  uint16_t in_pixel;
  uint16_t out_pixel;
  uint8_t shift;
  int8_t min;
  int8_t max;
} tsr_conv_mve_pixels_shape;

typedef struct tsr_conv_mve_pixels {
  const int32_t *weights;
  const tsr_conv_mve_pixels_shape *shape;
} tsr_conv_mve_pixels;

void tsr_conv_s8s8__mve_pixels(const tsr_conv_mve_pixels *layer, const int8_t *const *rows, int8_t *out,
                               const tsr_segment *segment, void *scratch);

#endif
