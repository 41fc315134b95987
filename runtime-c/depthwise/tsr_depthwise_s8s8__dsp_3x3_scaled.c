/*
 * Depthwise 3 x 3, stride 1, on Arm DSP, for sums that are scaled before they are multiplied: as
 * tsr_depthwise_s8s8__dsp_3x3, and 8 instructions more a row and channel.
 */
#include "tsr_depthwise__dsp_3x3.h"

void tsr_depthwise_s8s8__dsp_3x3_scaled(const tsr_depthwise_3x3_dsp *p, const int8_t *const *rows, int8_t *out,
                                        const tsr_segment *segment, void *scratch) {
  tsr_depthwise_segment(p, rows, out, segment, p->pre_shift, scratch, tsr_dsp_channels_3x3_scaled);
}
