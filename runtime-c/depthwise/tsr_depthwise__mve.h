/*
 * Depthwise convolution with Helium: as tsr_depthwise.h, without a pre-scale.
 */
#ifndef TSR_DEPTHWISE_MVE_H
#define TSR_DEPTHWISE_MVE_H

#include "tsr_mve_window.h"

/*
 * 3 x 3 without dilation, channels a multiple of 4, a shift of at most 8. Columns of 16 channels are turned so that the taps
 * of a channel lie in one vector: one VMLADAV an output. In whole layers, with requantisation, on a Cortex-M55 in QEMU,
 * instructions an output: 4.8 in rows of 24, 6.5 in rows of 6, 5.8 to 6.1 with stride 2; the portable kernel takes 110. Four
 * pixels of four channels take 62, of two channels 26, in rows of 20 pixels or more without a stride; the turning of a
 * column of 16 channels takes 8, or 11 where pixels have other than 16, 32 or 64 bytes.
 *
 * scratch  64 * (columns + 1) bytes, for the columns under `most` pixels; 32 where a column has 32
 * weights  for each four channels their biases, then their multipliers divided by 2^shift: what is left is a shift of 1;
 *          behind all of them bytes: [channels][kernel_w][kernel_h]
 * offset   twice the zero point: the instruction that shifts rounds
 */

/* What layers may have in common. */
typedef struct tsr_depthwise_mve_3x3_shape {
  int16_t offset;
  uint16_t channels;
  uint16_t in_pixel;
  uint16_t out_pixel;
  uint16_t step;    /* in_pixel, or that of two pixels where columns have 32 bytes */
  uint16_t further; /* column * stride_w */
  uint8_t stride_w;
  uint8_t column;   /* bytes of a turned column: 64, or 32 where there are 8 channels alone, side by side */
  uint8_t most;     /* pixels that are computed together, an even number */
  uint8_t known;    /* as that of tsr_mve_depthwise */
  uint8_t kind;     /* as that of tsr_mve_depthwise where all rows are there */
  uint8_t part;     /* as that of tsr_mve_depthwise */
  uint8_t limited;  /* whether min or max is narrower than int8 */
  uint8_t pairs;    /* of rows that a call of tsr_depthwise_s8s8__mve_3x3_two computes */
  int8_t min;
  int8_t max;
  int8_t input_zero_point;
} tsr_depthwise_mve_3x3_shape;

typedef struct tsr_depthwise_mve_3x3 {
  const int32_t *weights;
  const tsr_depthwise_mve_3x3_shape *shape;
} tsr_depthwise_mve_3x3;

void tsr_depthwise_s8s8__mve_3x3(const tsr_depthwise_mve_3x3 *layer, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch);

/*
 * Any window whose weights are such that two neighbouring taps never overflow 16 bits together. With requantisation, 64
 * channels, rows of 24, on a Cortex-M55 in QEMU, instructions a multiply-accumulate: 1.07 at 5 x 5, 0.94 at 7 x 7; the
 * portable kernel takes 9.
 *
 * scratch  a byte for each channel
 * weights  for each sixteen channels, and the rest: for each of the offsets 0, 2, 1, 3 the biases of every fourth channel
 *          from there on, and their multipliers divided by 2; behind all of them bytes, for each sixteen channels, and the
 *          rest: [kernel_h][kernel_w][channels of the block]
 */

/* What layers may have in common. */
typedef struct tsr_depthwise_mve_shape {
  int32_t offset;
  uint16_t channels;
  uint16_t stride_w;
  uint16_t dilation_w;
  uint16_t in_pixel;
  uint16_t out_pixel;
  uint8_t kernel_h;
  uint8_t kernel_w;
  uint8_t shift;
  int8_t min;
  int8_t max;
  int8_t input_zero_point;
} tsr_depthwise_mve_shape;

typedef struct tsr_depthwise_mve {
  const int32_t *weights;
  const tsr_depthwise_mve_shape *shape;
} tsr_depthwise_mve;

void tsr_depthwise_s8s8__mve(const tsr_depthwise_mve *layer, const int8_t *const *rows, int8_t *out,
                             const tsr_segment *segment, void *scratch);

#endif
