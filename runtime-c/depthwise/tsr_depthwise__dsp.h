/*
 * Depthwise convolution on Arm DSP. Rows and outputs as in tsr_depthwise.h.
 *
 * Any size of up to tsr_depthwise_dsp_rows rows, stride and dilation: no scratch. Weights for each four channels: their
 * biases, without the input zero point, a word of weights of the four for each tap, their multipliers. What is left of
 * the channels: biases, multipliers, then bytes [channels][taps].
 *
 * 3 x 3: scratch tsr_depthwise_3x3_scratch bytes, aligned to 4; channels a multiple of 4; multipliers and offset for a
 * shift of 1. Weights for each four channels: w22 of the four as bytes of a word, then for each of the four its bias
 * (as in tsr_depthwise.h), w00 w02 w10 w12, w01 w20 w11 w21, its multiplier.
 *
 * 5 x 5 and 7 x 7: as 3 x 3, but scratch tsr_depthwise_5x5_scratch and tsr_depthwise_7x7_scratch bytes. Weights for
 * each
 * four channels: the last weights of the four, w44 or w66, as bytes of a word; then for each its bias, its multiplier
 * and
 *   5 x 5  w00 w01 w10 w11, w02 w03 w12 w13, the same of rows 2 and 3, w04 w24 w14 w34, w40 w41 w42 w43
 *   7 x 7  w00 w01 w10 w11, w02 w03 w12 w13, w04 w05 w14 w15, the same of rows 2 and 3, and of 4 and 5,
 *          w06 w26 w16 w36, w46 w64 w56 w65, w60 w61 w62 w63
 */
#ifndef TSR_DEPTHWISE_DSP_H
#define TSR_DEPTHWISE_DSP_H

#include "tsr.h"

enum { tsr_depthwise_dsp_rows = 16 };

/* What layers may have in common. */
typedef struct tsr_depthwise_dsp_shape {
  int32_t offset;
  uint16_t channels;
  uint16_t kernel_h;
  uint16_t kernel_w;
  uint16_t stride_w;
  uint16_t dilation_w;
  uint16_t in_pixel;
  uint16_t out_pixel;
  uint8_t pre_shift; /* sums count times 2^pre_shift */
  uint8_t shift;
  int8_t min;
  int8_t max;
  int8_t input_zero_point;
} tsr_depthwise_dsp_shape;

typedef struct tsr_depthwise_dsp {
  const int32_t *weights;
  const tsr_depthwise_dsp_shape *shape;
} tsr_depthwise_dsp;

typedef struct tsr_depthwise_packed_dsp_shape {
  int16_t offset;
  uint16_t channels;
  uint16_t in_pixel;
  uint16_t out_pixel;
  uint8_t pre_shift; /* of the scaled kernel, at least 1: sums count times 2^pre_shift; in its biases it is included */
  int8_t min;
  int8_t max;
  int8_t input_zero_point;
} tsr_depthwise_packed_dsp_shape;

typedef struct tsr_depthwise_packed_dsp {
  const int32_t *weights;
  const tsr_depthwise_packed_dsp_shape *shape;
} tsr_depthwise_packed_dsp;

/*
 * Outputs of a row that share a scratch (with stride 2 half as many), the bytes of the pairs of columns that they need,
 * and
 * the most outputs of a segment that do without it.
 */
enum {
  tsr_depthwise_3x3_outputs = 24,
  tsr_depthwise_3x3_scratch = 32 * (tsr_depthwise_3x3_outputs / 2 + 1),
  tsr_depthwise_3x3_narrow = 7,
  tsr_depthwise_3x3_stride2_narrow = 6,
  /* Words of a channel, then strips: tsr_dsp_strip_words of isa/tsr_dsp_strip.h and what follows there. */
  tsr_depthwise_5x5_outputs = 20,
  tsr_depthwise_5x5_pitch = 24,
  tsr_depthwise_5x5_scratch = 4 * (31 + 3 * 24),
  tsr_depthwise_7x7_outputs = 10,
  tsr_depthwise_7x7_pitch = 25,
  tsr_depthwise_7x7_scratch = 4 * (31 + 4 * 25)
};

void tsr_depthwise_s8s8__dsp(const tsr_depthwise_dsp *layer, const int8_t *const *rows, int8_t *out,
                             const tsr_segment *segment, void *scratch);

void tsr_depthwise_s8s8__dsp_3x3(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch);

void tsr_depthwise_s8s8__dsp_3x3_narrow(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch);

void tsr_depthwise_s8s8__dsp_3x3_rows(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                      const tsr_segment *segment, void *scratch);

void tsr_depthwise_s8s8__dsp_3x3_scaled(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                        const tsr_segment *segment, void *scratch);

void tsr_depthwise_s8s8__dsp_5x5(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch);

void tsr_depthwise_s8s8__dsp_7x7_stride2(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                         const tsr_segment *segment, void *scratch);

void tsr_depthwise_s8s8__dsp_3x3_stride2(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                         const tsr_segment *segment, void *scratch);

/* Of rows that are channel-planar: [channels][in_width]. */
void tsr_depthwise_s8s8__dsp_3x3_planar(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                        const tsr_segment *segment, void *scratch);

void tsr_depthwise_s8s8__dsp_3x3_stride2_planar(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                                int8_t *out, const tsr_segment *segment, void *scratch);

#endif
