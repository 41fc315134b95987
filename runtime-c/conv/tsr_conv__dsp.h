/*
 * Convolution for Arm DSP, any kernel size, stride and dilation, without groups; a dense layer is a 1 x 1 convolution.
 *
 * rows, out  as tsr_conv
 * scratch    4 * group * pairs bytes for the expanded activations of `group` pixels; with a window, behind them room
 *            for in_channels bytes of (group - 1) * stride_w + reach columns
 * weights    for every four of the packed output channels a stream as tsr_dsp_dot.h has it, then the others one by one:
 *            bias, weights of two pairs of taps a word (a0, b0, a1, b1 for the pairs (a0, a1) and (b0, b1)), multiplier
 * taps       in the order of the expansion: for every kernel row its runs (a whole row of the kernel where its columns
 *            lie side by side, else one column), of a run the pairs (0, 2), (1, 3), (4, 6), ... and the last two or
 *            three taps as (0, 1) or (0, 2); the odd tap of one run is paired with that of the next
 * ranges     as tsr_conv, and that the sums of packed weights fit 32 bits
 */
#ifndef TSR_CONV__DSP_H
#define TSR_CONV__DSP_H

#include "tsr.h"

typedef struct tsr_conv_dsp {
  const int32_t *weights;
  int32_t offset;           /* of the even channels, and of those that stand one by one */
  int32_t odd_offset;       /* 256 times that */
  int32_t min;
  int32_t max;
  int32_t input_zero_point;
  int32_t in_channels;
  int32_t out_channels;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t stride_w;
  int32_t dilation_w;
  int32_t in_pixel;         /* bytes from one input pixel to the next */
  int32_t out_pixel;        /* bytes from one output pixel to the next */
  int32_t runs;             /* of a row of the kernel */
  int32_t run_bytes;
  int32_t pairs;            /* of taps */
  int32_t group;            /* pixels that are computed together, at most: 1, 2 or 4 */
  int32_t packed_channels;  /* a multiple of 4 */
  int32_t reach;            /* columns from the first tap of a pixel to its last, both included */
  int32_t single;           /* 1: a kernel of one tap, and channels in fours */
  int32_t has_window;       /* 1: padding is put in a window of the row; 0: it is written as it is expanded */
} tsr_conv_dsp;

void tsr_conv_s8s8__dsp(const tsr_conv_dsp *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                        void *scratch);

void tsr_conv_s8s8__dsp_fine(const tsr_conv_dsp *p, const int8_t *const *rows, int8_t *out,
                             const tsr_segment *segment, void *scratch);

void tsr_conv_s8s8__dsp_one(const tsr_conv_dsp *p, const int8_t *const *rows, int8_t *out,
                            const tsr_segment *segment, void *scratch);

void tsr_conv_s8s8__dsp_fine_one(const tsr_conv_dsp *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch);

#endif
