/*
 * Depthwise 3 x 3, stride 1, on Arm DSP, for sums that are scaled before they are multiplied: as
 * tsr_depthwise_s8s8__dsp_3x3, and some 8 instructions more a row and channel. In the general kernel such a layer takes
 * three times as long.
 */
#include "tsr_depthwise__dsp_3x3.h"

TSR_DSP_CALL void depthwise_3x3_scaled_dsp_wide(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                                int8_t *out,
                              int32_t in_width, int32_t first, int32_t count, uint32_t *scratch) {
  tsr_depthwise_outputs(layer, rows, out, in_width, first, count, scratch, tsr_dsp_channels_3x3_scaled);
}

void tsr_depthwise_s8s8__dsp_3x3_scaled(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                        const tsr_segment *segment, void *scratch) {
  tsr_depthwise_rows(layer, rows, out, segment, scratch, 1, depthwise_3x3_scaled_dsp_wide);
}
