/*
 * Depthwise 3 x 3, stride 1, on Arm DSP.
 *
 * Instructions a multiply-accumulate of 64 channels with padding, requantisation included, Cortex-M4, gcc -O2, counted
 * in QEMU: rows of 24: 1.98, of 12: 2.22, of 6: 2.66; segments without padding of 4 pixels: 3.2, of 2: 3.8, of 1: 4.6.
 * The portable kernel: 13.4.
 */
#include "tsr_depthwise__dsp_3x3.h"

TSR_DSP_CALL void depthwise_3x3_dsp_wide(const tsr_depthwise_packed_dsp *p, const int8_t *const *rows, int8_t *out,
                              int32_t in_width, int32_t first, int32_t count, uint32_t *scratch) {
  tsr_depthwise_outputs(p, rows, out, in_width, first, count, scratch, tsr_dsp_channels_3x3);
}

TSR_DSP_CALL void depthwise_3x3_dsp_narrow(const tsr_depthwise_packed_dsp *p, const int8_t *const *rows, int8_t *out,
                                int32_t in_width, int32_t first, int32_t count) {
  if (count == 2) tsr_depthwise_pixels(p, rows, in_width, first, 2, 0, out);
  else tsr_depthwise_pixels(p, rows, in_width, first, 1, 0, out);
}

void tsr_depthwise_s8s8__dsp_3x3(const tsr_depthwise_packed_dsp *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch) {
  tsr_depthwise_segment(p, rows, out, segment, scratch, 1, depthwise_3x3_dsp_wide, depthwise_3x3_dsp_narrow);
}
