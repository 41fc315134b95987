/*
 * For layers whose shift is 1 to 9, as nearly all have it.
 *
 * Measured on QEMU's Cortex-M4 (gcc 12.2 -O3), instructions a multiply-accumulate with all overhead, rows of 24:
 * HERE
 */
#define CONV_DSP_SHIFT 1

#include "tsr_conv__dsp_body.h"

void tsr_conv_s8s8__dsp(const tsr_conv_dsp *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                        void *scratch) {
  conv_dsp(p, rows, out, segment, scratch);
}
