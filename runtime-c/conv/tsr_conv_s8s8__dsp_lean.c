/*
 * tsr_conv_s8s8__dsp without scratch, for layers of channels in fours: where memory binds. The same parameters and
 * weights.
 *
 * Instructions a multiply-accumulate, all overhead and requantisation included, calls of one pixel on QEMU's Cortex-M4,
 * gcc 12.2 -O2, beside those of tsr_conv_s8s8__dsp_one and its scratch:
 *   3 x 3        16 -> 16 1.21 (1.11, 288 bytes), 32 -> 32 1.10 (0.96, 576 bytes), 64 -> 64 1.05 (0.91, 1,152 bytes)
 *   1 x 1        16 -> 16 2.25 (1.94, 32 bytes), 64 -> 64 1.22 (1.03, 128 bytes)
 *   dense layer  128 -> 128 1.11 (0.94, 256 bytes), 640 -> 128 1.03 (0.89, 1,280 bytes)
 */
#define CONV_DSP_SHIFT 1

#include "tsr_conv__dsp_lean.h"

void tsr_conv_s8s8__dsp_lean(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                             void *scratch) {
  (void)scratch;
  conv_dsp_lean(layer, rows, out, segment);
}

#undef conv_dsp_lean
#undef CONV_DSP_LEAN_JOINED
#undef CONV_DSP_LEAN_NAMED
#undef CONV_DSP_SHIFT
