/*
 * Convolution with Helium: as tsr_conv.h, without groups and without a pre-scale.
 *
 * Windows are taken three at a time, outputs in fours of channels: VMLADAVA multiplies and sums 16 bytes, and each 96
 * products take 12 instructions, or 11.5 where windows are one piece. In whole layers, with requantisation, on a
 * Cortex-M55 in QEMU, instructions a multiply-accumulate: 3 x 3 of 32 channels 0.16, of 64 0.14. The portable kernel takes
 * 4.4 to 18.
 *
 * scratch  (copies * window_vectors + 1) * 16 bytes, for windows that reach over the edge or do not lie in vectors
 * weights  bytes [out_channels][kernel_h][kernel_w][in_channels], as the portable kernel has them; behind them, aligned to
 *          words, for each four channels, and the rest: biases, then multipliers divided by 2. The last vector of a window
 *          may be longer than the window, and so reach behind the last weights: to bytes of any value
 */
#ifndef TSR_CONV_MVE_H
#define TSR_CONV_MVE_H

#include "tsr_mve_tile.h"

enum { tsr_conv_mve_runs = 5 };

/* What layers may have in common. */
typedef struct tsr_conv_mve_shape {
  int32_t offset;
  int32_t stream;          /* bytes from the first weight to the first bias */
  int32_t in_channels;
  int32_t in_pixel;
  int32_t window_bytes;    /* kernel_h * kernel_w * in_channels */
  uint16_t out_channels;
  uint16_t kernel_h;
  uint16_t kernel_w;
  uint16_t stride_w;
  uint16_t dilation_w;
  uint16_t out_pixel;
  uint16_t window_vectors; /* of 16 bytes, the last of which may be longer than the window */
  uint16_t run_vectors;    /* of a row of a window, of at most tsr_conv_mve_runs rows; 0: windows are always copied */
  uint16_t tiles;          /* groups of four channels that tsr_mve_tile_3x4 computes; the others go one pixel at a time */
  uint8_t copies;          /* windows that are copied at a time: a multiple of 3 */
  uint8_t joined;          /* whether the columns of a window lie side by side */
  uint8_t shift;
  int8_t min;
  int8_t max;
  int8_t input_zero_point;
} tsr_conv_mve_shape;

typedef struct tsr_conv_mve {
  const int32_t *weights;
  const tsr_conv_mve_shape *shape;
} tsr_conv_mve;

void tsr_conv_s8s8__mve(const tsr_conv_mve *layer, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                        void *scratch);

#endif
