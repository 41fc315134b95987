/*
 * Convolution for Arm DSP, any kernel size, stride and dilation, without groups; a dense layer is a 1 x 1 convolution.
 *
 * rows       as tsr_conv
 * out        as tsr_conv; or, of layers whose channels are all packed, channel-planar, with out_pixel 0: a call is a whole
 *            row, and channel c of pixel x goes to out + c * segment->out_width + x. But not by the _one kernels
 * scratch    4 * n * pairs bytes for the expanded activations of n pixels; with a window, behind them room for in_channels
 *            bytes of (n - 1) * stride_w + reach columns; n is `group` or, where a call computes fewer pixels, the
 *            largest power of two among these
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

/*
 * What becomes of padding: it is written as it is expanded; or it is put in a window of the row; or as the first, and the
 * kernel has one tap, and channels come in fours.
 */
enum { tsr_conv_dsp_written, tsr_conv_dsp_window, tsr_conv_dsp_single };

/* What layers may have in common. */
typedef struct tsr_conv_dsp_shape {
  int32_t offset;           /* of the even channels, and of those that stand one by one; odd ones have 256 times that */
  uint16_t in_channels;
  uint16_t out_channels;
  uint16_t kernel_w;
  uint16_t dilation_w;
  uint16_t in_pixel;        /* bytes from one input pixel to the next */
  uint16_t out_pixel;       /* bytes from one output pixel to the next; 0: see out */
  uint16_t run_bytes;
  uint16_t pairs;           /* of taps */
  uint16_t packed_channels; /* a multiple of 4 */
  uint16_t reach;           /* columns from the first tap of a pixel to its last, both included */
  uint8_t kernel_h;
  uint8_t runs;             /* of a row of the kernel */
  int8_t min;
  int8_t max;
  int8_t input_zero_point;
  uint8_t stride_w;
  uint8_t group;            /* pixels that are computed together, at most: 1, 2 or 4 */
  uint8_t form;             /* tsr_conv_dsp_written, tsr_conv_dsp_window or tsr_conv_dsp_single */
} tsr_conv_dsp_shape;

typedef struct tsr_conv_dsp {
  const int32_t *weights;
  const tsr_conv_dsp_shape *shape;
} tsr_conv_dsp;

void tsr_conv_s8s8__dsp(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                        void *scratch);

void tsr_conv_s8s8__dsp_fine(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                             const tsr_segment *segment, void *scratch);

void tsr_conv_s8s8__dsp_one(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                            const tsr_segment *segment, void *scratch);

void tsr_conv_s8s8__dsp_fine_one(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch);

/* Without scratch, where channels come in fours. */
void tsr_conv_s8s8__dsp_lean(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                             void *scratch);

void tsr_conv_s8s8__dsp_fine_lean(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                                  const tsr_segment *segment, void *scratch);

/* With little scratch, where channels come in fours and all outputs are packed. */
void tsr_conv_s8s8__dsp_parts(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                              const tsr_segment *segment, void *scratch);

void tsr_conv_s8s8__dsp_fine_parts(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                                   const tsr_segment *segment, void *scratch);

/* In groups of channels: see tsr_conv__dsp_groups.h. */
void tsr_conv_s8s8__dsp_groups(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                               const tsr_segment *segment, void *scratch);

void tsr_conv_s8s8__dsp_fine_groups(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                                    const tsr_segment *segment, void *scratch);

#endif
