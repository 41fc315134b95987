/*
 * For layers whose shift is 1 to 9, as nearly all have it.
 *
 * Instructions a multiply-accumulate, all overhead and requantisation included, calls of 24 pixels (in brackets: of 2)
 * on QEMU's Cortex-M4, gcc 12.2 -O3; the portable kernel takes 5 to 7:
 *   1 x 1        8 -> 16 1.73 (2.15), 16 -> 32 1.19 (1.31), 32 -> 32 0.99 (1.05), 64 -> 64 0.88 (0.89),
 *                128 -> 128 0.82 (0.82)
 *   3 x 3        16 -> 16 0.92 (1.07), 32 -> 32 0.84 (0.88), 64 -> 64 0.91 (0.92)
 *   first layer  3 x 3, stride 2: 3 -> 8 1.48 (2.57), 3 -> 16 1.24 (1.78); 10 x 4, 1 -> 64 1.00 (1.19)
 *   dense layer  128 -> 128 0.94
 */
#define CONV_DSP_SHIFT 1

#include "tsr_conv__dsp_sums.h"

void tsr_conv_s8s8__dsp(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                        void *scratch) {
  conv_dsp(layer, rows, out, segment, scratch);
}

#undef conv_dsp
#undef CONV_DSP_JOINED
#undef CONV_DSP_NAMED
#undef CONV_DSP_SHIFT
