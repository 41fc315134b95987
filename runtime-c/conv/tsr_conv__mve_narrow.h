/*
 * Convolution with Helium whose windows are at most 32 bytes: as tsr_conv.h, without groups, a pre-scale or dilation. The
 * weights of some channels stay in registers while the pixels of a row go by.
 *
 * Windows that are a piece of one row are read where they lie. Others come out of columns that were copied to the
 * scratch with their rows together: windows overlap there, so that each column is copied once.
 *
 * With a shift of 1, where windows have 8 or 16 bytes eight pixels of four channels take 90 instructions, or 96 where pixels
 * have more than 36 bytes; where they have 24, 27 or 32 eight pixels of two channels 74, or 76. In whole layers, on a
 * Cortex-M55 in QEMU, instructions a multiply-accumulate: 1 x 1 from 8 channels 0.40, from 16 0.18, from 24 0.22, from 32
 * 0.15 to 0.17; a first layer of 3 x 3 from 3 channels 0.23. tsr_conv_s8s8__mve, which does without registers full of
 * weights, took 0.66, 0.32, 0.35, 0.26 and 0.38 to 0.59.
 *
 * scratch  window_columns * column_bytes + 16 bytes, where windows are copied
 * weights  biases, multipliers divided by 2, then bytes: [out_channels][kernel_w][kernel_h][in_channels]
 */
#ifndef TSR_CONV_MVE_NARROW_H
#define TSR_CONV_MVE_NARROW_H

#include "tsr_mve_columns.h"
#include "tsr_mve_narrow.h"

typedef tsr_mve_narrow_shape tsr_conv_mve_narrow_shape;
typedef tsr_mve_narrow_layer tsr_conv_mve_narrow;

void tsr_conv_s8s8__mve_narrow(const tsr_conv_mve_narrow *layer, const int8_t *const *rows, int8_t *out,
                               const tsr_segment *segment, void *scratch);

#endif
