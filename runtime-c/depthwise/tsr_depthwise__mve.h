/*
 * Depthwise convolution with Helium: as tsr_depthwise.h, without a pre-scale.
 */
#ifndef TSR_DEPTHWISE_MVE_H
#define TSR_DEPTHWISE_MVE_H

#include "tsr_mve.h"

/*
 * 3 x 3 without dilation, channels a multiple of 4. Columns of 16 channels are turned so that the taps of a channel lie
 * in one vector: one VMLADAV an output. Measured in QEMU on a Cortex-M55, 64 channels, rows of 24, requantisation
 * included: MEASURED instructions an output.
 *
 * scratch  64 * (tsr_depthwise_mve_columns + 1) bytes
 * weights  [channels][kernel_w][kernel_h]
 * stream   for each four channels their biases, then their multipliers divided by 2
 */
enum { tsr_depthwise_mve_columns = 16 };

typedef struct tsr_depthwise_mve_3x3 {
  const int8_t *weights;
  const int32_t *stream;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t input_zero_point;
  int32_t channels;
  int32_t stride_w;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_depthwise_mve_3x3;

void tsr_depthwise_s8s8__mve_3x3(const tsr_depthwise_mve_3x3 *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch);

/*
 * Any window whose weights are such that two neighbouring taps never overflow 16 bits together. Measured in QEMU on a
 * Cortex-M55, 5 x 5, 64 channels, rows of 24, requantisation included: MEASURED instructions a multiply-accumulate.
 *
 * scratch  a byte for each channel
 * weights  for each sixteen channels, and the rest: [kernel_h][kernel_w][channels of the block]
 * stream   for each sixteen channels, and the rest: for each of the offsets 0, 2, 1, 3 the biases of every fourth channel
 *          from there on, and their multipliers divided by 2
 */
typedef struct tsr_depthwise_mve {
  const int8_t *weights;
  const int32_t *stream;
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
} tsr_depthwise_mve;

void tsr_depthwise_s8s8__mve(const tsr_depthwise_mve *p, const int8_t *const *rows, int8_t *out,
                             const tsr_segment *segment, void *scratch);

#endif
