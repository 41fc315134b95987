/*
 * Depthwise convolution 3 x 3 with Helium, pairs of rows of outputs: as tsr_depthwise__mve.h, in no more scratch.
 */
#ifndef TSR_DEPTHWISE_MVE_TWO_H
#define TSR_DEPTHWISE_MVE_TWO_H

#include "tsr_depthwise__mve.h"
#include "tsr_mve_two_rows.h"

/*
 * Stride 1, at least two pixels. rows: all that `pairs` pairs of rows of outputs need, two more than these. Each row of
 * outputs lies segment->out_width * out_pixel bytes behind the one before; that and three pixels are less than 2^16. All
 * input of a pair is read before its first byte is written where there are at most 16 channels and `most` pixels.
 *
 * In whole layers, with requantisation, on a Cortex-M55 in QEMU, instructions an output: 3.8 in rows of 48, 3.9 in rows of
 * 24, 4.3 in rows of 12, 5.4 in rows of 6. Four pixels of two rows take 25, what a channel's weights are made ready with 16,
 * the turning of a column of 16 channels 9, or 13 where pixels have other than 16, 32 or 64 bytes.
 */
void tsr_depthwise_s8s8__mve_3x3_two(const tsr_depthwise_mve_3x3 *layer, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch);

#endif
