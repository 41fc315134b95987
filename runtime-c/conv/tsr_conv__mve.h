/*
 * Convolution with Helium: as tsr_conv.h, without groups and without a pre-scale.
 *
 * Windows are taken three at a time, outputs in fours of channels: VMLADAVA multiplies and sums 16 bytes, and each 96
 * products take 12 instructions, or 11.5 where windows are one piece. In whole layers, with requantisation, on a
 * Cortex-M55 in QEMU, instructions a multiply-accumulate: 3 x 3 of 32 channels 0.16, of 64 0.14. The portable kernel takes
 * 4.4 to 18.
 *
 * scratch  (copies * window_vectors + 1) * 16 bytes, for windows that reach over the edge or do not lie in vectors
 * weights  [out_channels][kernel_h][kernel_w][in_channels], as the portable kernel has them; where there are
 *          tiles, behind them as many bytes of any value as the last vector of a window is longer than the window
 */
#ifndef TSR_CONV_MVE_H
#define TSR_CONV_MVE_H

#include "tsr_mve_tile.h"

enum { tsr_conv_mve_runs = 5 };

typedef struct tsr_conv_mve {
  const int8_t *weights;
  const int32_t *stream; /* for each four channels, and the rest: biases, then multipliers divided by 2 */
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
  int32_t window_bytes;   /* kernel_h * kernel_w * in_channels */
  int32_t window_vectors; /* of 16 bytes, the last of which may be longer than the window */
  int32_t run_vectors;    /* of a row of a window, of at most tsr_conv_mve_runs rows; 0: windows are always copied */
  int32_t copies;         /* windows that are copied at a time: a multiple of 3 */
  int32_t joined;         /* whether the columns of a window lie side by side */
  int32_t tiles;          /* groups of four channels that tsr_mve_tile_3x4 computes; the others go one pixel at a time */
} tsr_conv_mve;

void tsr_conv_s8s8__mve(const tsr_conv_mve *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                        void *scratch);

#endif
