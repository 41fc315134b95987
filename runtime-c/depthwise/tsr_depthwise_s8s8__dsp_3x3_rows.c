/*
 * tsr_depthwise_s8s8__dsp_3x3 without the code for narrow segments: as fast where all calls compute more than
 * tsr_depthwise_3x3_narrow pixels, and slower elsewhere, but smaller. The same parameters and weights.
 */
#include "tsr_depthwise__dsp_3x3.h"

TSR_DSP_CALL void depthwise_3x3_dsp_run(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                        int32_t in_width, int32_t first, int32_t count, uint32_t *scratch) {
  tsr_depthwise_outputs(layer, rows, out, in_width, first, count, scratch, tsr_dsp_channels_3x3);
}

void tsr_depthwise_s8s8__dsp_3x3_rows(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                      const tsr_segment *segment, void *scratch) {
  tsr_depthwise_rows(layer, rows, out, segment, scratch, 1, depthwise_3x3_dsp_run);
}
