/*
 * Depthwise 3 x 3, stride 1, on Arm DSP.
 *
 * Instructions a multiply-accumulate of 64 channels, requantisation included, Cortex-M4, gcc -O2, counted in QEMU: rows of
 * 24 with padding 1.98, of 12 2.22, of 8 2.46, of 5 2.96; segments without padding of 4 pixels 2.44, of 2 2.47, of 1 3.28.
 * The portable kernel: 13.4. What keeps narrow segments from 2: of 167 instructions for two pixels of four channels 28 put
 * taps in order, 24 expand weights and 24 taps; one pixel has no use of them twice.
 */
#include "tsr_depthwise__dsp_3x3.h"
#include "tsr_depthwise__dsp_pixel.h"

TSR_DSP_CALL void depthwise_3x3_dsp_wide(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                         int32_t in_width, int32_t first, int32_t count, uint32_t *scratch) {
  tsr_depthwise_outputs(layer, rows, out, in_width, first, count, scratch, tsr_dsp_channels_3x3);
}

TSR_DSP_CALL void depthwise_3x3_dsp_few(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                        const tsr_segment *segment) {
  tsr_depthwise_narrow(layer, rows, out, segment, 1);
}

void tsr_depthwise_s8s8__dsp_3x3(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch) {
  if (segment->out_width <= tsr_depthwise_3x3_narrow) depthwise_3x3_dsp_few(layer, rows, out, segment);
  else tsr_depthwise_rows(layer, rows, out, segment, scratch, 1, depthwise_3x3_dsp_wide);
}
