/*
 * Convolution in groups for layers whose shift is 1 to 9.
 *
 * Instructions a multiply-accumulate in whole layers of 14 x 14 pixels, by input and output channels of a group, on
 * QEMU's Cortex-M4, gcc 12.2 -O2 (in brackets: the portable kernel):
 *   3 x 3  32 -> 32 0.85 (6.1), 16 -> 16 0.97 (7.2), 8 -> 8 1.31 (9.6), 4 -> 4 2.41 (14.2), 1 -> 4 6.9 (42);
 *          fewer than four outputs, one by one: 3 -> 3 7.3 (17), 2 -> 2 10.9 (23), 1 -> 2 18 (42)
 *   1 x 1  80 -> 80 0.85 (6.2), 32 -> 32 0.99 (7.9), 16 -> 16 1.27 (10.8), 8 -> 8 1.95 (16.7)
 */
#include "tsr_conv__dsp_groups.h"

void tsr_conv_s8s8__dsp_groups(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                               const tsr_segment *segment, void *scratch) {
  conv_dsp_groups(layer, rows, out, segment, scratch, tsr_conv_s8s8__dsp);
}
